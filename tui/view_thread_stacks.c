/* SPDX-License-Identifier: MIT
 *
 * The stacks of one thread by a cost, the largest first; below, the whole of the selected one. Enter opens its frames.
 */
#include <stdio.h>
#include <string.h>

#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/row.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/view_stack.h"
#include "tui/wording.h"

enum { STACKS_MOST = 1000 };

struct stacks {
	struct asked asked;
	struct grid grid;
	struct stack_pane pane;
};

static const struct grid_column columns[] = {
	{ .name = "value", .flags = GRID_COST | GRID_SUMS },
	{ .name = "way", .title = "stack", .flags = GRID_PROSE },
};

static int read_stacks(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	if (stack_source_thread.question.read(r, a, out, err) < 0)
		return -1;
	view_stack_add_ways(&out->table);
	return 0;
}

static const struct question question_stacks = { "the stacks", read_stacks };

static int stacks_fill(struct view *v, struct err *err)
{
	const struct ask ask = { &question_stacks, .id = v->subject.thread_id, .number = STACKS_MOST, .name = v->subject.cost };
	struct stacks *stacks = v->data;
	int first = asked_for(&stacks->asked, v->browser, &ask, err);

	if (first > 0 || stacks->grid.table != asked_table(&stacks->asked)) {
		grid_show(&stacks->grid, asked_table(&stacks->asked), columns, sizeof(columns) / sizeof(columns[0]));
		grid_set_column(&stacks->grid, "value", wording_title(v->subject.cost), 0);
	}
	int second = stack_pane_follow(&stacks->pane, v->browser, &stacks->grid, err);

	return first < 0 || second < 0 ? -1 : first | second;
}

static void stacks_draw(struct view *v, struct screen *s, struct rect area)
{
	struct stacks *stacks = v->data;
	char path[512], right[160], position[48];
	const struct table *t = asked_table(&stacks->asked);
	struct rect heading = view_take(&area, 1);
	int pane = view_share(area.height);

	snprintf(right, sizeof(right), "by %s", wording_title(v->subject.cost));
	if (!stacks->asked.answer) {
		view_reading(s, area);
	} else {
		if (pane && grid_height(&stacks->grid) < area.height - pane)
			pane = area.height - grid_height(&stacks->grid);
		grid_place(&stacks->grid, view_take(&area, area.height - pane), browser_exact(v->browser));
		grid_draw(&stacks->grid, s, 1);
		stack_pane_draw(&stacks->pane, s, area, "", browser_exact(v->browser));
		snprintf(right, sizeof(right), "%s%s stacks by %s", grid_position(&stacks->grid, position, sizeof(position)),
		         t->total_rows > t->row_count ? " largest" : "", wording_title(v->subject.cost));
	}
	view_heading(s, heading, view_path(v, s->ascii, heading.width - (int)strlen(right) - 5, path, sizeof(path)), right);
}

static int stacks_act(struct view *v, enum action action, struct err *err)
{
	struct stacks *stacks = v->data;

	(void)err;
	return action == ACTION_ENTER ? view_stack_open(v, &stacks->grid, v->subject.cost) : grid_act(&stacks->grid, action);
}

static struct grid *stacks_grid(struct view *v)
{
	struct stacks *stacks = v->data;

	return &stacks->grid;
}

static int stacks_subject(struct view *v, struct subject *subject)
{
	struct stacks *stacks = v->data;
	long row = grid_row(&stacks->grid);

	*subject = (struct subject){ .name = v->subject.name, .place = "", .file = "", .cost = v->subject.cost };
	if (row >= 0)
		subject->stack_id = row_number(stacks->grid.table, (size_t)row, "stack_id");
	return subject->stack_id != 0;
}

/* It is only opened from the thread's view. */
static void stacks_stacks(const struct view *v, struct export_query *q, char *words, size_t size)
{
	v->below->ops->stacks(v->below, q, words, size);
}

static void stacks_query(const struct view *v, char *out, size_t size)
{
	snprintf(out, size, "SELECT value, (SELECT stack FROM stacks WHERE stacks.stack_id = total.stack_id) AS stack FROM total WHERE thread_id = %lld "
	         "AND cost_id = (SELECT id FROM cost WHERE name = '%s') ORDER BY value DESC", (long long)v->subject.thread_id, v->subject.cost);
}

static void stacks_close(struct view *v)
{
	struct stacks *stacks = v->data;

	grid_release(&stacks->grid);
	asked_release(&stacks->asked);
	stack_pane_release(&stacks->pane);
}

const struct view_ops view_thread_stacks = {
	.name = "stacks", .title = "Stacks", .help = "a thread's stacks by one of its costs", .keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT,
	.private_size = sizeof(struct stacks), .fill = stacks_fill, .draw = stacks_draw, .act = stacks_act, .grid = stacks_grid,
	.subject = stacks_subject, .stacks = stacks_stacks, .query = stacks_query, .close = stacks_close,
};
