/* SPDX-License-Identifier: MIT
 *
 * One site: how far its blocks outlived the call that asked for them, by which ways it was reached, in whose calls they died,
 * who freed them, and the whole stack of the selected one. Enter goes into the callers of the site, the owner, or who freed.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/export/export.h"
#include "analyzer/report/escapes_view.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/grid_group.h"
#include "tui/row.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/view_escapes.h"
#include "tui/view_sites.h"

enum { STACKS, OWNERS, FREES, LISTS };

struct escape {
	struct asked sites; /* the report */
	size_t row;         /* the site's in there; row_count: it is in none */
	struct grid_group group;
	struct stack_pane pane;
};

static const struct grid_column stack_columns[] = {
	{ .name = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "blocks", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "local", .title = "local", .of = "blocks", .priority = 1, .flags = GRID_IF_ANY },
	{ .name = "caller", .title = "caller", .of = "blocks", .priority = 1, .flags = GRID_IF_ANY },
	{ .name = "thread", .title = "thread", .of = "blocks", .priority = 1, .flags = GRID_IF_ANY },
	{ .name = "retained", .title = "kept", .of = "blocks", .priority = 1, .flags = GRID_IF_ANY },
	{ .name = "uncertain", .title = "unsure", .of = "blocks", .priority = 6, .flags = GRID_IF_ANY },
	{ .name = "way", .title = "called by", .flags = GRID_PROSE },
};

#define PLACE { .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 2, .most = 24 }

static const struct grid_column owner_columns[] = {
	{ .name = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "blocks", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "uncertain", .title = "unsure", .of = "blocks", .priority = 6, .flags = GRID_IF_ANY },
	{ .name = "class", .title = "class", .priority = 1, .most = 8 },
	{ .name = "level", .title = "out", .priority = 1, .flags = GRID_ASCENDING },
	{ .name = "function", .title = "owner", .style = sites_style, .flags = GRID_FUNCTION },
	PLACE,
};

