/* SPDX-License-Identifier: MIT
 *
 * Locks: a row a lock, the ones waited for longest first. Figures are the lock's own; asked for one
 * thread, they are what its waits add up to, and what is not kept by thread is none.
 */
#include <inttypes.h>
#include "analyzer/base/map.h"
#include "analyzer/report/locks.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	[LOCKS_LOCK] = { "lock", "LOCK", UNIT_TEXT, "its name" },
	[LOCKS_KIND] = { "kind", "KIND", UNIT_TEXT, "mutex, rwlock, spin, futex" },
	[LOCKS_ACQUISITIONS] = { "acquisitions", "ACQUIRED", UNIT_COUNT, "how often it was acquired, for reading and for writing" },
	[LOCKS_CONTENDED] = { "contended", "WAITED", UNIT_COUNT, "acquisitions that had to wait" },
	[LOCKS_WAIT_NS] = { "wait_ns", "WAIT", UNIT_NS, "time waited for it, by all threads" },
	[LOCKS_WAIT_MAX_NS] = { "wait_max_ns", "LONGEST", UNIT_NS, "the longest wait" },
	[LOCKS_WAIT_P99_NS] = { "wait_p99_ns", "P99", UNIT_NS, "99 of 100 waits took at most about this long" },
	[LOCKS_HOLD_NS] = { "hold_ns", "HELD", UNIT_NS, "time it was held; estimated where not all holds are measured" },
	[LOCKS_HOLD_MAX_NS] = { "hold_max_ns", "LONGEST HOLD", UNIT_NS, "the longest hold of those measured" },
	[LOCKS_OWNER_CHANGES] = { "owner_changes", NULL, UNIT_COUNT, "acquisitions by another thread than the last" },
	[LOCKS_MAX_WAITERS] = { "max_waiters", "QUEUE", UNIT_COUNT, "most threads waiting at once" },
	[LOCKS_TOP_WAITER] = { "top_waiter", NULL, UNIT_TEXT, "function that waited longest" },
	[LOCKS_TOP_HOLDER] = { "top_holder", NULL, UNIT_TEXT, "function that let others wait longest" },
	[LOCKS_PID] = { "pid", "PID", UNIT_ID, "its process" },
	[LOCKS_READ_ACQUISITIONS] = { "read_acquisitions", NULL, UNIT_COUNT, "acquisitions for reading" },
	[LOCKS_READ_CONTENDED] = { "read_contended", NULL, UNIT_COUNT, "those that had to wait" },
	[LOCKS_READ_WAIT_NS] = { "read_wait_ns", NULL, UNIT_NS, "time waited for reading" },
	[LOCKS_TRY_FAILURES] = { "try_failures", NULL, UNIT_COUNT, "attempts that found it held and did not wait" },
	[LOCKS_TIMEOUTS] = { "timeouts", NULL, UNIT_COUNT, "waits that gave up" },
	[LOCKS_FLAGS] = { "flags", NULL, UNIT_TEXT, "recursive, errorcheck, adaptive, robust, inherit, protect, shared, prefer-writer" },
	[LOCKS_LIFE] = { "life", NULL, UNIT_COUNT, "which lock at its address it is, 1 the first" },
	[LOCKS_HOLD_MEASURED] = { "hold_measured", NULL, UNIT_COUNT, "holds measured" },
	[LOCKS_HOLD_ALLOCATIONS] = { "hold_allocations", NULL, UNIT_COUNT, "allocations made during holds that had waited" },
	[LOCKS_HOLD_WAITING_NS] = { "hold_waiting_ns", NULL, UNIT_NS, "time its holders waited themselves, while it was the last lock they had taken" },
	[LOCKS_SAMPLED] = { "sampled", NULL, UNIT_COUNT, "1: which stack waited how long is estimated from a sample" },
	[LOCKS_TOP_WAITER_SHARE] = { "top_waiter_share", NULL, UNIT_PERCENT, "percent of the wait that is the top waiter's" },
	[LOCKS_TOP_HOLDER_SHARE] = { "top_holder_share", NULL, UNIT_PERCENT, "percent of the wait caused that is the top holder's" },
	[LOCKS_WAIT_HISTOGRAM] = { "wait_histogram", NULL, UNIT_TEXT, "how many waits took how long: LEAST:COUNT in ns, separated by blanks" },
	[LOCKS_ADDRESS] = { "address", NULL, UNIT_TEXT, "where it lies" },
	[LOCKS_LOCK_ID] = { "lock_id", NULL, UNIT_ID, "key of the lock" },
};

