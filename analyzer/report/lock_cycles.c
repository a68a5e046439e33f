/* SPDX-License-Identifier: MIT
 *
 * Lock order: a row an edge, that a lock was asked for with another held. Edges that form a cycle come
 * first, cycle by cycle: run at the wrong moment, they block each other for ever.
 */
#include "analyzer/report/lock_cycles.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	[LOCK_CYCLES_HELD] = { "held", "HELD", UNIT_TEXT, "the lock that was held" },
	[LOCK_CYCLES_LOCK] = { "lock", "WANTED", UNIT_TEXT, "the lock that was asked for" },
	[LOCK_CYCLES_HELD_STACK] = { "held_stack", NULL, UNIT_TEXT, "where the held one was acquired" },
	[LOCK_CYCLES_STACK] = { "stack", NULL, UNIT_TEXT, "where the other was asked for" },
	[LOCK_CYCLES_CYCLE] = { "cycle", "CYCLE", UNIT_ID, "edges of the same number form a cycle; 0: in none" },
	[LOCK_CYCLES_PID] = { "pid", "PID", UNIT_ID, "process" },
	[LOCK_CYCLES_START_NS] = { "start_ns", "FIRST", UNIT_NS, "when it was first seen, since the recording began" },
	[LOCK_CYCLES_THREAD] = { "thread", "THREAD", UNIT_TEXT, "in which thread, name/tid" },
	[LOCK_CYCLES_HELD_FUNCTION] = { "held_function", NULL, UNIT_TEXT, "innermost function of held_stack that is no wrapper" },
	[LOCK_CYCLES_FUNCTION] = { "function", NULL, UNIT_TEXT, "innermost function of stack that is no wrapper" },
	[LOCK_CYCLES_HELD_KIND] = { "held_kind", NULL, UNIT_TEXT, "kind of the held lock" },
	[LOCK_CYCLES_KIND] = { "kind", NULL, UNIT_TEXT, "kind of the other" },
	[LOCK_CYCLES_EDGE_ID] = { "edge_id", NULL, UNIT_ID, "key of the edge" },
	[LOCK_CYCLES_HELD_LOCK_ID] = { "held_lock_id", NULL, UNIT_ID, "key of the held lock" },
	[LOCK_CYCLES_LOCK_ID] = { "lock_id", NULL, UNIT_ID, "key of the other" },
};

/* The columns, but for stacks, of which it gives the ids. */
static const char sql[] =
	"SELECT held.name, wanted.name, held_stack_id, stack_id, cycle, process.pid, edge.start_ns, thread.name || '/' || thread.tid, "
	"NULL, NULL, held.kind, wanted.kind, edge.id, held_lock_id, lock_id FROM lock_order edge JOIN lock held ON held.id = held_lock_id "
	"JOIN lock wanted ON wanted.id = lock_id JOIN process ON process.id = wanted.process_id LEFT JOIN thread ON thread.id = thread_id "
	"WHERE " SCOPE_THREADS " ORDER BY cycle = 0, cycle, edge.id";

static int set_stack(const struct stack_tree *tree, struct statement *q, size_t stack, size_t function, struct table *t,
                     struct value *row, struct err *err)
{
	int64_t id = statement_number(q, (int)stack);

	if (statement_none(q, (int)stack))
		return 0;
	if (stack_tree_need(tree, id, err))
		return -1;
	site_rows_stack(tree, (uint32_t)id, t, &row[stack]);
	table_set_text(t, &row[function], stack_tree_function(tree, tree->sites[tree->nodes[id].site].function));
	return 0;
}

static int add_row(const struct report_query *query, const struct stack_tree *tree, struct statement *q, struct table *t,
                   struct err *err)
{
	struct value *row = table_add_row(t);

	for (size_t c = 0; c < t->column_count; c++) {
		if (c == LOCK_CYCLES_HELD_STACK || c == LOCK_CYCLES_STACK || statement_none(q, (int)c))
			continue;
		if (t->columns[c].unit == UNIT_TEXT)
			table_set_text(t, &row[c], statement_text(q, (int)c));
		else
			table_set_number(&row[c], statement_number(q, (int)c));
	}
	if (set_stack(tree, q, LOCK_CYCLES_HELD_STACK, LOCK_CYCLES_HELD_FUNCTION, t, row, err) ||
	    set_stack(tree, q, LOCK_CYCLES_STACK, LOCK_CYCLES_FUNCTION, t, row, err))
		return -1;
	if (!site_rows_match(query, row[LOCK_CYCLES_HELD].text) && !site_rows_match(query, row[LOCK_CYCLES_LOCK].text) &&
	    !site_rows_match(query, row[LOCK_CYCLES_HELD_FUNCTION].text) && !site_rows_match(query, row[LOCK_CYCLES_FUNCTION].text))
		t->total_rows = --t->row_count;
	return 0;
}

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct stack_tree tree;
	int got = -1;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	struct statement *q = store_prepare(s, sql, err);
	if (q) {
		scope_bind(q, &scope);
		while ((got = statement_step(q, err)) > 0)
			if (add_row(query, &tree, q, t, err)) {
				got = -1;
				break;
			}
		statement_finish(q);
	}
	stack_tree_release(&tree);
	return got;
}

const struct report report_lock_order = {
	.name = "lock-order",
	.title = "Order of locks",
	.help = "locks acquired while others are held; cycles are potential deadlocks",
	.rows = "orders",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 3,
	.sort_column = REPORT_IN_ORDER,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.needs = LENS_ORDER,
	.fill = fill,
	.sql =
		"SELECT held.name AS held, wanted.name AS lock, (SELECT stack FROM stacks WHERE stack_id = edge.held_stack_id) AS held_stack,\n"
		"       (SELECT stack FROM stacks WHERE stack_id = edge.stack_id) AS stack, cycle, pid, edge.start_ns,\n"
		"       thread.name || '/' || thread.tid AS thread,\n"
		"       (SELECT function FROM stack JOIN sites ON sites.site_id = stack.site_id WHERE id = edge.held_stack_id) AS held_function,\n"
		"       (SELECT function FROM stack JOIN sites ON sites.site_id = stack.site_id WHERE id = edge.stack_id) AS function,\n"
		"       held.kind AS held_kind, wanted.kind\n"
		"FROM lock_order edge JOIN lock held ON held.id = held_lock_id JOIN lock wanted ON wanted.id = lock_id\n"
		"JOIN process ON process.id = wanted.process_id LEFT JOIN thread ON thread.id = thread_id ORDER BY cycle = 0, cycle, edge.id",
	.write_text = lock_cycles_write_text,
};
