/* SPDX-License-Identifier: MIT
 *
 * One owner: the sites whose blocks died in its calls, and the stack by which most of the selected one's were asked for. Enter
 * opens the site.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/report/escapes_view.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/row.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/view_escapes.h"
#include "tui/view_sites.h"

struct owner {
	const struct table *owners; /* the browser's report */
	size_t row;                 /* the owner's in there; row_count: it is in none */
	struct table sites;
	struct grid grid;
	struct stack_pane pane;
	int pane_rows;              /* as drawn last */
};

static const struct grid_column columns[] = {
	{ .name = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "blocks", .priority = 4, .flags = GRID_COST | GRID_SUMS },
	{ .name = "uncertain", .title = "unsure", .of = "blocks", .priority = 6, .flags = GRID_IF_ANY },
	{ .name = "class", .title = "class", .priority = 3, .most = 8 },
	{ .name = "level", .title = "in", .priority = 2, .flags = GRID_ASCENDING },
	{ .name = "function", .title = "site", .style = sites_style, .flags = GRID_FUNCTION },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 1, .most = 24 },
};

static int owner_open(struct view *v, struct err *err)
{
	struct owner *o = v->data;

	if (!(o->owners = browser_report(v->browser, "owners", err)) ||
	    escapes_view_dying(browser_store(v->browser), v->subject.function_id, &o->sites, err) < 0)
		return -1;
	grid_open(&o->grid, &o->sites, columns, sizeof(columns) / sizeof(columns[0]));
	grid_set_cost(&o->grid, "bytes");
	while (o->row < o->owners->row_count && row_number(o->owners, o->row, "function_id") != v->subject.function_id)
		o->row++;
	return 0;
}

static void want(struct owner *o)
{
	long row = grid_row(&o->grid);

	stack_pane_want(&o->pane, &stack_source_stack, row < 0 ? 0 : row_number(&o->sites, (size_t)row, "stack_id"), "");
}

static int owner_fill(struct view *v, struct err *err)
{
	struct owner *o = v->data;

	if (!o->pane_rows)
		return 0;
	want(o);
	return stack_pane_fill(&o->pane, browser_store(v->browser), err);
}

static void owner_close(struct view *v)
{
	struct owner *o = v->data;

	stack_pane_release(&o->pane);
	grid_release(&o->grid);
	table_release(&o->sites);
}

/* "18.0 k calls, in each 1 block and 10.8 KiB on average, 32.0 KiB at most". */
static void describe(const struct owner *o, int exact, char *out, size_t size)
{
	int64_t each = row_number(o->owners, o->row, "blocks_per_activation"), calls = row_number(o->owners, o->row, "activations");
	char figures[4][FIGURE_BYTES];

	figure_format(figures[0], UNIT_COUNT, calls, exact);
	figure_format(figures[1], UNIT_COUNT, each, exact);
	figure_format(figures[2], UNIT_BYTES, row_number(o->owners, o->row, "bytes_per_activation"), exact);
	figure_format(figures[3], UNIT_BYTES, row_number(o->owners, o->row, "max_bytes"), exact);
	snprintf(out, size, "%s call%s, in each %s block%s and %s on average, %s at most", figures[0], calls == 1 ? "" : "s", figures[1],
	         each == 1 ? "" : "s", figures[2], figures[3]);
}

static void owner_draw(struct view *v, struct screen *s, struct rect area)
{
	struct owner *o = v->data;
	int exact = browser_exact(v->browser), pane;
	char path[512], text[256], title[256] = "", position[48];

	snprintf(text, sizeof(text), "%s sites", grid_position(&o->grid, position, sizeof(position)));
	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(text) - 5, path, sizeof(path)), text);
	if (o->row < o->owners->row_count && area.height > 4) {
		struct rect line = view_take(&area, 1);

		describe(o, exact, text, sizeof(text));
		screen_put(s, line.y, line.x + 1, line.width - 2, text, STYLE_PLAIN);
	}
	pane = view_share(area.height);
	if (pane && grid_height(&o->grid) < area.height - pane)
		pane = area.height - grid_height(&o->grid);
	o->pane_rows = pane;
	grid_place(&o->grid, view_take(&area, area.height - pane), exact);
	grid_draw(&o->grid, s, 1);
	want(o);
	if (grid_row(&o->grid) >= 0)
		sites_title(&o->sites, (size_t)grid_row(&o->grid), s->ascii, title, sizeof(title));
	stack_pane_draw(&o->pane, s, area, title, exact);
}

static struct grid *owner_grid(struct view *v)
{
	struct owner *o = v->data;

	return &o->grid;
}

static int owner_act(struct view *v, enum action action, struct err *err)
{
	struct owner *o = v->data;

	if (action != ACTION_ENTER)
		return grid_act(&o->grid, action);
	return grid_row(&o->grid) < 0 ? 1 : escapes_open(v, &o->sites, (size_t)grid_row(&o->grid), err);
}

const struct view_ops view_owner = {
	.name = "owner", .title = "Owner", .help = "the sites whose blocks die in a function's calls",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, .private_size = sizeof(struct owner), .open = owner_open,
	.fill = owner_fill, .draw = owner_draw, .act = owner_act, .grid = owner_grid, .close = owner_close,
};