#define WHOLE " CASE ?2 WHEN 0 THEN " /* of all threads; of one nothing, or ... */
#define WAITED " ELSE coalesce("      /* ... what its waits add up to */

static const char sql[] =
	"WITH w AS (SELECT lock_id, sum(waits - timeouts) AS contended, sum(wait_ns) AS ns, max(max_ns) AS most, sum(timeouts) AS gone, "
	"sum(CASE reading WHEN 1 THEN waits - timeouts ELSE 0 END) AS read_contended, "
	"sum(CASE reading WHEN 1 THEN wait_ns ELSE 0 END) AS read_ns FROM lock_wait WHERE class = 20 AND " SCOPE_THREADS " GROUP BY lock_id) "
	"SELECT lock.name, lock.kind," WHOLE "acquisitions END," WHOLE "lock.contended" WAITED "w.contended, 0) END,"
	WHOLE "lock.wait_ns" WAITED "w.ns, 0) END," WHOLE "wait_max_ns" WAITED "w.most, 0) END, NULL,"
	WHOLE "hold_ns END," WHOLE "hold_max_ns END," WHOLE "owner_changes END," WHOLE "max_waiters END, "
	"NULL, NULL, process.pid," WHOLE "read_acquisitions END," WHOLE "lock.read_contended" WAITED "w.read_contended, 0) END,"
	WHOLE "read_wait_ns" WAITED "w.read_ns, 0) END," WHOLE "try_failures END," WHOLE "timeouts" WAITED "w.gone, 0) END, "
	"flags, life," WHOLE "hold_measured END," WHOLE "hold_allocations END," WHOLE "hold_waiting_ns END, sampled, NULL, NULL, NULL, "
	"printf('0x%llx', lock.address), lock.id FROM lock JOIN process ON process.id = lock.process_id LEFT JOIN w ON w.lock_id = lock.id "
	"WHERE (?1 = 0 OR process.pid = ?1) AND CASE WHEN ?2 <> 0 THEN w.lock_id IS NOT NULL "
	"OR lock.id IN (SELECT lock_id FROM lock_hold WHERE " SCOPE_THREADS ") "
	"ELSE lock.kind IN ('mutex', 'rwlock', 'spin') OR w.lock_id IS NOT NULL END ORDER BY acquisitions DESC, lock.id";

/* Rows (lock, function, its ns, those of all functions), each lock's biggest function first. */
#define TOP_SQL(table, ns, condition) \
	"SELECT lock_id, function.name, sum(" ns "), sum(sum(" ns ")) OVER (PARTITION BY lock_id) FROM " table \
	" JOIN stack ON stack.id = stack_id JOIN site ON site.id = site_id JOIN function ON function.id = function_id WHERE " condition \
	SCOPE_THREADS " GROUP BY lock_id, function.name ORDER BY lock_id, 3 DESC, 2"
static const char top_waiter_sql[] = TOP_SQL("lock_wait", "wait_ns", "class = 20 AND ");
static const char top_holder_sql[] = TOP_SQL("lock_hold", "caused_wait_ns", "");

/* Rows (lock, low, high, count, all of the lock), shortest waits first. */
static const char histogram_sql[] =
	"SELECT lock_id, low, high, count, sum(count) OVER (PARTITION BY lock_id) FROM lock_histogram WHERE kind = 'wait' AND count > 0 "
	"ORDER BY lock_id, low";

static struct value *row_of(const struct table *t, const struct map *rows, int64_t lock)
{
	uint32_t row = map_find(rows, (uint64_t)lock);

	return row ? table_at(t, row - 1, 0) : NULL;
}

static int read_tops(struct store *s, const struct scope *scope, const char *top_sql, size_t name, size_t share,
                     const struct map *rows, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, top_sql, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	while ((got = statement_step(q, err)) > 0) {
		struct value *row = row_of(t, rows, statement_number(q, 0));
		int64_t ns = statement_number(q, 2), all = statement_number(q, 3);
		if (!row || !row[name].none)
			continue;
		table_set_text(t, &row[name], statement_text(q, 1));
		table_set_number(&row[share], all > 0 ? (int64_t)(100.0 * (double)ns / (double)all + 0.5) : 0);
	}
	statement_finish(q);
	return got;
}

