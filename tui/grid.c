/* SPDX-License-Identifier: MIT
 *
 * The state of a grid: selection, order, cost. Order is an array of row numbers, so that sorting moves
 * four bytes a row and leaves the table alone. Sorting and searching are in grid_order.c, drawing in
 * grid_draw.c.
 */
#include "tui/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "tui/wording.h"

#define MILLION 1000000

/* --- cells ---------------------------------------------------------------------------------------- */

int grid_is_text(const struct grid *g, size_t column)
{
	return g->columns[column].text || g->state[column].unit == UNIT_TEXT;
}

const char *grid_text(const struct grid *g, size_t column, size_t row, char *out, size_t size)
{
	if (g->columns[column].text) {
		out[0] = 0;
		g->columns[column].text(g->table, row, out, size);
		return out;
	}
	return table_at(g->table, row, (size_t)g->state[column].index)->text;
}

int grid_number(const struct grid *g, size_t column, size_t row, int64_t *number)
{
	const struct grid_state *state = &g->state[column];
	const struct value *value = table_at(g->table, row, (size_t)state->index);
	const struct value *whole = state->of >= 0 ? table_at(g->table, row, (size_t)state->of) : NULL;

	*number = value->number;
	if (value->none || (whole && (whole->none || !whole->number)))
		return 0;
	if (whole) {
		double share = (double)value->number / (double)whole->number * MILLION;

		*number = share >= 9.2e18 ? INT64_MAX : share <= -9.2e18 ? -INT64_MAX : (int64_t)share;
	}
	return 1;
}

/* --- opening -------------------------------------------------------------------------------------- */

static void measure_text(struct grid *g, size_t column)
{
	int most = g->columns[column].most ? g->columns[column].most : 1000;
	char made[512];

	for (size_t row = 0; row < g->table->row_count && g->state[column].natural < most; row++) {
		int columns = (int)strlen(grid_text(g, column, row, made, sizeof(made)));

		if (columns > g->state[column].natural)
			g->state[column].natural = columns < most ? columns : most;
	}
}

static void measure_figures(struct grid *g, size_t column)
{
	struct grid_state *state = &g->state[column];

	for (size_t row = 0; row < g->table->row_count; row++) {
		int64_t number;

		if (!grid_number(g, column, row, &number))
			continue;
		if (g->columns[column].flags & GRID_CHANGE)
			number = number < -INT64_MAX ? INT64_MAX : number < 0 ? -number : number;
		if (number > state->largest)
			state->largest = number;
		state->whole += (double)number;
	}
}

/* 1 if the column tells nothing about these rows. */
static int tells_nothing(const struct grid *g, size_t column)
{
	unsigned flags = g->columns[column].flags;
	size_t same = 0, empty = 0, rows = g->table->row_count;

	for (size_t row = 0; row < rows; row++) {
		const struct value *value = table_at(g->table, row, (size_t)g->state[column].index);
		const struct value *first = table_at(g->table, 0, (size_t)g->state[column].index);
		int is_text = g->state[column].unit == UNIT_TEXT;

		empty += value->none || (is_text ? !value->text[0] : !value->number);
		same += value->none == first->none && (is_text ? !strcmp(value->text, first->text) : value->number == first->number);
	}
	return ((flags & GRID_IF_ANY) && empty == rows) || ((flags & GRID_IF_MANY) && same == rows);
}

static const char *title_of(const struct grid *g, size_t column)
{
	const struct grid_column *c = &g->columns[column];
	const char *title = g->table->columns[g->state[column].index].title;

	if (c->title)
		return c->title;
	if (c->flags & GRID_COST)
		return wording_title(c->name);
	return title ? title : c->name;
}

static void bind_column(struct grid *g, size_t column)
{
	const struct grid_column *c = &g->columns[column];
	struct grid_state *state = &g->state[column];

	state->index = table_column(g->table, c->name);
	state->of = c->of ? table_column(g->table, c->of) : -1;
	if (state->index < 0)
		return;
	state->unit = g->table->columns[state->index].unit;
	state->title = title_of(g, column);
	if ((c->flags & (GRID_IF_ANY | GRID_IF_MANY)) && tells_nothing(g, column)) {
		state->index = -1;
		return;
	}
	if (grid_is_text(g, column)) {
		measure_text(g, column);
		return;
	}
	measure_figures(g, column);
	if (c->of) {
		state->unit = UNIT_PERCENT;
		state->largest = MILLION; /* a full bar is all of it */
	}
}

void grid_open(struct grid *g, const struct table *t, const struct grid_column *columns, size_t count)
{
	*g = (struct grid){ .table = t, .columns = columns, .count = count, .sort = -1, .cost = -1, .share_x = -1 };
	g->order = memory_zeroed(t->row_count + 1, sizeof(*g->order));
	for (size_t i = 0; i < t->row_count; i++)
		g->order[i] = (uint32_t)i;
	for (size_t i = 0; i < count; i++) {
		bind_column(g, i);
		if (g->cost < 0 && g->state[i].index >= 0 && (columns[i].flags & GRID_COST))
			g->cost = (int)i;
	}
}

/* 1 if the rows say the same in all texts that are shown. */
static int says_the_same(const struct grid *a, size_t row, const struct grid *b, size_t other)
{
	char first[512], second[512];
	int texts = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (a->state[i].index < 0 || b->state[i].index < 0 || !grid_is_text(a, i))
			continue;
		texts++;
		if (strcmp(grid_text(a, i, row, first, sizeof(first)), grid_text(b, i, other, second, sizeof(second))) != 0)
			return 0;
	}
	return texts > 0;
}