static const struct grid_column free_columns[] = {
	{ .name = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "blocks", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "function", .title = "freed in", .style = sites_style, .flags = GRID_FUNCTION },
	PLACE,
	{ .name = "made_in", .title = "from a thread of", .priority = 3, .flags = GRID_IF_ANY, .most = 36 },
	{ .name = "freed_in", .title = "to a thread of", .priority = 3, .flags = GRID_IF_ANY, .most = 36 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int read_stacks(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return escapes_view_stacks(r->store, a->id, &out->table, err);
}

static int read_owners(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return escapes_view_owners(r->store, a->id, &out->table, err);
}

static int read_frees(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return escapes_view_frees(r->store, a->id, &out->table, err);
}

static const struct question question_stacks = { "the stacks", read_stacks };
static const struct question question_owners = { "the owners", read_owners };
static const struct question question_frees = { "who freed", read_frees };

static const struct group_list lists[LISTS] = {
	[STACKS] = { &question_stacks, stack_columns, COUNT(stack_columns) },
	[OWNERS] = { &question_owners, owner_columns, COUNT(owner_columns) },
	[FREES] = { &question_frees, free_columns, COUNT(free_columns) },
};

static const struct {
	const char *title, *none;
} words[LISTS] = {
	[STACKS] = { "asked for by way of", "nobody" }, [OWNERS] = { "owners", "none" }, [FREES] = { "freed by", "nobody" },
};

/* --- reading ---------------------------------------------------------------------------------------- */

static int escape_fill(struct view *v, struct err *err)
{
	const struct ask sites = { &question_report, .name = "escapes" }, about = { .id = v->subject.id };
	struct escape *e = v->data;
	int first = asked_for(&e->sites, v->browser, &sites, err);
	int second = grid_group_fill(&e->group, v->browser, lists, LISTS, &about, err);
	int third = stack_pane_follow(&e->pane, v->browser, grid_group_focus(&e->group), err);
	const struct table *t = asked_table(&e->sites);

	for (e->row = 0; e->row < t->row_count && row_number(t, e->row, "site_id") != v->subject.id;)
		e->row++;
	return first < 0 || second < 0 || third < 0 ? -1 : first | second | third;
}

static void escape_close(struct view *v)
{
	struct escape *e = v->data;

	stack_pane_release(&e->pane);
	grid_group_release(&e->group);
	asked_release(&e->sites);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

static void draw_lists(struct escape *e, struct screen *s, struct rect area, int exact)
{
	int rows[GROUP_LISTS];

	grid_group_share(&e->group, area.height, rows);
	for (int i = 0; i < LISTS; i++)
		grid_group_draw(&e->group, i, s, view_take(&area, rows[i]), words[i].title, words[i].none, exact);
}

static void draw_pane(struct escape *e, struct screen *s, struct rect area, int exact)
{
	const struct grid *g = grid_group_focus(&e->group);
	char title[256] = "";

	if (e->group.focus != STACKS && grid_row(g) >= 0 && row_number(g->table, (size_t)grid_row(g), "stack_id"))
		sites_title(g->table, (size_t)grid_row(g), s->ascii, title, sizeof(title));
	stack_pane_draw(&e->pane, s, area, title, exact);
}

static void escape_draw(struct view *v, struct screen *s, struct rect area)
{
	struct escape *e = v->data;
	const struct table *sites = asked_table(&e->sites);
	int exact = browser_exact(v->browser);
	char path[512], blocks[FIGURE_BYTES], bytes[FIGURE_BYTES], figures[128] = "";

	if (e->row < sites->row_count)
		snprintf(figures, sizeof(figures), "%s blocks, %s", figure_format(blocks, UNIT_COUNT, row_number(sites, e->row, "allocations"), exact),
		         figure_format(bytes, UNIT_BYTES, row_number(sites, e->row, "allocated_bytes"), exact));
	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(figures) - 5, path, sizeof(path)), figures);
	if (e->row >= sites->row_count) {
		if (!e->sites.answer)
			view_reading(s, area);
		return;
	}
	struct rect text = area;

	text.height = area.height >= 18 ? 3 : area.height >= 12 ? 2 : area.height >= 8 ? 1 : 0;
	view_take(&area, escapes_draw(sites, e->row, s, text));
	int pane = area.height >= 16 ? view_share(area.height) : 0;

	if (pane && grid_group_height(&e->group) < area.height - pane)
		pane = area.height - grid_group_height(&e->group);
	draw_lists(e, s, view_take(&area, area.height - pane), exact);
	draw_pane(e, s, area, exact);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct grid *escape_grid(struct view *v)
{
	struct escape *e = v->data;

	return grid_group_focus(&e->group);
}

/* The cost by which the callers of an owner tell most. */
static const char *cost_of(const struct table *t, size_t row)
{
	const char *class = row_text(t, row, "class");

	return !strcmp(class, "local") ? "local_bytes" : !strcmp(class, "caller") ? "escaped_bytes" : "freed_bytes";
}

static int enter(struct view *v, struct escape *e)
{
	const struct grid *g = grid_group_focus(&e->group);
	long selected = grid_row(g);
	size_t row = (size_t)selected;
	char place[256];

	if (selected < 0)
		return 1;
	if (e->group.focus == STACKS)
		return sites_open(v, asked_table(&e->sites), e->row, "allocated_bytes");
	if (!row_number(g->table, row, "function_id")) {
		browser_say(v->browser, "Nobody knows in whose call these died.");
		return 1;
	}
	if (e->group.focus == FREES || !strcmp(row_text(g->table, row, "class"), "thread"))
		return sites_open(v, g->table, row, "freed_bytes");
	sites_place(g->table, row, place, sizeof(place));
	struct subject subject = {
		.function_id = row_number(g->table, row, "function_id"),
		.name = row_text(g->table, row, "function"),
		.place = place,
		.cost = cost_of(g->table, row),
	};

	return browser_enter(v->browser, &view_callers, &subject);
}

static int escape_act(struct view *v, enum action action, struct err *err)
{
	struct escape *e = v->data;

	(void)err;
	return action == ACTION_ENTER ? enter(v, e) : grid_group_act(&e->group, action);
}

static void escape_stacks(const struct view *v, struct export_query *q, char *said, size_t size)
{
	q->site_id = v->subject.id;
	snprintf(said, size, " to %s", v->subject.name);
}

const struct view_ops view_escape = {
	.name = "escape", .title = "Escape", .help = "a site's stacks, owners, and who freed its blocks",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST | KEYS_PANES, .private_size = sizeof(struct escape),
	.fill = escape_fill, .draw = escape_draw, .act = escape_act, .grid = escape_grid, .stacks = escape_stacks, .close = escape_close,
};