/* Adds "LOW:COUNT" to the row's histogram. */
static void add_bucket(struct table *t, struct value *row, int64_t low, int64_t count)
{
	char text[2048];
	struct value *v = &row[LOCKS_WAIT_HISTOGRAM];

	int size = snprintf(text, sizeof(text), "%s%s%" PRId64 ":%" PRId64, v->none ? "" : v->text, v->none ? "" : " ", low, count);
	if (size > 0 && (size_t)size < sizeof(text))
		table_set_text(t, v, text);
}

/* Where between the ends of its bucket the wait lies that 99 of 100 do not exceed, if the waits in there are evenly spread. */
static int64_t interpolated(int64_t low, int64_t high, double part)
{
	if (low >= high)
		return high;
	return low + (int64_t)((double)(high - low) * part + 0.5);
}

static int read_histograms(struct store *s, const struct map *rows, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, histogram_sql, err);
	int64_t lock = 0, seen = 0;
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		struct value *row = row_of(t, rows, statement_number(q, 0));
		if (!row)
			continue;
		int64_t low = statement_number(q, 1), count = statement_number(q, 3), all = statement_number(q, 4);
		int64_t most = row[LOCKS_WAIT_MAX_NS].number, high = statement_none(q, 2) ? most : statement_number(q, 2);
		seen = lock == statement_number(q, 0) ? seen : 0;
		lock = statement_number(q, 0);
		add_bucket(t, row, low, count);
		int64_t rank = all - all / 100;
		if (seen < rank && rank - seen <= count)
			table_set_number(&row[LOCKS_WAIT_P99_NS],
			                 interpolated(low, high < most ? high : most, (double)(rank - seen) / (double)count));
		seen += count;
	}
	statement_finish(q);
	return got;
}

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	static const size_t names[] = { LOCKS_LOCK, LOCKS_TOP_WAITER, LOCKS_TOP_HOLDER };
	struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, sql, err);
	struct map rows = MAP_INIT;

	if (!q)
		return -1;
	scope_bind(q, &scope);
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	for (size_t i = 0; i < t->row_count && !rc; i++)
		*map_at(&rows, (uint64_t)table_at(t, i, LOCKS_LOCK_ID)->number) = (uint32_t)i + 1;
	if (!rc)
		rc = read_tops(s, &scope, top_waiter_sql, LOCKS_TOP_WAITER, LOCKS_TOP_WAITER_SHARE, &rows, t, err);
	if (!rc)
		rc = read_tops(s, &scope, top_holder_sql, LOCKS_TOP_HOLDER, LOCKS_TOP_HOLDER_SHARE, &rows, t, err);
	if (!rc && !query->tid)
		rc = read_histograms(s, &rows, t, err);
	map_release(&rows);
	if (!rc)
		site_rows_keep_matching(query, t, names, 3);
	return rc;
}

const struct report report_locks = {
	.name = "locks",
	.title = "Locks",
	.help = "every lock: how long threads waited for it, and who held it",
	.rows = "locks",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 1,
	.sort_column = LOCKS_WAIT_NS,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.estimates = REPORT_WAIT_SHARES | REPORT_HOLDS,
	.parts = LENS_LOCKS,
	.fill = fill,
	.sql =
		"SELECT lock, locks.kind, locks.acquisitions, locks.contended, locks.wait_ns, locks.wait_max_ns, wait_p99_ns, locks.hold_ns,\n"
		"       locks.hold_max_ns, locks.owner_changes, locks.max_waiters, top_waiter, top_holder, pid, locks.read_acquisitions,\n"
		"       locks.read_contended, locks.read_wait_ns, locks.try_failures, locks.timeouts, locks.flags, locks.life, locks.hold_measured,\n"
		"       locks.hold_allocations, locks.hold_waiting_ns, locks.sampled, printf('0x%llx', address) AS address\n"
		"FROM locks JOIN lock ON lock.id = lock_id ORDER BY locks.wait_ns DESC, locks.acquisitions DESC",
	.write_below = locks_write_below,
};
