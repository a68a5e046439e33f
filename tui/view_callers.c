/* SPDX-License-Identifier: MIT
 *
 * One function: who calls it, what it costs, whom it calls, and for a site its stacks. Enter walks to the selected caller, callee or
 * stack as a view of its own, so that going back finds everything in place. The lists are one to the keys: down from the last caller
 * comes the first callee. Opened as a site, the stacks come first.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/report/stack_view.h"
#include "analyzer/store/cost.h"
#include "tui/browser.h"
#include "tui/cost_turn.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/grid_group.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/view_stack.h"
#include "tui/wording.h"

enum { CALLERS, CALLEES, STACKS, LISTS };

enum { STACKS_MOST = 100 };

struct callers {
	struct grid_group group;
	struct asked self;     /* a row: value, self, all */
	const char *cost;      /* static */
	const char *skipping;  /* the cost from which one with figures is being looked for; NULL: none is */
	struct stack_pane pane; /* of the stack that is selected in their list */
};

static const struct grid_column neighbour_columns[] = {
	{ .name = "value", .flags = GRID_COST | GRID_SUMS },
	{ .name = "self", .title = "itself", .priority = 2 },
	{ .name = "function", .title = "function", .flags = GRID_FUNCTION },
};

/* As those of neighbours, under which they stand. */
static const struct grid_column stack_columns[] = {
	{ .name = "value", .flags = GRID_COST | GRID_SUMS },
	{ .name = "self" }, /* stacks have none */
	{ .name = "way", .title = "stack", .flags = GRID_PROSE },
};

/* --- reading ---------------------------------------------------------------------------------------- */

static const struct column self_columns[] = {
	{ "value", NULL, UNIT_COUNT, "of the function, with what it calls" },
	{ "self", NULL, UNIT_COUNT, "without" },
	{ "all", NULL, UNIT_COUNT, "of the whole recording" },
};

enum { VALUE, SELF, ALL };

/* The function's own figures, out of those of all functions. */
static int read_self(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct report_query query = { .cost = a->name };
	struct table functions;

	if (stack_view_functions(r->store, &query, &functions, err) < 0)
		return -1;
	int id = table_column(&functions, "function_id"), value = table_column(&functions, "value"), self = table_column(&functions, "self");

	table_init(&out->table, self_columns, sizeof(self_columns) / sizeof(self_columns[0]));
	struct value *figures = table_add_row(&out->table);

	for (int i = VALUE; i <= ALL; i++)
		table_set_number(&figures[i], 0);
	for (size_t row = 0; row < functions.row_count; row++) {
		figures[ALL].number += table_at(&functions, row, (size_t)self)->number;
		if (table_at(&functions, row, (size_t)id)->number != a->id)
			continue;
		figures[VALUE].number = table_at(&functions, row, (size_t)value)->number;
		figures[SELF].number = table_at(&functions, row, (size_t)self)->number;
	}
	table_release(&functions);
	return 0;
}

static int read_callers(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct cost cost;

	return cost_find(r->store, a->name, &cost, err) < 0 ? -1 : stack_view_callers(r->store, a->id, (int)cost.id, 0, &out->table, err);
}

static int read_callees(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct cost cost;

	return cost_find(r->store, a->name, &cost, err) < 0 ? -1 : stack_view_callees(r->store, a->id, (int)cost.id, 0, &out->table, err);
}

/* The ask's number is the site. */
static int read_stacks(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	struct cost cost;

	if (cost_find(r->store, a->name, &cost, err) < 0 || stack_view_stacks(r->store, a->number, (int)cost.id, STACKS_MOST, &out->table, err) < 0)
		return -1;
	view_stack_add_ways(&out->table);
	return 0;
}

static const struct question question_self = { "the function", read_self };
static const struct question question_callers = { "the callers", read_callers };
static const struct question question_callees = { "the callees", read_callees };
static const struct question question_stacks = { "the stacks", read_stacks };

static const struct group_list lists[LISTS] = {
	[CALLERS] = { &question_callers, neighbour_columns, sizeof(neighbour_columns) / sizeof(neighbour_columns[0]) },
	[CALLEES] = { &question_callees, neighbour_columns, sizeof(neighbour_columns) / sizeof(neighbour_columns[0]) },
	[STACKS] = { &question_stacks, stack_columns, sizeof(stack_columns) / sizeof(stack_columns[0]) },
};

static int64_t figure(const struct callers *c, int which)
{
	return c->self.answer ? table_at(asked_table(&c->self), 0, (size_t)which)->number : 0;
}

/* Only sites have stacks of their own. */
static int list_count(const struct view *v)
{
	return v->subject.site_id ? LISTS : STACKS;
}

static void callers_open(struct view *v)
{
	struct callers *c = v->data;

	c->cost = v->subject.cost ? v->subject.cost : cost_turn_first;
	c->group.count = list_count(v);
	c->group.prefer = v->subject.id ? STACKS : CALLERS;
}

/* While a cost is looked for that the function has some of: to the next one, if this is none. */
static void skip_empty(struct view *v, struct callers *c)
{
	if (!c->skipping || !c->self.answer || asked_waits(&c->self))
		return;
	if (figure(c, VALUE) || !strcmp(c->cost, c->skipping))
		c->skipping = NULL;
	else
		v->subject.cost = c->cost = cost_turn_after(c->cost);
}

