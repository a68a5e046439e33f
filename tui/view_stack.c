/* SPDX-License-Identifier: MIT
 *
 * One stack: a row a frame, from the innermost outwards. Enter opens the frame's line in the source, or who calls its function where
 * that is not known.
 */
#include "tui/view_stack.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/export/export.h"
#include "analyzer/report/stack_view.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view_sites.h"

enum {
	NAME_COLUMNS = 30, /* of a frame in a line with others */
	WAY_BYTES = 1024,
};

struct stack {
	struct asked asked;
	struct grid grid;
	int placed; /* the cursor was, on the site */
};

static const struct grid_column columns[] = {
	{ .name = "number", .title = "frame" },
	{ .name = "function", .title = "function", .style = sites_style, .flags = GRID_FUNCTION },
	{ .name = "inlined", .title = "", .priority = 1, .flags = GRID_IF_ANY },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .most = 30 },
};

/* Bytes at the end of both stacks that are the same frames, with the `;` before them; not all of either. */
static size_t same_end(const char *a, size_t size_a, const char *b, size_t size_b)
{
	size_t same = 0;

	for (size_t i = 1; i < size_a && i < size_b && a[size_a - i] == b[size_b - i]; i++)
		if (a[size_a - i] == ';')
			same = i;
	return same;
}

/* Of two rows or more. */
static size_t shared_end(const struct table *t)
{
	const char *first = row_text(t, 0, "stack");
	size_t size = strlen(first), shared = size;

	for (size_t row = 1; row < t->row_count && shared; row++) {
		const char *stack = row_text(t, row, "stack");
		size_t same = same_end(first, size, stack, strlen(stack));

		shared = same < shared ? same : shared;
	}
	return shared;
}

static void write_way(const char *stack, size_t shared, char *out, size_t size)
{
	const char *end = stack + strlen(stack) - shared, *from;
	char name[1024], brief[NAME_COLUMNS * 4 + 1];
	size_t used = 0;

	out[0] = 0;
	for (; end > stack && used < size; end = from > stack ? from - 1 : stack) {
		for (from = end; from > stack && from[-1] != ';';)
			from--;
		snprintf(name, sizeof(name), "%.*s", (int)(end - from), from);
		shorten_function(name, NAME_COLUMNS, "..", brief, sizeof(brief));
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " < " : shared ? "< " : "", brief);
	}
}

#define WAY_COLUMNS(unit) { \
	{ "value", "VALUE", unit, "of the cost" }, \
	{ "way", "WAY", UNIT_TEXT, "functions, innermost first, without those that all have" }, \
	{ "stack", "STACK", UNIT_TEXT, "functions, outermost first, joined by ;" }, \
	{ "stack_id", NULL, UNIT_ID, "key of the stack" }, \
}

void view_stack_add_ways(struct table *t)
{
	static const struct column counts[] = WAY_COLUMNS(UNIT_COUNT), bytes[] = WAY_COLUMNS(UNIT_BYTES), times[] = WAY_COLUMNS(UNIT_NS);
	int value = table_column(t, "value");
	enum unit unit = value < 0 ? UNIT_COUNT : t->columns[value].unit;
	size_t shared = t->row_count > 1 ? shared_end(t) : 0;
	char way[WAY_BYTES];
	struct table ways;

	table_init(&ways, unit == UNIT_BYTES ? bytes : unit == UNIT_NS ? times : counts, sizeof(counts) / sizeof(counts[0]));
	for (size_t row = 0; row < t->row_count; row++) {
		struct value *v = table_add_row(&ways);
		const char *stack = row_text(t, row, "stack");

		write_way(stack, shared, way, sizeof(way));
		table_set_number(&v[0], row_number(t, row, "value"));
		table_set_text(&ways, &v[1], way);
		table_set_text(&ways, &v[2], stack);
		table_set_number(&v[3], row_number(t, row, "stack_id"));
	}
	ways.total_rows = t->total_rows;
	table_release(t);
	*t = ways;
}

