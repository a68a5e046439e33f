/* SPDX-License-Identifier: MIT
 *
 * Threads: a row a thread: who created it and where, from when to when it lived, and its costs.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/threads.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	[THREADS_NAME] = { "name", "NAME", UNIT_TEXT, "its name" },
	[THREADS_TID] = { "tid", "THREAD", UNIT_ID, "thread id" },
	[THREADS_PID] = { "pid", "PID", UNIT_ID, "process it belongs to" },
	[THREADS_CREATED_BY] = { "created_by", NULL, UNIT_TEXT, "thread that created it, name/tid; none: not seen" },
	[THREADS_START_FUNCTION] = { "start_function", NULL, UNIT_TEXT, "function it runs" },
	[THREADS_FUNCTION] = { "function", NULL, UNIT_TEXT, "innermost function of the stack that created it" },
	[THREADS_STACK] = { "stack", NULL, UNIT_TEXT, "the stack that created it: functions from the root inwards, joined by ;" },
	[THREADS_START_NS] = { "start_ns", "START", UNIT_NS, "when it began, or was first seen, since the recording began" },
	[THREADS_END_NS] = { "end_ns", "END", UNIT_NS, "when it ended; none: alive when the trace ends" },
	[THREADS_ALIVE] = { "alive", NULL, UNIT_COUNT, "1: alive when the trace ends" },
	[THREADS_ALLOCATIONS] = { "allocations", "CALLS", UNIT_COUNT, "successful allocations" },
	[THREADS_ALLOCATED_BYTES] = { "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for" },
	[THREADS_WAIT_NS] = { "wait_ns", "WAIT", UNIT_NS, "time spent waiting for locks" },
	[THREADS_BLOCKED_NS] = { "blocked_ns", "BLOCKED", UNIT_NS, "time spent waiting for work" },
	[THREADS_AT_PEAK_BYTES] = { "at_peak_bytes", NULL, UNIT_BYTES, "live when the process's heap was largest" },
	[THREADS_LEAKED_BYTES] = { "leaked_bytes", "LEAKED", UNIT_BYTES, "never freed" },
	[THREADS_TEMPORARY] = { "temporary_allocations", "TEMPORARY", UNIT_COUNT, "freed before its next allocation" },
	[THREADS_HELD_NS] = { "held_ns", NULL, UNIT_NS, "time others waited for locks it held" },
	[THREADS_JOINED] = { "joined", NULL, UNIT_COUNT, "1: by pthread_join" },
	[THREADS_DETACHED] = { "detached", NULL, UNIT_COUNT, "1: by pthread_detach" },
	[THREADS_LOST_EVENTS] = { "lost_events", NULL, UNIT_COUNT, "events that are not in the trace" },
	[THREADS_FILE] = { "file", NULL, UNIT_TEXT, "source file in which it was created" },
	[THREADS_LINE] = { "line", NULL, UNIT_ID, "line in the file" },
	[THREADS_THREAD_ID] = { "thread_id", NULL, UNIT_ID, "key of the thread" },
};

static const struct {
	int cost;
	size_t column;
} costs[] = {
	{ COST_ALLOCATIONS, THREADS_ALLOCATIONS }, { COST_ALLOCATED_BYTES, THREADS_ALLOCATED_BYTES },
	{ COST_AT_PEAK_BYTES, THREADS_AT_PEAK_BYTES }, { COST_LEAKED_BYTES, THREADS_LEAKED_BYTES },
	{ COST_TEMPORARY_ALLOCATIONS, THREADS_TEMPORARY }, { COST_WAIT_NS, THREADS_WAIT_NS },
	{ COST_BLOCKED_NS, THREADS_BLOCKED_NS }, { COST_HELD_NS, THREADS_HELD_NS },
};
#define COSTS (sizeof(costs) / sizeof(costs[0]))

/* The columns; `stack` is the stack's id. */
static const char sql[] =
	"SELECT thread.name, thread.tid, pid, maker.name || '/' || maker.tid, thread.start_function, NULL, thread.created_stack_id, "
	"thread.start_ns, thread.end_ns, thread.end_ns IS NULL, 0, 0, 0, 0, 0, 0, 0, 0, thread.joined, thread.detached, "
	"thread.lost_events, NULL, NULL, thread.id FROM thread JOIN process ON process.id = thread.process_id "
	"LEFT JOIN main.thread maker ON maker.id = thread.creator_id "
	"WHERE (?1 = 0 OR pid = ?1) AND (?2 = 0 OR thread.tid = ?2) ORDER BY thread.id";

