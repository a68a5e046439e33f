/* SPDX-License-Identifier: MIT
 *
 * Figures of one thread by key, and the stacks that have most of one.
 */
#include "analyzer/report/thread_view.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct column about_columns[] = {
	{ "name", "NAME", UNIT_TEXT, "its name" },
	{ "tid", "THREAD", UNIT_ID, "thread id" },
	{ "pid", "PID", UNIT_ID, "process it belongs to" },
	{ "start_ns", "START", UNIT_NS, "when it began" },
	{ "end_ns", "END", UNIT_NS, "when it ended" },
	{ "creator", "CREATED BY", UNIT_TEXT, "thread that created it, name/tid" },
	{ "start_function", "RUNS", UNIT_TEXT, "its start routine" },
	{ "detached", "DETACHED", UNIT_ID, "1: it was detached" },
	{ "joined", "JOINED", UNIT_ID, "1: it was joined" },
	{ "lost_events", "LOST", UNIT_COUNT, "events that are not in the trace" },
};

static const struct column cost_columns[] = {
	{ "cost", "COST", UNIT_TEXT, "what is counted" },
	{ "help", "", UNIT_TEXT, "what that is" },
	{ "figure", "THREAD", UNIT_TEXT, "how much the thread has of it" },
	{ "value", "VALUE", UNIT_COUNT, "how much the thread has of it" },
	{ "all", "ALL", UNIT_COUNT, "how much all threads have" },
};
enum { COST, HELP, FIGURE, VALUE };

#define STACK_COLUMNS(unit) { \
	{ "value", "VALUE", unit, "of the cost" }, \
	{ "stack", "STACK", UNIT_TEXT, "functions, outermost first, joined by ;" }, \
	{ "stack_id", NULL, UNIT_ID, "key of the stack" }, \
}
static const struct column count_columns[] = STACK_COLUMNS(UNIT_COUNT);
static const struct column bytes_columns[] = STACK_COLUMNS(UNIT_BYTES);
static const struct column ns_columns[] = STACK_COLUMNS(UNIT_NS);

/* Fills t, which it initialises, with the rows of a query by one key. */
static int fill_by_key(struct store *s, int64_t key, const char *sql, const struct column *columns, size_t count,
                       struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);

	if (!q)
		return -1;
	statement_bind_number(q, 1, key);
	table_init(t, columns, count);
	int rc = store_fill(s, q, t, err);
	t->total_rows = t->row_count;
	if (rc)
		table_release(t);
	statement_finish(q);
	return rc;
}

int thread_view_about(struct store *s, int64_t thread_id, struct table *t, struct err *err)
{
	return fill_by_key(s, thread_id,
	                   "SELECT thread.name, thread.tid, pid, thread.start_ns, thread.end_ns, (SELECT c.name || '/' || c.tid FROM main.thread c "
	                   "WHERE c.id = thread.creator_id), start_function, detached, joined, thread.lost_events FROM thread "
	                   "JOIN process ON process.id = process_id WHERE thread.id = ?1", about_columns, COUNT(about_columns), t, err);
}

int thread_view_costs(struct store *s, int64_t thread_id, struct table *t, struct err *err)
{
	int rc = fill_by_key(s, thread_id,
	                     "SELECT name, help, unit, mine, everybodys FROM (SELECT cost_id, sum(CASE thread_id WHEN ?1 THEN value ELSE 0 END) "
	                     "AS mine, sum(value) AS everybodys FROM site_total GROUP BY cost_id) JOIN cost ON cost.id = cost_id WHERE mine > 0 "
	                     "ORDER BY cost_id", cost_columns, COUNT(cost_columns), t, err);

	for (size_t row = 0; !rc && row < t->row_count; row++) {
		struct value *values = table_at(t, row, 0);
		char figure[UNIT_WIDTH];

		table_set_text(t, &values[FIGURE], unit_format(figure, cost_unit(values[FIGURE].text), values[VALUE].number));
	}
	return rc;
}

/* --- stacks ----------------------------------------------------------------------------------------- */

static int read_stacks(struct store *s, int64_t thread_id, int64_t cost_id, long limit, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT value, stack_id, count(*) OVER () FROM total WHERE cost_id = ?2 AND thread_id = ?1 "
	                                       "ORDER BY value DESC, stack_id LIMIT CASE ?3 WHEN 0 THEN -1 ELSE ?3 END", err);
	struct stack_tree tree;
	int got;

	if (!q)
		return -1;
	if (stack_tree_load_names(s, &tree, err)) {
		statement_finish(q);
		return -1;
	}
	statement_bind_number(q, 1, thread_id);
	statement_bind_number(q, 2, cost_id);
	statement_bind_number(q, 3, limit);
	while ((got = statement_step(q, err)) > 0) {
		int64_t stack = statement_number(q, 1);
		struct value *row = table_add_row(t);

		table_set_number(&row[0], statement_number(q, 0));
		if (!stack_tree_need(&tree, stack, NULL))
			site_rows_stack(&tree, (uint32_t)stack, t, &row[1]);
		table_set_number(&row[2], stack);
		t->total_rows = (uint64_t)statement_number(q, 2);
	}
	statement_finish(q);
	stack_tree_release(&tree);
	return got;
}

int thread_view_stacks(struct store *s, int64_t thread_id, const char *cost_name, long limit, struct table *t, struct err *err)
{
	struct cost cost;

	if (cost_find(s, cost_name, &cost, err) < 0)
		return -1;
	table_init(t, cost.unit == UNIT_BYTES ? bytes_columns : cost.unit == UNIT_NS ? ns_columns : count_columns, COUNT(ns_columns));
	t->total_rows = 0;
	if (!read_stacks(s, thread_id, cost.id, limit, t, err))
		return 0;
	table_release(t);
	return -1;
}

static const struct column creation_columns[] = {
	{ "stack", NULL, UNIT_TEXT, "functions, outermost first, joined by ;" },
};

int thread_view_creation(struct store *s, int64_t thread_id, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT created_stack_id FROM thread WHERE id = ?1", err);
	struct stack_tree tree;

	if (!q)
		return -1;
	if (stack_tree_load_names(s, &tree, err)) {
		statement_finish(q);
		return -1;
	}
	statement_bind_number(q, 1, thread_id);
	table_init(t, creation_columns, COUNT(creation_columns));
	int got = statement_step(q, err);
	int64_t stack = got > 0 ? statement_number(q, 0) : 0;

	if (stack && !stack_tree_need(&tree, stack, NULL))
		site_rows_stack(&tree, (uint32_t)stack, t, table_add_row(t));
	t->total_rows = t->row_count;
	if (got < 0)
		table_release(t);
	statement_finish(q);
	stack_tree_release(&tree);
	return got < 0 ? -1 : 0;
}
