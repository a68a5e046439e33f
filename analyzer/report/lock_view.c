/* SPDX-License-Identifier: MIT
 *
 * What a view asks for when its cursor moves: figures by key, of one lock or edge. Names and
 * stacks come from the stack tree, which the store keeps.
 */
#include "analyzer/report/lock_view.h"

#include "analyzer/report/site_rows.h"
#include "analyzer/store/stack_tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY_COLUMNS \
	{ "stack", NULL, UNIT_TEXT, "functions, outermost first, joined by ;" }, \
	{ "stack_id", NULL, UNIT_ID, "key of the stack" }, \
	{ "site_id", NULL, UNIT_ID, "key of its site" }, \
	{ "function_id", NULL, UNIT_ID, "key of the site's function" }

enum { PLACE = 0, FIGURES = 4 };

static const struct column waiter_columns[] = {
	SITE_COLUMNS,
	{ "wait_ns", "WAIT", UNIT_NS, "time it waited" },
	{ "waits", "WAITS", UNIT_COUNT, "how many times it waited" },
	{ "wait_max_ns", "LONGEST", UNIT_NS, "its longest wait" },
	{ "timeouts", "GAVE UP", UNIT_COUNT, "waits that gave up" },
	{ "reading", "TO READ", UNIT_COUNT, "waits for reading" },
	{ "owner", "HELD BY", UNIT_TEXT, "the thread that held it for most of the wait" },
	KEY_COLUMNS,
};

static const struct column holder_columns[] = {
	SITE_COLUMNS,
	{ "caused_wait_ns", "CAUSED", UNIT_NS, "time others waited while it held the lock" },
	{ "releases", "RELEASES", UNIT_COUNT, "how many times it released the lock while others waited" },
	{ "hold_ns", "HELD", UNIT_NS, "how long it held the lock then" },
	{ "hold_max_ns", "LONGEST", UNIT_NS, "its longest hold" },
	{ "allocations", "CALLS", UNIT_COUNT, "allocations made during those holds" },
	KEY_COLUMNS,
};

/* --- stacks ----------------------------------------------------------------------------------------- */

/* Sets the site's place, the stack and the keys of a row; `keys` is where KEY_COLUMNS begin. */
static void set_keys(const struct stack_tree *tree, uint32_t node, struct table *t, struct value *row, size_t keys)
{
	uint32_t site = tree->nodes[node].site;

	site_rows_place(tree, &tree->sites[site], t, &row[PLACE]);
	site_rows_stack(tree, node, t, &row[keys]);
	table_set_number(&row[keys + 1], node);
	table_set_number(&row[keys + 2], site);
	table_set_number(&row[keys + 3], tree->sites[site].function);
}

/* A row for each row of q: (stack_id, `count` figures, and then a text if there is a column before the keys for it). */
static int read_rows(struct statement *q, const struct stack_tree *tree, size_t count, struct table *t, struct err *err)
{
	size_t keys = t->column_count - 4;
	int got;

	while ((got = statement_step(q, err)) > 0) {
		int64_t node = statement_number(q, 0);

		if (stack_tree_need(tree, node, err))
			return -1;
		struct value *row = table_add_row(t);
		for (size_t i = 0; i < count; i++)
			table_set_number(&row[FIGURES + i], statement_number(q, 1 + (int)i));
		if (FIGURES + count < keys)
			table_set_text(t, &row[FIGURES + count], statement_text(q, 1 + (int)count));
		set_keys(tree, (uint32_t)node, t, row, keys);
	}
	return got;
}

static int stacks_of_lock(struct store *s, int64_t lock_id, const char *sql, const struct column *columns, size_t count,
                          size_t figures, struct table *t, struct err *err)
{
	struct stack_tree tree;
	struct statement *q;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	if (!(q = store_prepare(s, sql, err))) {
		stack_tree_release(&tree);
		return -1;
	}
	statement_bind_number(q, 1, lock_id);
	table_init(t, columns, count);
	int rc = read_rows(q, &tree, figures, t, err);
	t->total_rows = t->row_count;
	if (rc)
		table_release(t);
	statement_finish(q);
	stack_tree_release(&tree);
	return rc;
}

