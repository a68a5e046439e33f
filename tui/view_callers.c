/* SPDX-License-Identifier: MIT
 *
 * One function: who calls it, what it costs, whom it calls, and for a site its stacks. Enter walks to
 * the selected caller or callee as a view of its own, so that going back finds everything in place.
 * The two lists are one to the keys: down from the last caller comes the first callee.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/report/stack_view.h"
#include "analyzer/store/cost.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/grid_group.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/wording.h"

enum { CALLERS, CALLEES, LISTS };

struct callers {
	struct grid_group group;
	struct cost cost;
	int64_t value, self, all; /* of the function, with and without what it calls; of the whole recording */
	struct stack_pane pane;
	int pane_rows; /* as drawn last */
};

static const struct grid_column neighbour_columns[] = {
	{ .name = "value", .flags = GRID_COST | GRID_SUMS },
	{ .name = "self", .title = "itself", .priority = 2 },
	{ .name = "function", .title = "function", .flags = GRID_FUNCTION },
};

/* Costs that are looked at in turn: those of memory, of waiting, or of freeing. */
static const char *const memory_costs[] = { "allocated_bytes", "allocations", "at_peak_bytes", "leaked_bytes", "leaked_allocations",
	                                    "temporary_allocations", NULL };
static const char *const waiting_costs[] = { "wait_ns", "waits", "held_ns", "blocked_ns", NULL };
static const char *const freeing_costs[] = { "freed_bytes", "frees", NULL };
static const char *const *const families[] = { memory_costs, waiting_costs, freeing_costs, NULL };

/* --- reading ---------------------------------------------------------------------------------------- */

static void open_list(struct callers *c, int list)
{
	struct grid *g = &c->group.grids[list];

	grid_open(g, &c->group.tables[list], neighbour_columns, sizeof(neighbour_columns) / sizeof(neighbour_columns[0]));
	grid_set_column(g, "value", wording_title(c->cost.name), (double)c->value);
	grid_set_cost(g, "value");
}

/* The function's own figures, out of those of all functions. */
static int read_self(struct view *v, struct callers *c, const char *cost, struct err *err)
{
	struct report_query query = { .cost = cost };
	struct table functions;

	if (stack_view_functions(browser_store(v->browser), &query, &functions, err) < 0)
		return -1;
	int id = table_column(&functions, "function_id"), value = table_column(&functions, "value"), self = table_column(&functions, "self");

	c->value = c->self = c->all = 0;
	for (size_t row = 0; row < functions.row_count; row++) {
		c->all += table_at(&functions, row, (size_t)self)->number;
		if (table_at(&functions, row, (size_t)id)->number != v->subject.function_id)
			continue;
		c->value = table_at(&functions, row, (size_t)value)->number;
		c->self = table_at(&functions, row, (size_t)self)->number;
	}
	table_release(&functions);
	return 0;
}

static int read_lists(struct view *v, struct callers *c, const char *cost_name, struct err *err)
{
	struct store *s = browser_store(v->browser);
	struct cost cost;
	struct table callers, callees;

	if (cost_find(s, cost_name, &cost, err) < 0 || read_self(v, c, cost_name, err) < 0 ||
	    stack_view_callers(s, v->subject.function_id, (int)cost.id, 0, &callers, err) < 0)
		return -1;
	if (stack_view_callees(s, v->subject.function_id, (int)cost.id, 0, &callees, err) < 0) {
		table_release(&callers);
		return -1;
	}
	grid_group_release(&c->group);
	c->cost = cost;
	c->group.tables[CALLERS] = callers;
	c->group.tables[CALLEES] = callees;
	open_list(c, CALLERS);
	open_list(c, CALLEES);
	grid_group_start(&c->group, LISTS);
	grid_group_align(&c->group);
	stack_pane_want(&c->pane, &stack_source_site, v->subject.id, cost_name);
	return 0;
}

static int callers_open(struct view *v, struct err *err)
{
	return read_lists(v, v->data, v->subject.cost ? v->subject.cost : memory_costs[0], err);
}

static int callers_fill(struct view *v, struct err *err)
{
	struct callers *c = v->data;

	return c->pane_rows ? stack_pane_fill(&c->pane, browser_store(v->browser), err) : 0;
}

