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
#include "tui/shorten.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/wording.h"

enum { CALLERS, CALLEES, LISTS };

struct callers {
	struct table tables[LISTS];
	struct grid grids[LISTS];
	int focus;
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

static const char *const costs[] = { "allocated_bytes", "allocations", "at_peak_bytes", "leaked_bytes", "leaked_allocations",
	                             "temporary_allocations", NULL };

/* --- reading ---------------------------------------------------------------------------------------- */

static void release_lists(struct callers *c)
{
	for (int i = 0; i < LISTS; i++) {
		grid_release(&c->grids[i]);
		table_release(&c->tables[i]);
	}
}

/* The two lists are laid out alike, so that their columns stand under each other. */
static void align_lists(struct callers *c)
{
	for (size_t i = 0; i < sizeof(neighbour_columns) / sizeof(neighbour_columns[0]); i++) {
		struct grid_state *a = &c->grids[CALLERS].state[i], *b = &c->grids[CALLEES].state[i];

		a->natural = b->natural = a->natural > b->natural ? a->natural : b->natural;
		a->largest = b->largest = a->largest > b->largest ? a->largest : b->largest;
	}
}

static void open_list(struct callers *c, int list)
{
	grid_open(&c->grids[list], &c->tables[list], neighbour_columns, sizeof(neighbour_columns) / sizeof(neighbour_columns[0]));
	grid_set_column(&c->grids[list], "value", wording_title(c->cost.name), (double)c->value);
	grid_set_cost(&c->grids[list], "value");
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
	release_lists(c);
	c->cost = cost;
	c->tables[CALLERS] = callers;
	c->tables[CALLEES] = callees;
	open_list(c, CALLERS);
	open_list(c, CALLEES);
	align_lists(c);
	c->focus = callers.row_count ? CALLERS : CALLEES;
	stack_pane_want(&c->pane, v->subject.site_id, cost_name);
	return 0;
}

static int callers_open(struct view *v, struct err *err)
{
	return read_lists(v, v->data, v->subject.cost ? v->subject.cost : costs[0], err);
}

static int callers_fill(struct view *v, struct err *err)
{
	struct callers *c = v->data;

	return c->pane_rows ? stack_pane_fill(&c->pane, browser_store(v->browser), err) : 0;
}

static void callers_close(struct view *v)
{
	struct callers *c = v->data;

	release_lists(c);
	stack_pane_release(&c->pane);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

/* Rows for the upper of two lists in `height`, so that neither has empty rows while the other wants some. */
static int share_rows(int upper, int lower, int height)
{
	int half = height / 2;

	if (upper <= half)
		return upper;
	return lower <= height - half ? height - lower : half;
}

static void draw_list(struct callers *c, struct screen *s, int list, struct rect area, const char *what, int exact)
{
	struct rect rule = view_take(&area, 1);
	size_t n = c->tables[list].row_count;
	char title[64];

	if (!rule.height)
		return;
	snprintf(title, sizeof(title), n ? "%s (%zu)" : "%s: nobody", what, n);
	screen_rule(s, rule, title);
	grid_place(&c->grids[list], area, exact);
	if (n)
		grid_draw(&c->grids[list], s, c->focus == list);
}

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

	shorten_function(v->subject.function, left, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
	screen_put(s, area.y, area.x + 1, left, name, STYLE_STRONG);
	screen_put_right(s, area.y, area.x, area.width - 1, figures, STYLE_STRONG);
}

static void callers_draw(struct view *v, struct screen *s, struct rect area)
{
	struct callers *c = v->data;
	int exact = browser_exact(v->browser), pane = v->subject.site_id ? stack_pane_height(area.height) : 0;
	char path[512], by[128];

	snprintf(by, sizeof(by), "by %s", wording_phrase(c->cost.name));
	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(by) - 5, path, sizeof(path)), by);
	int upper = grid_height(&c->grids[CALLERS]) + 1, lower = grid_height(&c->grids[CALLEES]) + 1;

	if (pane && upper + lower + 1 < area.height - pane)
		pane = area.height - upper - lower - 1;
	c->pane_rows = pane;
	struct rect lists = view_take(&area, area.height - pane);
	struct rect first = view_take(&lists, share_rows(upper, lower, lists.height - 1));

	draw_list(c, s, CALLERS, first, "called by", exact);
	draw_self(v, s, view_take(&lists, 1), exact);
	draw_list(c, s, CALLEES, lists, "calls", exact);
	stack_pane_draw(&c->pane, s, area, v->subject.place, exact);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct grid *callers_grid(struct view *v)
{
	struct callers *c = v->data;

	return &c->grids[c->focus];
}

static int enter(struct view *v, struct callers *c, struct err *err)
{
	const struct table *t = &c->tables[c->focus];
	long row = grid_row(&c->grids[c->focus]);

	if (row < 0)
		return 1;
	struct subject subject = {
		.function_id = table_at(t, (size_t)row, (size_t)table_column(t, "function_id"))->number,
		.function = table_at(t, (size_t)row, (size_t)table_column(t, "function"))->text,
		.cost = v->subject.cost,
	};

	return browser_enter(v->browser, &view_callers, &subject, err) < 0 ? -1 : 1;
}

static int next_cost(struct view *v, struct callers *c, struct err *err)
{
	int i = 0;

	while (costs[i] && strcmp(costs[i], c->cost.name))
		i++;
	v->subject.cost = costs[i] && costs[i + 1] ? costs[i + 1] : costs[0];
	return read_lists(v, c, v->subject.cost, err) < 0 ? -1 : 1;
}

static void focus(struct callers *c, int list)
{
	if (c->tables[list].row_count)
		c->focus = list;
}

/* Over the edge of one list into the other. 1 if that was what the key did. */
static int cross(struct callers *c, enum action action)
{
	struct grid *callers = &c->grids[CALLERS], *callees = &c->grids[CALLEES];

	if (action == ACTION_DOWN && c->focus == CALLERS && callees->table->row_count &&
	    callers->selected + 1 >= callers->table->row_count) {
		c->focus = CALLEES;
		grid_go(callees, 0);
		return 1;
	}
	if (action == ACTION_UP && c->focus == CALLEES && callers->table->row_count && callees->selected == 0) {
		c->focus = CALLERS;
		grid_go(callers, callers->table->row_count);
		return 1;
	}
	return 0;
}

static int callers_act(struct view *v, enum action action, struct err *err)
{
	struct callers *c = v->data;

	switch (action) {
	case ACTION_ENTER:
		return enter(v, c, err);
	case ACTION_COST:
		return next_cost(v, c, err);
	case ACTION_LEFT:
		focus(c, CALLERS);
		return 1;
	case ACTION_RIGHT:
		focus(c, CALLEES);
		return 1;
	default:
		return cross(c, action) || grid_act(&c->grids[c->focus], action);
	}
}

const struct view_ops view_callers = {
	.name = "callers", .title = "Callers", .help = "a function's callers, callees and stacks",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST | KEYS_PANES, .private_size = sizeof(struct callers),
	.open = callers_open, .fill = callers_fill, .draw = callers_draw, .act = callers_act, .grid = callers_grid,
	.close = callers_close,
};