/* `place` numbers the owners by how long this stack waited for them. */
static const char waiters_sql[] =
	"SELECT stack_id, wait_ns, waits, max_ns, timeouts, reading, (SELECT name || '/' || tid FROM main.thread WHERE id = owner_id) FROM "
	"(SELECT stack_id, sum(wait_ns) AS wait_ns, sum(waits) AS waits, max(max_ns) AS max_ns, sum(timeouts) AS timeouts, "
	"sum(reading) AS reading, max(CASE place WHEN 1 THEN owner_id END) AS owner_id FROM "
	"(SELECT stack_id, owner_id, row_number() OVER (PARTITION BY stack_id ORDER BY sum(wait_ns) DESC, owner_id) AS place, "
	"sum(wait_ns) AS wait_ns, sum(waits) AS waits, max(max_ns) AS max_ns, sum(timeouts) AS timeouts, "
	"sum(CASE reading WHEN 1 THEN waits ELSE 0 END) AS reading FROM lock_wait WHERE class = 20 AND lock_id = ?1 "
	"GROUP BY stack_id, owner_id) GROUP BY stack_id) ORDER BY wait_ns DESC, stack_id";

static const char holders_sql[] =
	"SELECT stack_id, sum(caused_wait_ns), sum(releases), sum(hold_ns), max(hold_max_ns), sum(allocations) FROM lock_hold "
	"WHERE lock_id = ?1 GROUP BY stack_id ORDER BY 2 DESC, stack_id";

int lock_view_waiters(struct store *s, int64_t lock_id, struct table *t, struct err *err)
{
	return stacks_of_lock(s, lock_id, waiters_sql, waiter_columns, COUNT(waiter_columns), 5, t, err);
}

int lock_view_holders(struct store *s, int64_t lock_id, struct table *t, struct err *err)
{
	return stacks_of_lock(s, lock_id, holders_sql, holder_columns, COUNT(holder_columns), 5, t, err);
}

/* --- rows of a query -------------------------------------------------------------------------------- */

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

static const struct column distribution_columns[] = {
	{ "kind", "OF", UNIT_TEXT, "what was measured: wait, hold" },
	{ "low", "FROM", UNIT_NS, "shortest in the bucket" },
	{ "high", "TO", UNIT_NS, "longer than any in the bucket" },
	{ "count", "COUNT", UNIT_COUNT, "how many" },
};

int lock_view_distributions(struct store *s, int64_t lock_id, struct table *t, struct err *err)
{
	return fill_by_key(s, lock_id, "SELECT kind, low, high, count FROM lock_histogram WHERE lock_id = ?1 ORDER BY kind, low",
	                   distribution_columns, COUNT(distribution_columns), t, err);
}

