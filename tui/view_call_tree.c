/* SPDX-License-Identifier: MIT
 *
 * Call tree: from the outermost functions inwards, or from the sites outwards, opened node by node. What is open is kept as paths, so
 * that it stays open under another cost, span or filter; rows are asked for as they are seen. Opened from a place in the program it
 * is about the stacks through that function only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/flame.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/cost_turn.h"
#include "tui/figure.h"
#include "tui/flame_ask.h"
#include "tui/flame_draw.h"
#include "tui/flame_path.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view.h"
#include "tui/view_sites.h"
#include "tui/wording.h"

enum { DIRECTIONS = 2, STEP = 2 };

struct paths {
	char **list;
	size_t count, capacity;
};

struct tree {
	struct asked rows, costs;
	struct grid grid;
	const char *cost;                 /* static */
	int bottom_up;
	struct paths open[DIRECTIONS];
	char *hottest;                    /* path below which the way of most is being opened; NULL: none */
	char *cursor;                     /* path */
	size_t cursor_row;                /* its row in the rows that are there */
	char *text;                       /* of the ask */
};

/* The name after as many blanks as it is drawn with where there is room, so that the column gets that. */
static void indented(const struct table *t, size_t row, char *out, size_t size)
{
	int indent = STEP * (int)row_number(t, row, "depth");

	snprintf(out, size, "%*s%s", (indent < 200 ? indent : 200) + STEP, "", row_text(t, row, "function"));
}

static const struct grid_column tree_columns[] = {
	{ .name = "value", .flags = GRID_COST | GRID_SUMS },
	{ .name = "change", .title = "change", .priority = 1, .flags = GRID_CHANGE | GRID_IF_ANY },
	{ .name = "function", .title = "function", .text = indented, .flags = GRID_FUNCTION },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 3, .most = 24 },
	{ .name = "self", .title = "itself", .priority = 2 }, /* inwards only: outwards all of it is the sites' */
};

enum { COLUMNS = sizeof(tree_columns) / sizeof(tree_columns[0]), FUNCTION = 2 };

/* --- what is open --------------------------------------------------------------------------------- */

static long find_path(const struct paths *p, const char *path)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->list[i], path))
			return (long)i;
	return -1;
}

/* Takes the path. */
static void add_path(struct paths *p, char *path)
{
	if (!*path || find_path(p, path) >= 0) {
		free(path);
		return;
	}
	p->list = memory_grown(p->list, &p->capacity, p->count + 1, sizeof(*p->list));
	p->list[p->count++] = path;
}

static void remove_path(struct paths *p, const char *path)
{
	long at = find_path(p, path);

	if (at < 0)
		return;
	free(p->list[at]);
	p->list[at] = p->list[--p->count];
}

static void release_paths(struct paths *p)
{
	while (p->count > 0)
		free(p->list[--p->count]);
	free(p->list);
}

/* As question_flame_open wants it. */
static void write_text(struct tree *tree)
{
	const struct paths *open = &tree->open[tree->bottom_up];
	size_t size = (tree->hottest ? strlen(tree->hottest) : 1) + 2, at;

	for (size_t i = 0; i < open->count; i++)
		size += strlen(open->list[i]) + 1;
	tree->text = memory_resized(tree->text, size, 1);
	at = (size_t)snprintf(tree->text, size, "%s\n", tree->hottest ? tree->hottest : "-");
	for (size_t i = 0; i < open->count; i++)
		at += (size_t)snprintf(tree->text + at, size - at, "%s\n", open->list[i]);
}

/* --- reading -------------------------------------------------------------------------------------- */

static const struct table *rows_of(const struct tree *tree)
{
	return asked_table(&tree->rows);
}

static void tree_open(struct view *v)
{
	struct tree *tree = v->data;

	tree->cost = v->subject.cost ? v->subject.cost : cost_turn_first;
	tree->cursor = memory_text("");
	write_text(tree);
}

/* What the way of most has opened stays open. */
static void keep_hottest(struct tree *tree)
{
	const struct table *t = rows_of(tree);

	for (size_t row = 0; row < t->row_count; row++)
		if (table_at(t, row, FLAME_OPEN)->number)
			add_path(&tree->open[tree->bottom_up], flame_path_of(t, row));
	free(tree->hottest);
	tree->hottest = NULL;
	write_text(tree);
}

