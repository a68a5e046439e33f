/* SPDX-License-Identifier: MIT
 *
 * One thread: how long it lived, who created it and where, what it cost, and the stacks of the
 * selected cost.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/export/export.h"
#include "analyzer/report/thread_view.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/row.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/wording.h"

struct thread {
	struct asked about, costs;
	struct grid grid;
	struct stack_pane created, pane;
	char title[256];  /* of the thread, in the panes */
};

enum { CREATED_ROWS = 3 };

static void phrase(const struct table *t, size_t row, char *out, size_t size)
{
	snprintf(out, size, "%s", wording_phrase(row_text(t, row, "cost")));
}

static const struct grid_column columns[] = {
	{ .name = "value", .of = "all", .title = "of all", .flags = GRID_COST },
	{ .name = "figure", .title = "this thread", .flags = GRID_RIGHT },
	{ .name = "cost", .title = "cost", .text = phrase, .flags = GRID_FUNCTION },
	{ .name = "help", .title = "", .priority = 1 },
};

static int read_about(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return thread_view_about(r->store, a->id, &out->table, err);
}

static int read_costs(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return thread_view_costs(r->store, a->id, &out->table, err);
}

static const struct question question_about = { "the thread", read_about };
static const struct question question_costs = { "the costs", read_costs };

/* Costs stay in the order of the schema, which puts together what belongs together. */
static void show_costs(struct thread *t)
{
	size_t selected = t->grid.selected;

	grid_release(&t->grid);
	grid_open(&t->grid, asked_table(&t->costs), columns, sizeof(columns) / sizeof(columns[0]));
	grid_go(&t->grid, selected);
}

static int thread_fill(struct view *v, struct err *err)
{
	struct thread *t = v->data;
	const struct ask about = { &question_about, .id = v->subject.id }, costs = { &question_costs, .id = v->subject.id };
	int first = asked_for(&t->about, v->browser, &about, err), second = asked_for(&t->costs, v->browser, &costs, err);

	if (second > 0 || t->grid.table != asked_table(&t->costs))
		show_costs(t);
	long row = grid_row(&t->grid);
	const char *cost = row < 0 ? "" : row_text(t->grid.table, (size_t)row, "cost");
	int third = stack_pane_fill(&t->created, v->browser, &stack_source_creation, v->subject.id, "", err);
	int fourth = stack_pane_fill(&t->pane, v->browser, &stack_source_thread, row < 0 ? 0 : v->subject.id, cost, err);

	return first < 0 || second < 0 || third < 0 || fourth < 0 ? -1 : first | second | third | fourth;
}

static void thread_close(struct view *v)
{
	struct thread *t = v->data;

	stack_pane_release(&t->created);
	stack_pane_release(&t->pane);
	grid_release(&t->grid);
	asked_release(&t->costs);
	asked_release(&t->about);
}

/* "thread 4712 of process 4711, runs worker_main, from 100 ms to 12.7 s, joined". */
static void describe(const struct table *t, char *out, size_t size)
{
	const struct value *end = row_cell(t, 0, "end_ns");
	char from[FIGURE_BYTES], to[FIGURE_BYTES];
	size_t used;

	snprintf(out, size, "thread %lld of process %lld", (long long)row_number(t, 0, "tid"), (long long)row_number(t, 0, "pid"));
	used = strlen(out);
	if (*row_text(t, 0, "start_function"))
		snprintf(out + used, size - used, ", runs %s", row_text(t, 0, "start_function"));
	used = strlen(out);
	figure_format(from, UNIT_NS, row_number(t, 0, "start_ns"), 0);
	if (end)
		snprintf(out + used, size - used, ", from %s to %s", from, figure_format(to, UNIT_NS, end->number, 0));
	else
		snprintf(out + used, size - used, ", from %s to the end of the trace", from);
	used = strlen(out);
	snprintf(out + used, size - used, "%s%s", row_number(t, 0, "joined") ? ", joined" : "", row_number(t, 0, "detached") ? ", detached" : "");
	used = strlen(out);
	if (!row_cell(t, 0, "creator") && row_number(t, 0, "tid") != row_number(t, 0, "pid")) /* nobody creates the first one */
		snprintf(out + used, size - used, "; its creation was not seen");
	used = strlen(out);
	if (row_number(t, 0, "lost_events"))
		snprintf(out + used, size - used, ", %lld events lost", (long long)row_number(t, 0, "lost_events"));
}