static const struct column lock_columns[] = {
	{ "lock", "LOCK", UNIT_TEXT, "its name" },
	{ "kind", "KIND", UNIT_TEXT, "what it is" },
	{ "flags", "FLAGS", UNIT_TEXT, "what is special about it" },
	{ "address", "ADDRESS", UNIT_ID, "where it lies" },
	{ "life", "LIFE", UNIT_ID, "which of the locks at this address" },
	{ "block_offset", "OFFSET", UNIT_ID, "in the heap block it lies in" },
	{ "block_function", "ALLOCATED BY", UNIT_TEXT, "who allocated that block" },
	{ "first_function", "FIRST USED BY", UNIT_TEXT, "who used it first" },
	{ "acquisitions", "ACQUIRED", UNIT_COUNT, "successful acquisitions" },
	{ "contended", "CONTENDED", UNIT_COUNT, "of those, had to wait" },
	{ "waits", "WAITS", UNIT_COUNT, "waits" },
	{ "wait_ns", "WAIT", UNIT_NS, "time all waited for it" },
	{ "wait_max_ns", "LONGEST WAIT", UNIT_NS, "longest wait" },
	{ "hold_ns", "HELD", UNIT_NS, "time it was held" },
	{ "hold_max_ns", "LONGEST HOLD", UNIT_NS, "longest hold measured" },
	{ "hold_measured", "MEASURED", UNIT_COUNT, "holds measured" },
	{ "owner_changes", "CHANGES", UNIT_COUNT, "acquisitions by another thread than the last" },
	{ "max_waiters", "MOST WAITERS", UNIT_COUNT, "most threads waiting at once" },
	{ "try_failures", "TRIED IN VAIN", UNIT_COUNT, "trylock found it held" },
	{ "timeouts", "GAVE UP", UNIT_COUNT, "gave up waiting" },
	{ "hold_waiting_ns", "HOLDERS WAITED", UNIT_NS, "time its holders waited for other things while it was the last they had taken" },
	{ "sampled", "SAMPLED", UNIT_ID, "1: which stack had how much is estimated" },
	{ "pid", "PID", UNIT_ID, "process it lies in" },
};

int lock_view_lock(struct store *s, int64_t lock_id, struct table *t, struct err *err)
{
	return fill_by_key(s, lock_id,
	                   "SELECT lock.name, kind, flags, address, life, block_offset, (SELECT sites.function FROM stack JOIN sites "
	                   "ON sites.site_id = stack.site_id WHERE stack.id = block_stack_id), (SELECT sites.function FROM stack "
	                   "JOIN sites ON sites.site_id = stack.site_id WHERE stack.id = first_stack_id), acquisitions, lock.contended, waits, "
	                   "lock.wait_ns, wait_max_ns, hold_ns, hold_max_ns, hold_measured, owner_changes, max_waiters, try_failures, "
	                   "timeouts, hold_waiting_ns, sampled, pid FROM lock JOIN process ON process.id = process_id WHERE lock.id = ?1",
	                   lock_columns, COUNT(lock_columns), t, err);
}

/* --- single stacks ---------------------------------------------------------------------------------- */

static const struct column single_columns[] = {
	{ "label", NULL, UNIT_TEXT, "what it is" },
	{ "stack", NULL, UNIT_TEXT, "functions, outermost first, joined by ;" },
};

/* A row for each row of the query: (label, stack id); without a stack the label stands alone. */
static int single_stacks(struct store *s, int64_t key, const char *sql, struct table *t, struct err *err)
{
	struct stack_tree tree;
	struct statement *q;
	int got;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	if (!(q = store_prepare(s, sql, err))) {
		stack_tree_release(&tree);
		return -1;
	}
	statement_bind_number(q, 1, key);
	table_init(t, single_columns, COUNT(single_columns));
	while ((got = statement_step(q, err)) > 0) {
		struct value *row = table_add_row(t);

		table_set_text(t, &row[0], statement_text(q, 0));
		if (!stack_tree_need(&tree, statement_number(q, 1), NULL))
			site_rows_stack(&tree, (uint32_t)statement_number(q, 1), t, &row[1]);
	}
	t->total_rows = t->row_count;
	if (got)
		table_release(t);
	statement_finish(q);
	stack_tree_release(&tree);
	return got;
}

int lock_view_stack(struct store *s, int64_t stack_id, struct table *t, struct err *err)
{
	return single_stacks(s, stack_id, "SELECT '', id FROM stack WHERE id = ?1", t, err);
}

int lock_view_order(struct store *s, int64_t edge_id, struct table *t, struct err *err)
{
	return single_stacks(s, edge_id, "SELECT 'took ' || lock.name, held_stack_id FROM lock_order JOIN lock ON lock.id = held_lock_id "
	                                 "WHERE lock_order.id = ?1 UNION ALL SELECT 'asked for ' || lock.name, stack_id FROM lock_order "
	                                 "JOIN lock ON lock.id = lock_id WHERE lock_order.id = ?1", t, err);
}