static void take_rows(struct tree *tree)
{
	const struct table *t = rows_of(tree);

	tree->cursor_row = flame_path_show(&tree->grid, t, tree_columns, COLUMNS - (tree->bottom_up != 0), tree->cursor);
	if (!t->row_count)
		return;
	grid_set_column(&tree->grid, "value", wording_title(tree->cost), (double)table_at(t, 0, FLAME_VALUE)->number);
	if (tree->hottest)
		keep_hottest(tree);
}

static void mind_cursor(struct tree *tree)
{
	if (!tree->rows.answer || grid_row(&tree->grid) < 0 || (size_t)grid_row(&tree->grid) == tree->cursor_row)
		return;
	tree->cursor_row = (size_t)grid_row(&tree->grid);
	free(tree->cursor);
	tree->cursor = flame_path_of(rows_of(tree), tree->cursor_row);
}

static int tree_fill(struct view *v, struct err *err)
{
	static const struct ask costs = { &question_flame_costs, .id = 0 };
	struct tree *tree = v->data;

	mind_cursor(tree);
	const struct ask ask = { &question_flame_open, .id = v->subject.function_id, .number = tree->bottom_up, .name = tree->cost, .text = tree->text };
	int first = asked_for(&tree->rows, v->browser, &ask, err), second = asked_for(&tree->costs, v->browser, &costs, err);

	if (first > 0 || tree->grid.table != rows_of(tree))
		take_rows(tree);
	return first < 0 || second < 0 ? -1 : first | second;
}

static void tree_close(struct view *v)
{
	struct tree *tree = v->data;

	asked_release(&tree->rows);
	asked_release(&tree->costs);
	grid_release(&tree->grid);
	for (int i = 0; i < DIRECTIONS; i++)
		release_paths(&tree->open[i]);
	free(tree->hottest);
	free(tree->cursor);
	free(tree->text);
}

/* --- drawing -------------------------------------------------------------------------------------- */

/* How far names stand in: less a step where the rows that are seen lie deep, and from the least deep of them on if need be. */
struct indent {
	int64_t from;
	int step, most;
};

static struct indent indent_of(const struct grid *g, int width)
{
	int64_t least = INT64_MAX, most = 0;

	for (size_t row = g->top; row < g->top + (size_t)g->page && row < g->table->row_count; row++) {
		int64_t depth = table_at(g->table, row, FLAME_DEPTH_COLUMN)->number;

		least = depth < least ? depth : least;
		most = depth > most ? depth : most;
	}
	if (most * STEP <= width / 3)
		return (struct indent){ 0, STEP, width / 3 };
	if (most <= width / 3)
		return (struct indent){ 0, 1, width / 3 };
	return (struct indent){ least, (most - least) * STEP <= width / 3 ? STEP : 1, width / 3 };
}

static char sign_of(const struct table *t, size_t row)
{
	if (table_at(t, row, FLAME_KIND)->number == FLAME_OTHERS || !table_at(t, row, FLAME_CHILDREN)->number)
		return ' ';
	return table_at(t, row, FLAME_OPEN)->number ? '-' : '+';
}