/* Goes to the row that was selected in `before`, or to its place. */
static void keep_place(struct grid *g, const struct grid *before)
{
	long was = grid_row(before);
	size_t position = before->selected;

	for (size_t i = 0; was >= 0 && i < g->table->row_count; i++) {
		if (says_the_same(before, (size_t)was, g, g->order[i])) {
			position = i;
			break;
		}
	}
	g->page = before->page;
	g->top = before->top;
	grid_go(g, position);
}

void grid_show(struct grid *g, const struct table *t, const struct grid_column *columns, size_t count)
{
	struct grid before = *g;

	grid_open(g, t, columns, count);
	if (!before.columns) {
		if (g->cost >= 0)
			grid_set_cost(g, columns[g->cost].name);
		return;
	}
	if (before.cost >= 0 && g->state[before.cost].index >= 0)
		g->cost = before.cost;
	else if (g->cost >= 0 && before.cost >= 0 && before.sort == before.cost)
		before.sort = g->cost;
	if (before.sort >= 0 && g->state[before.sort].index >= 0) {
		g->sort = before.sort;
		g->descending = before.descending;
		grid_sort(g);
	} else if (before.sort < 0 && g->cost >= 0 && before.cost < 0) {
		grid_set_cost(g, columns[g->cost].name);
	}
	memcpy(g->search, before.search, sizeof(g->search));
	keep_place(g, &before);
	free(before.order);
}

void grid_release(struct grid *g)
{
	free(g->order);
	*g = (struct grid){ .sort = -1, .cost = -1 };
}

void grid_set_column(struct grid *g, const char *name, const char *title, double whole)
{
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->columns[i].name, name) && !g->columns[i].of) {
			g->state[i].title = title;
			if (whole > 0)
				g->state[i].whole = whole;
		}
}

/* --- order ---------------------------------------------------------------------------------------- */

static void sort_by(struct grid *g, int column)
{
	int ascending = grid_is_text(g, (size_t)column) || (g->columns[column].flags & GRID_ASCENDING);

	g->sort = column;
	g->descending = !ascending;
	grid_sort(g);
}

/* The column to the right on the screen of the one that orders; the cost stands first, the others as in the table. */
static void sort_next(struct grid *g)
{
	int from = g->sort == g->cost || g->sort < 0 ? -1 : g->sort;

	if (g->sort < 0 && g->cost >= 0) {
		sort_by(g, g->cost);
		return;
	}
	for (int i = from + 1; i < (int)g->count; i++) {
		if (i != g->cost && g->state[i].width > 0) {
			sort_by(g, i);
			return;
		}
	}
	if (g->cost >= 0)
		sort_by(g, g->cost);
	else if (from >= 0) {
		g->sort = -1;
		sort_next(g);
	}
}

static void sort_reverse(struct grid *g)
{
	if (g->sort < 0)
		return;
	g->descending = !g->descending;
	grid_sort(g);
}

void grid_sort_by(struct grid *g, int column)
{
	if (g->sort == column)
		sort_reverse(g);
	else
		sort_by(g, column);
}

/* --- cost ----------------------------------------------------------------------------------------- */

static void set_cost(struct grid *g, int column)
{
	g->cost = column;
	sort_by(g, column);
}

void grid_set_cost(struct grid *g, const char *name)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->state[i].index >= 0 && (g->columns[i].flags & GRID_COST) && !strcmp(g->columns[i].name, name)) {
			set_cost(g, (int)i);
			return;
		}
}

static void next_cost(struct grid *g)
{
	for (size_t n = 1; n <= g->count && g->cost >= 0; n++) {
		size_t i = ((size_t)g->cost + n) % g->count;

		if (g->state[i].index >= 0 && (g->columns[i].flags & GRID_COST)) {
			set_cost(g, (int)i);
			return;
		}
	}
}

const char *grid_cost(const struct grid *g)
{
	return g->cost < 0 ? NULL : g->columns[g->cost].name;
}

const char *grid_sorted_by(const struct grid *g)
{
	return g->sort < 0 || g->sort == g->cost ? NULL : g->state[g->sort].title;
}

/* --- going ---------------------------------------------------------------------------------------- */

void grid_go(struct grid *g, size_t position)
{
	size_t page = g->page > 0 ? (size_t)g->page : 1;
	size_t rows = g->table->row_count;

	if (!rows)
		return;
	g->selected = position < rows ? position : rows - 1;
	if (g->selected < g->top)
		g->top = g->selected;
	if (g->selected >= g->top + page)
		g->top = g->selected - page + 1;
	if (g->top + page > rows)
		g->top = rows > page ? rows - page : 0;
}

static void move(struct grid *g, long by)
{
	long to = (long)g->selected + by;

	grid_go(g, to < 0 ? 0 : (size_t)to);
}

int grid_act(struct grid *g, enum action action)
{
	long page = g->page > 1 ? g->page - 1 : 1; /* one row stays in sight */

	switch (action) {
	case ACTION_UP:
		move(g, -1);
		return 1;
	case ACTION_DOWN:
		move(g, 1);
		return 1;
	case ACTION_PAGE_UP:
		move(g, -page);
		return 1;
	case ACTION_PAGE_DOWN:
		move(g, page);
		return 1;
	case ACTION_FIRST:
		grid_go(g, 0);
		return 1;
	case ACTION_LAST:
		grid_go(g, g->table->row_count);
		return 1;
	case ACTION_SORT_NEXT:
		sort_next(g);
		return 1;
	case ACTION_SORT_REVERSE:
		sort_reverse(g);
		return 1;
	case ACTION_COST:
		next_cost(g);
		return 1;
	default:
		return 0;
	}
}

long grid_row(const struct grid *g)
{
	return g->selected < g->table->row_count ? (long)g->order[g->selected] : -1;
}
