/* SPDX-License-Identifier: MIT
 *
 * Threads: a row a thread with its costs.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"

enum { PID, TID, NAME, START, END, FIRST_COST };

static const struct column columns[] = {
	{ "pid", "PID", UNIT_ID, "process it belongs to" },
	{ "tid", "THREAD", UNIT_ID, "thread id" },
	{ "name", "NAME", UNIT_TEXT, "its name" },
	{ "start_ns", "START", UNIT_NS, "when it was first seen, since the recording began" },
	{ "end_ns", "END", UNIT_NS, "when it ended; none: alive when the trace ends" },
	{ "allocations", "CALLS", UNIT_COUNT, "successful allocations" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for" },
	{ "at_peak_bytes", "AT PEAK", UNIT_BYTES, "live when the process's heap was largest" },
	{ "leaked_bytes", "LEAKED", UNIT_BYTES, "never freed" },
	{ "temporary_allocations", "TEMPORARY", UNIT_COUNT, "freed before its next allocation" },
	{ "wait_ns", "WAIT", UNIT_NS, "time spent waiting for locks" },
	{ "lost_events", "LOST", UNIT_COUNT, "events that are not in the trace" },
	{ "thread_id", NULL, UNIT_ID, "key of the thread" },
};

static const int costs[] = { COST_ALLOCATIONS, COST_ALLOCATED_BYTES, COST_AT_PEAK_BYTES, COST_LEAKED_BYTES,
	                     COST_TEMPORARY_ALLOCATIONS, COST_WAIT_NS };
#define COSTS (sizeof(costs) / sizeof(costs[0]))

static int read_threads(struct store *s, const struct scope *scope, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT pid, tid, name, thread.start_ns, thread.end_ns, 0, 0, 0, 0, 0, 0, "
	                                       "thread.lost_events, thread.id FROM thread JOIN process ON process.id = process_id "
	                                       "WHERE (?1 = 0 OR pid = ?1) AND (?2 = 0 OR tid = ?2) ORDER BY thread.id", err);
	if (!q)
		return -1;
	scope_bind(q, scope);
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc;
}

/* Rows are in order of the thread's id, their last value. */
static struct value *find_row(const struct table *t, int64_t thread)
{
	size_t low = 0, high = t->row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (table_at(t, middle, t->column_count - 1)->number < thread)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->row_count && table_at(t, low, t->column_count - 1)->number == thread ? table_at(t, low, 0) : NULL;
}

static int add_cost(struct store *s, int cost, struct table *t, size_t column, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT thread_id, value FROM total WHERE cost_id = ?1", err);
	int got;

	if (!q)
		return -1;
	statement_bind_number(q, 1, cost);
	while ((got = statement_step(q, err)) > 0) {
		struct value *row = find_row(t, statement_number(q, 0));
		if (row)
			row[column].number += statement_number(q, 1);
	}
	statement_finish(q);
	return got;
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	int rc = read_threads(s, &scope, t, err);

	for (size_t i = 0; i < COSTS && !rc; i++)
		rc = add_cost(s, costs[i], t, FIRST_COST + i, err);
	return rc;
}

const struct report report_threads = {
	.name = "threads",
	.title = "Threads",
	.help = "every thread with its costs",
	.rows = "threads",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 1,
	.sort_column = FIRST_COST + 1,
	.filters = REPORT_PID | REPORT_THREAD,
	.fill = fill,
};