/* Names over what the grid has written there: with their sign, and shortened behind their indentation. */
static void draw_names(const struct grid *g, struct screen *s)
{
	int x = g->state[FUNCTION].x, width = g->state[FUNCTION].width;
	struct indent indent = indent_of(g, width);

	for (size_t row = g->top; width > 0 && row < g->top + (size_t)g->page && row < g->table->row_count; row++) {
		int y = g->area.y + 1 + (int)(row - g->top), kind = (int)table_at(g->table, row, FLAME_KIND)->number;
		int64_t in = (table_at(g->table, row, FLAME_DEPTH_COLUMN)->number - indent.from) * indent.step;
		int skip = (int)(in < indent.most ? in : indent.most), room = width - skip - STEP;
		char name[1024], more[GLYPH_BYTES];
		unsigned style = kind == FLAME_OTHERS || !row ? STYLE_DIM : sites_style(g->table, row);

		screen_fill(s, y, x, width, ' ', STYLE_PLAIN);
		screen_fill(s, y, x + skip, 1, (uint32_t)sign_of(g->table, row), STYLE_KEY);
		shorten_function(row_text(g->table, row, "function"), room, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
		screen_put(s, y, x + skip + STEP, room, name, style);
		if (g->search[0])
			screen_match(s, y, x, width, g->search, grid_folds(g->search));
		if (row == g->selected)
			screen_select(s, y, x, width);
	}
}

static void tree_draw(struct view *v, struct screen *s, struct rect area)
{
	struct tree *tree = v->data;
	char left[700], right[80] = "", position[48];

	snprintf(left, sizeof(left), "Call tree by %s, %s", wording_phrase(tree->cost),
	         tree->bottom_up ? "from the sites outwards" : "from the outermost functions inwards");
	if (v->subject.function_id)
		snprintf(left + strlen(left), sizeof(left) - strlen(left), ", through %s", v->subject.name);
	if (!tree->rows.answer) {
		flame_draw_missing(&tree->rows, s, view_heading(s, area, left, ""));
		return;
	}
	struct rect heading = view_take(&area, 1);

	grid_place(&tree->grid, area, browser_exact(v->browser));
	snprintf(right, sizeof(right), "%s rows", grid_position(&tree->grid, position, sizeof(position)));
	view_heading(s, heading, left, right);
	grid_draw(&tree->grid, s, 1);
	draw_names(&tree->grid, s);
	if (rows_of(tree)->row_count == 1 && area.height > 3)
		screen_put(s, area.y + 3, area.x + 1, area.width - 2, "Nothing of this was counted. m: another cost", STYLE_DIM);
}

/* --- keys ----------------------------------------------------------------------------------------- */

/* Opens the node under the cursor, or closes it. */
static void set_open(struct tree *tree, int open)
{
	if (open)
		add_path(&tree->open[tree->bottom_up], memory_text(tree->cursor));
	else
		remove_path(&tree->open[tree->bottom_up], tree->cursor);
	write_text(tree);
}

static void step(struct tree *tree, int inwards)
{
	const struct table *t = rows_of(tree);
	size_t row = tree->cursor_row;

	if (row >= t->row_count)
		return;
	int open = table_at(t, row, FLAME_OPEN)->number != 0, others = table_at(t, row, FLAME_KIND)->number == FLAME_OTHERS;

	if (inwards && open && row + 1 < t->row_count)
		grid_go(&tree->grid, row + 1);
	else if (inwards && !open && !others && table_at(t, row, FLAME_CHILDREN)->number)
		set_open(tree, 1);
	else if (!inwards && open && row)
		set_open(tree, 0);
	else if (!inwards && row)
		grid_go(&tree->grid, (size_t)table_at(t, row, FLAME_PARENT)->number);
}

static void toggle(struct tree *tree)
{
	const struct table *t = rows_of(tree);

	if (tree->cursor_row < t->row_count && tree->cursor_row && table_at(t, tree->cursor_row, FLAME_OPEN)->number)
		set_open(tree, 0);
	else
		step(tree, 1);
}

static int tree_act(struct view *v, enum action action, struct err *err)
{
	struct tree *tree = v->data;

	(void)err;
	mind_cursor(tree);
	switch (action) {
	case ACTION_RIGHT:
		step(tree, 1);
		return 1;
	case ACTION_LEFT:
		step(tree, 0);
		return 1;
	case ACTION_ENTER:
		toggle(tree);
		return 1;
	case ACTION_EXPAND:
		free(tree->hottest);
		tree->hottest = memory_text(tree->cursor);
		write_text(tree);
		return 1;
	case ACTION_TURN:
		tree->bottom_up = !tree->bottom_up;
		free(tree->cursor);
		tree->cursor = memory_text("");
		free(tree->hottest);
		tree->hottest = NULL;
		write_text(tree);
		return 1;
	case ACTION_COST:
		v->subject.cost = tree->cost = flame_ask_next_cost(asked_table(&tree->costs), tree->cost);
		return 1;
	default:
		return tree->rows.answer ? grid_act(&tree->grid, action) : 0;
	}
}

static struct grid *tree_grid(struct view *v)
{
	struct tree *tree = v->data;

	return tree->rows.answer ? &tree->grid : NULL;
}

const struct view_ops view_call_tree = {
	.name = "calltree", .title = "Call tree", .number = '9', .help = "who calls whom, with what each costs, to be opened step by step",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_COST | KEYS_TREE | KEYS_TURN | KEYS_EXPAND | KEYS_EXPORT,
	.private_size = sizeof(struct tree), .open = tree_open, .fill = tree_fill, .draw = tree_draw, .act = tree_act, .grid = tree_grid,
	.close = tree_close,
};