static int callers_fill(struct view *v, struct err *err)
{
	struct callers *c = v->data;

	skip_empty(v, c);
	const struct ask about = { &question_self, .id = v->subject.function_id, .number = v->subject.site_id, .name = c->cost };
	int first = asked_for(&c->self, v->browser, &about, err), second = grid_group_fill(&c->group, v->browser, lists, list_count(v), &about, err);
	int third = v->subject.site_id ? stack_pane_follow(&c->pane, v->browser, &c->group.grids[STACKS], err) : 0;

	if (c->group.grids[0].columns && (first > 0 || second > 0)) {
		for (int i = 0; i < c->group.count; i++)
			grid_set_column(&c->group.grids[i], "value", wording_title(c->cost), i == STACKS ? 0 : (double)figure(c, VALUE));
		grid_group_align(&c->group);
	}
	return first < 0 || second < 0 || third < 0 ? -1 : first | second | third | (c->skipping && !asked_waits(&c->self));
}

static void callers_close(struct view *v)
{
	struct callers *c = v->data;

	grid_group_release(&c->group);
	asked_release(&c->self);
	stack_pane_release(&c->pane);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

/* The function between its callers and its callees. */
static void draw_self(struct view *v, struct screen *s, struct rect area, int exact)
{
	struct callers *c = v->data;
	const struct table *callers = grid_group_table(&c->group, CALLERS);
	int column = table_column(callers, "value");
	enum unit unit = column < 0 ? UNIT_COUNT : callers->columns[column].unit;
	char value[FIGURE_BYTES], self[FIGURE_BYTES], share[FIGURE_BYTES], more[GLYPH_BYTES], figures[128] = "", name[1024];

	if (!area.height)
		return;
	figure_format(value, unit, figure(c, VALUE), exact);
	figure_format(self, unit, figure(c, SELF), exact);
	figure_share(share, figure(c, ALL) ? (double)figure(c, VALUE) / (double)figure(c, ALL) : 0);
	if (c->self.answer && column >= 0)
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
	char path[512], by[128], to[512], what[64];

	snprintf(by, sizeof(by), "by %s", wording_phrase(c->cost));
	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(by) - 5, path, sizeof(path)), by);
	int pane = v->subject.site_id ? view_share(area.height) : 0, lists_rows = grid_group_height(&c->group) + 1;

	if (pane && lists_rows < area.height - pane)
		pane = area.height - lists_rows;
	struct rect upper = view_take(&area, area.height - pane);
	int rows[GROUP_LISTS];

	grid_group_share(&c->group, upper.height - 1, rows);
	grid_group_draw(&c->group, CALLERS, s, view_take(&upper, rows[CALLERS]), "called by", "nobody", exact);
	draw_self(v, s, view_take(&upper, 1), exact);
	grid_group_draw(&c->group, CALLEES, s, view_take(&upper, rows[CALLEES]), "calls", "nobody", exact);
	if (c->group.count <= STACKS)
		return;
	snprintf(what, sizeof(what), "%sstacks", grid_group_table(&c->group, STACKS)->row_count >= STACKS_MOST ? "largest " : "");
	grid_group_draw(&c->group, STACKS, s, upper, what, "none with this cost", exact);
	snprintf(to, sizeof(to), "%s%s", *v->subject.place ? " to " : "", v->subject.place);
	stack_pane_draw(&c->pane, s, area, to, exact);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct grid *callers_grid(struct view *v)
{
	struct callers *c = v->data;

	return grid_group_focus(&c->group);
}

static int enter(struct view *v, struct callers *c)
{
	const struct grid *g = grid_group_focus(&c->group);
	long row = grid_row(g);

	if (row < 0)
		return 1;
	if (c->group.focus == STACKS)
		return view_stack_open(v, g, c->cost);
	struct subject subject = {
		.function_id = row_number(g->table, (size_t)row, "function_id"),
		.name = row_text(g->table, (size_t)row, "function"),
		.cost = c->cost,
	};

	return browser_enter(v->browser, &view_callers, &subject);
}

/* A stack is one of this function's. */
static int callers_subject(struct view *v, struct subject *subject)
{
	struct callers *c = v->data;
	const struct grid *g = grid_group_focus(&c->group);
	long row = grid_row(g);

	if (row < 0)
		return 0;
	if (c->group.focus != STACKS)
		return subject_of_row(g->table, (size_t)row, subject);
	*subject = v->subject;
	subject->id = 0;
	subject->stack_id = row_number(g->table, (size_t)row, "stack_id");
	return 1;
}

static int callers_act(struct view *v, enum action action, struct err *err)
{
	struct callers *c = v->data;

	(void)err;
	switch (action) {
	case ACTION_ENTER:
		return enter(v, c);
	case ACTION_COST:
		c->skipping = c->cost;
		v->subject.cost = c->cost = cost_turn_after(c->cost);
		return 1;
	default:
		return grid_group_act(&c->group, action);
	}
}

/* Of a site its stacks; callers are more than a query can say. */
static void callers_query(const struct view *v, char *out, size_t size)
{
	const struct callers *c = v->data;

	if (v->subject.site_id)
		snprintf(out, size, "SELECT sum(value) AS %s, (SELECT stack FROM stacks WHERE stacks.stack_id = stack.id) AS stack FROM stack JOIN total ON "
		         "stack_id = stack.id WHERE site_id = %lld AND cost_id = (SELECT id FROM cost WHERE name = '%s') GROUP BY stack.id ORDER BY 1 DESC",
		         c->cost, (long long)v->subject.site_id, c->cost);
}

const struct view_ops view_callers = {
	.name = "callers", .title = "Callers", .help = "a function's callers, callees and stacks",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST | KEYS_PANES, .private_size = sizeof(struct callers),
	.open = callers_open, .fill = callers_fill, .draw = callers_draw, .act = callers_act, .grid = callers_grid,
	.subject = callers_subject, .stacks = view_stacks, .query = callers_query, .close = callers_close,
};
