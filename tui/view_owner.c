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
	struct asked owners;        /* the report */
	size_t row;                 /* the owner's in there; row_count: it is in none */
	struct asked sites;
	struct grid grid;
	struct stack_pane pane;
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

static int read_dying(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return escapes_view_dying(r->store, a->id, &out->table, err);
}

static const struct question question_dying = { "the sites", read_dying };

static int owner_fill(struct view *v, struct err *err)
{
	const struct ask owners = { &question_report, .name = "owners" }, sites = { &question_dying, .id = v->subject.function_id };
	struct owner *o = v->data;
	int first = asked_for(&o->owners, v->browser, &owners, err), second = asked_for(&o->sites, v->browser, &sites, err);
	const struct table *t = asked_table(&o->owners);

	for (o->row = 0; o->row < t->row_count && row_number(t, o->row, "function_id") != v->subject.function_id;)
		o->row++;
	if (second > 0 || o->grid.table != asked_table(&o->sites))
		grid_show(&o->grid, asked_table(&o->sites), columns, sizeof(columns) / sizeof(columns[0]));
	int third = stack_pane_follow(&o->pane, v->browser, &o->grid, err);

	return first < 0 || second < 0 || third < 0 ? -1 : first | second | third;
}

static void owner_close(struct view *v)
{
	struct owner *o = v->data;

	stack_pane_release(&o->pane);
	grid_release(&o->grid);
	asked_release(&o->sites);
	asked_release(&o->owners);
}

/* "18.0 k calls, in each 1 block and 10.8 KiB on average, 32.0 KiB at most". */
static void describe(const struct owner *o, int exact, char *out, size_t size)
{
	const struct table *t = asked_table(&o->owners);
	int64_t each = row_number(t, o->row, "blocks_per_activation"), calls = row_number(t, o->row, "activations");
	char figures[4][FIGURE_BYTES];

	figure_format(figures[0], UNIT_COUNT, calls, exact);
	figure_format(figures[1], UNIT_COUNT, each, exact);
	figure_format(figures[2], UNIT_BYTES, row_number(t, o->row, "bytes_per_activation"), exact);
	figure_format(figures[3], UNIT_BYTES, row_number(t, o->row, "max_bytes"), exact);
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
	if (o->row < asked_table(&o->owners)->row_count && area.height > 4) {
		struct rect line = view_take(&area, 1);

		describe(o, exact, text, sizeof(text));
		screen_put(s, line.y, line.x + 1, line.width - 2, text, STYLE_PLAIN);
	}
	pane = view_share(area.height);
	if (pane && grid_height(&o->grid) < area.height - pane)
		pane = area.height - grid_height(&o->grid);
	if (!o->sites.answer) {
		view_reading(s, area);
		return;
	}
	grid_place(&o->grid, view_take(&area, area.height - pane), exact);
	grid_draw(&o->grid, s, 1);
	if (grid_row(&o->grid) >= 0)
		sites_title(o->grid.table, (size_t)grid_row(&o->grid), s->ascii, title, sizeof(title));
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

	(void)err;
	if (action != ACTION_ENTER)
		return grid_act(&o->grid, action);
	return grid_row(&o->grid) < 0 ? 1 : escapes_open(v, o->grid.table, (size_t)grid_row(&o->grid));
}

const struct view_ops view_owner = {
	.name = "owner", .title = "Owner", .help = "the sites whose blocks die in a function's calls",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, .private_size = sizeof(struct owner),
	.fill = owner_fill, .draw = owner_draw, .act = owner_act, .grid = owner_grid, .close = owner_close,
};