static void callers_close(struct view *v)
{
	struct callers *c = v->data;

	grid_group_release(&c->group);
	stack_pane_release(&c->pane);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

/* The function between its callers and its callees. */
static void draw_self(struct view *v, struct screen *s, struct rect area, int exact)
{
	struct callers *c = v->data;
	char value[FIGURE_BYTES], self[FIGURE_BYTES], share[FIGURE_BYTES], more[GLYPH_BYTES], figures[128], name[1024];

	if (!area.height)
		return;
	figure_format(value, c->cost.unit, c->value, exact);
	figure_format(self, c->cost.unit, c->self, exact);
	figure_share(share, c->all ? (double)c->value / (double)c->all : 0);
	snprintf(figures, sizeof(figures), "%s, %s of all; itself %s", value, share, self);
	int left = area.width - (int)strlen(figures) - 4;

	shorten_function(v->subject.name, left, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
	screen_put(s, area.y, area.x + 1, left, name, STYLE_STRONG);
	screen_put_right(s, area.y, area.x, area.width - 1, figures, STYLE_STRONG);
}

static void callers_draw(struct view *v, struct screen *s, struct rect area)
{
	struct callers *c = v->data;
	int exact = browser_exact(v->browser);
	char path[512], by[128], to[512];

	snprintf(by, sizeof(by), "by %s", wording_phrase(c->cost.name));
	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(by) - 5, path, sizeof(path)), by);
	int pane = v->subject.id ? view_share(area.height) : 0, lists_rows = grid_group_height(&c->group) + 1;

	if (pane && lists_rows < area.height - pane)
		pane = area.height - lists_rows;
	c->pane_rows = pane;
	struct rect lists = view_take(&area, area.height - pane);
	int rows[GROUP_LISTS];

	grid_group_share(&c->group, lists.height - 1, rows);
	struct rect first = view_take(&lists, rows[CALLERS]);

	grid_group_draw(&c->group, CALLERS, s, first, "called by", "nobody", exact);
	draw_self(v, s, view_take(&lists, 1), exact);
	grid_group_draw(&c->group, CALLEES, s, lists, "calls", "nobody", exact);
	snprintf(to, sizeof(to), "%s%s", *v->subject.place ? " to " : "", v->subject.place);
	stack_pane_draw(&c->pane, s, area, to, exact);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct grid *callers_grid(struct view *v)
{
	struct callers *c = v->data;

	return grid_group_focus(&c->group);
}

static int enter(struct view *v, struct callers *c, struct err *err)
{
	const struct grid *g = grid_group_focus(&c->group);
	long row = grid_row(g);

	if (row < 0)
		return 1;
	struct subject subject = {
		.function_id = row_number(g->table, (size_t)row, "function_id"),
		.name = row_text(g->table, (size_t)row, "function"),
		.cost = v->subject.cost,
	};

	return browser_enter(v->browser, &view_callers, &subject, err) < 0 ? -1 : 1;
}

/* The cost after one in its family. */
static const char *cost_after(const char *name)
{
	for (int f = 0; families[f]; f++)
		for (int i = 0; families[f][i]; i++)
			if (!strcmp(families[f][i], name))
				return families[f][i + 1] ? families[f][i + 1] : families[f][0];
	return memory_costs[0];
}

/* To the next cost that the function has some of. */
static int next_cost(struct view *v, struct callers *c, struct err *err)
{
	const char *was = v->subject.cost ? v->subject.cost : memory_costs[0];

	do {
		v->subject.cost = cost_after(c->cost.name);
		if (read_lists(v, c, v->subject.cost, err) < 0)
			return -1;
	} while (!c->value && strcmp(v->subject.cost, was) != 0);
	return 0;
}

static int callers_act(struct view *v, enum action action, struct err *err)
{
	struct callers *c = v->data;

	switch (action) {
	case ACTION_ENTER:
		return enter(v, c, err);
	case ACTION_COST:
		return next_cost(v, c, err) < 0 ? -1 : 1;
	default:
		return grid_group_act(&c->group, action);
	}
}

const struct view_ops view_callers = {
	.name = "callers", .title = "Callers", .help = "a function's callers, callees and stacks",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST | KEYS_PANES, .private_size = sizeof(struct callers),
	.open = callers_open, .fill = callers_fill, .draw = callers_draw, .act = callers_act, .grid = callers_grid,
	.close = callers_close,
};