int view_stack_open(struct view *v, const struct grid *g, const char *cost)
{
	long row = grid_row(g);
	const struct subject subject = { .stack_id = row < 0 ? 0 : row_number(g->table, (size_t)row, "stack_id"), .cost = cost };

	if (subject.stack_id)
		return browser_enter(v->browser, &view_stack, &subject);
	browser_say(v->browser, "It is not known where this was.");
	return 1;
}

static int read_frames(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return stack_view_frames(r->store, a->id, &out->table, err);
}

static const struct question question_frames = { "the frames", read_frames };

/* Frames further in are of allocators. */
static void place(struct stack *stack)
{
	const struct table *t = asked_table(&stack->asked);

	for (size_t row = 0; row < t->row_count && !stack->placed; row++) {
		if (!row_number(t, row, "is_site"))
			continue;
		grid_go(&stack->grid, row);
		stack->placed = 1;
	}
}

static int stack_fill(struct view *v, struct err *err)
{
	const struct ask ask = { &question_frames, .id = v->subject.stack_id };
	struct stack *stack = v->data;
	int news = asked_for(&stack->asked, v->browser, &ask, err);

	if (news > 0 || stack->grid.table != asked_table(&stack->asked))
		grid_show(&stack->grid, asked_table(&stack->asked), columns, sizeof(columns) / sizeof(columns[0]));
	return news;
}

static void stack_draw(struct view *v, struct screen *s, struct rect area)
{
	struct stack *stack = v->data;
	char path[512], right[80] = "", position[48];
	struct rect heading = view_take(&area, 1);

	if (!stack->asked.answer) {
		view_reading(s, area);
	} else {
		grid_place(&stack->grid, area, browser_exact(v->browser));
		place(stack);
		snprintf(right, sizeof(right), "%s frames", grid_position(&stack->grid, position, sizeof(position)));
		grid_draw(&stack->grid, s, 1);
	}
	view_heading(s, heading, view_path(v, s->ascii, heading.width - (int)strlen(right) - 5, path, sizeof(path)), right);
}

static int enter(struct view *v, const struct grid *g)
{
	struct subject subject;
	long row = grid_row(g);

	if (row < 0)
		return 1;
	subject_of_row(g->table, (size_t)row, &subject);
	subject.cost = v->subject.cost;
	return browser_enter(v->browser, *subject.file ? &view_source : &view_callers, &subject);
}

static int stack_act(struct view *v, enum action action, struct err *err)
{
	struct stack *stack = v->data;

	(void)err;
	return action == ACTION_ENTER ? enter(v, &stack->grid) : grid_act(&stack->grid, action);
}

static struct grid *stack_grid(struct view *v)
{
	struct stack *stack = v->data;

	return &stack->grid;
}

static void stack_stacks(const struct view *v, struct export_query *q, char *words, size_t size)
{
	q->stack_id = v->subject.stack_id;
	snprintf(words, size, " as this one");
}

static void stack_query(const struct view *v, char *out, size_t size)
{
	snprintf(out, size, "WITH RECURSIVE up(parent_id, frame_id, number) AS (SELECT parent_id, frame_id, 0 FROM stack WHERE id = %lld UNION ALL "
	         "SELECT stack.parent_id, stack.frame_id, number + 1 FROM up JOIN stack ON stack.id = up.parent_id) SELECT number, function.name AS "
	         "function, path AS file, line FROM up JOIN frame ON frame.id = frame_id JOIN function ON function.id = function_id LEFT JOIN file ON "
	         "file.id = file_id ORDER BY number", (long long)v->subject.stack_id);
}

static void stack_close(struct view *v)
{
	struct stack *stack = v->data;

	grid_release(&stack->grid);
	asked_release(&stack->asked);
}

const struct view_ops view_stack = {
	.name = "stack", .title = "Stack", .help = "the frames of a stack, each with its place", .keys = KEYS_LIST | KEYS_ENTER,
	.private_size = sizeof(struct stack), .fill = stack_fill, .draw = stack_draw, .act = stack_act, .grid = stack_grid,
	.stacks = stack_stacks, .query = stack_query, .close = stack_close,
};