static int add_row(const struct stack_tree *tree, struct statement *q, struct table *t, struct err *err)
{
	int64_t stack = statement_number(q, THREADS_STACK);
	struct value *row = table_add_row(t), four[4] = { { .none = 1 }, { .none = 1 }, { .none = 1 }, { .none = 1 } };

	for (size_t c = 0; c < t->column_count; c++) {
		if (c == THREADS_STACK || statement_none(q, (int)c))
			continue;
		if (t->columns[c].unit == UNIT_TEXT)
			table_set_text(t, &row[c], statement_text(q, (int)c));
		else
			table_set_number(&row[c], statement_number(q, (int)c));
	}
	if (statement_none(q, THREADS_STACK))
		return 0;
	if (stack_tree_need(tree, stack, err))
		return -1;
	site_rows_place(tree, &tree->sites[tree->nodes[stack].site], t, four);
	row[THREADS_FUNCTION] = four[0];
	row[THREADS_FILE] = four[1];
	row[THREADS_LINE] = four[2];
	site_rows_stack(tree, (uint32_t)stack, t, &row[THREADS_STACK]);
	return 0;
}

static int read_threads(struct store *s, const struct scope *scope, struct table *t, struct err *err)
{
	struct stack_tree tree;
	int got = -1;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	struct statement *q = store_prepare(s, sql, err);
	if (q) {
		scope_bind(q, scope);
		while ((got = statement_step(q, err)) > 0 && !(got = add_row(&tree, q, t, err)))
			;
		statement_finish(q);
	}
	stack_tree_release(&tree);
	return got;
}

/* Rows are in order of the thread's id, their last value. */
static struct value *find_row(const struct table *t, int64_t thread)
{
	size_t low = 0, high = t->row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (table_at(t, middle, THREADS_THREAD_ID)->number < thread)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->row_count && table_at(t, low, THREADS_THREAD_ID)->number == thread ? table_at(t, low, 0) : NULL;
}

static int add_cost(struct store *s, int cost, struct table *t, size_t column, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT thread_id, value FROM site_total WHERE cost_id = ?1", err);
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
	static const size_t names[] = { THREADS_NAME, THREADS_START_FUNCTION, THREADS_FUNCTION };
	struct scope scope = { q->pid, q->tid };
	int rc = read_threads(s, &scope, t, err);

	for (size_t i = 0; i < COSTS && !rc; i++)
		rc = add_cost(s, costs[i].cost, t, costs[i].column, err);
	if (!rc)
		site_rows_keep_matching(q, t, names, 3);
	return rc;
}

const struct report report_threads = {
	.name = "threads",
	.title = "Threads",
	.help = "every thread: who created it, how long it lived, its costs",
	.rows = "threads",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 1,
	.sort_column = THREADS_ALLOCATED_BYTES,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.parts = LENS_LEAKS,
	.fill = fill,
	.sql =
		"WITH t AS (SELECT thread_id, sum(CASE cost_id WHEN 1 THEN value ELSE 0 END) AS allocations,\n"
		"                  sum(CASE cost_id WHEN 2 THEN value ELSE 0 END) AS allocated_bytes,\n"
		"                  sum(CASE cost_id WHEN 20 THEN value ELSE 0 END) AS wait_ns,\n"
		"                  sum(CASE cost_id WHEN 22 THEN value ELSE 0 END) AS blocked_ns,\n"
		"                  sum(CASE cost_id WHEN 3 THEN value ELSE 0 END) AS at_peak_bytes,\n"
		"                  sum(CASE cost_id WHEN 4 THEN value ELSE 0 END) AS leaked_bytes,\n"
		"                  sum(CASE cost_id WHEN 6 THEN value ELSE 0 END) AS temporary_allocations,\n"
		"                  sum(CASE cost_id WHEN 23 THEN value ELSE 0 END) AS held_ns FROM site_total GROUP BY thread_id)\n"
		"SELECT thread.name, thread.tid, pid, maker.name || '/' || maker.tid AS created_by, thread.start_function, function,\n"
		"       (SELECT stack FROM stacks WHERE stack_id = thread.created_stack_id) AS stack, thread.start_ns, thread.end_ns,\n"
		"       thread.end_ns IS NULL AS alive, coalesce(t.allocations, 0) AS allocations, coalesce(t.allocated_bytes, 0) AS allocated_bytes,\n"
		"       coalesce(t.wait_ns, 0) AS wait_ns, coalesce(t.blocked_ns, 0) AS blocked_ns, coalesce(t.at_peak_bytes, 0) AS at_peak_bytes,\n"
		"       coalesce(t.leaked_bytes, 0) AS leaked_bytes, coalesce(t.temporary_allocations, 0) AS temporary_allocations,\n"
		"       coalesce(t.held_ns, 0) AS held_ns, thread.joined, thread.detached, thread.lost_events, file, nullif(line, 0) AS line\n"
		"FROM thread JOIN process ON process.id = thread.process_id LEFT JOIN thread maker ON maker.id = thread.creator_id\n"
		"LEFT JOIN t ON t.thread_id = thread.id LEFT JOIN stack node ON node.id = thread.created_stack_id\n"
		"LEFT JOIN sites ON sites.site_id = node.site_id ORDER BY allocated_bytes DESC",
	.write_below = threads_write_below,
};