static void draw_lists(struct thread *t, struct screen *s, struct rect area, int exact)
{
	int pane = area.height >= 12 ? area.height / 3 : 0;

	if (pane && grid_height(&t->grid) < area.height - pane)
		pane = area.height - grid_height(&t->grid);
	grid_place(&t->grid, view_take(&area, area.height - pane), exact);
	grid_draw(&t->grid, s, 1);
	if (grid_row(&t->grid) < 0)
		return;
	snprintf(t->title, sizeof(t->title), " by %s", wording_phrase(row_text(t->grid.table, (size_t)grid_row(&t->grid), "cost")));
	stack_pane_draw(&t->pane, s, area, t->title, exact);
}

static void thread_draw(struct view *v, struct screen *s, struct rect area)
{
	struct thread *t = v->data;
	const struct table *about = asked_table(&t->about);
	const char *creator = about->row_count ? row_text(about, 0, "creator") : "";
	char path[512], text[512];

	area = view_heading(s, area, view_path(v, s->ascii, area.width - 2, path, sizeof(path)), "");
	if (!t->about.answer)
		view_reading(s, area);
	if (!about->row_count)
		return;
	describe(about, text, sizeof(text));
	struct rect line = view_take(&area, 1);

	screen_put(s, line.y, line.x + 1, line.width - 2, text, STYLE_PLAIN);
	snprintf(text, sizeof(text), "%s%s", *creator ? " by " : "", creator);
	if (area.height >= CREATED_ROWS + 5 && *creator)
		stack_pane_draw(&t->created, s, view_take(&area, CREATED_ROWS), text, 0);
	if (t->grid.table->row_count) {
		screen_rule(s, view_take(&area, 1), "costs");
		draw_lists(t, s, area, browser_exact(v->browser));
	}
}

static struct grid *thread_grid(struct view *v)
{
	struct thread *t = v->data;

	return &t->grid;
}

/* The cost's name is the table's, so the costs' own is taken. */
static int enter(struct view *v, const struct grid *g)
{
	long row = grid_row(g);
	const struct subject subject = {
		.thread_id = v->subject.id,
		.cost = row < 0 ? NULL : wording_stacks(row_text(g->table, (size_t)row, "cost")),
	};

	return row < 0 || !subject.cost ? 1 : browser_enter(v->browser, &view_thread_stacks, &subject);
}

static int thread_act(struct view *v, enum action action, struct err *err)
{
	struct thread *t = v->data;

	(void)err;
	return action == ACTION_ENTER ? enter(v, &t->grid) : grid_act(&t->grid, action);
}

static void thread_query(const struct view *v, char *out, size_t size)
{
	snprintf(out, size, "SELECT name, sum(CASE thread_id WHEN %lld THEN value ELSE 0 END) AS value, sum(value) AS of_all FROM total JOIN cost ON "
	         "cost.id = cost_id GROUP BY cost_id ORDER BY cost_id", (long long)v->subject.id);
}

/* Whatever is selected, it is about the thread. */
static int thread_subject(struct view *v, struct subject *subject)
{
	const struct thread *t = v->data;
	long row = grid_row(&t->grid);

	*subject = (struct subject){
		.thread_id = v->subject.id, .name = v->subject.name, .place = "", .file = "",
		.cost = row < 0 ? NULL : wording_stacks(row_text(t->grid.table, (size_t)row, "cost")),
	};
	return 1;
}

static void thread_stacks(const struct view *v, struct export_query *q, char *said, size_t size)
{
	const struct thread *t = v->data;
	const struct table *about = asked_table(&t->about);

	if (!about->row_count)
		return;
	q->pid = row_number(about, 0, "pid");
	q->tid = row_number(about, 0, "tid");
	snprintf(said, size, " of thread %s/%ld", v->subject.name, q->tid);
}

const struct view_ops view_thread = {
	.name = "thread", .title = "Thread", .help = "a thread's creation, its costs and their stacks", .keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT,
	.private_size = sizeof(struct thread), .fill = thread_fill, .draw = thread_draw, .act = thread_act,
	.grid = thread_grid, .subject = thread_subject, .stacks = thread_stacks, .query = thread_query, .close = thread_close,
};
