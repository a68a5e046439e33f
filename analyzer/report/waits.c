/* SPDX-License-Identifier: MIT
 *
 * Waits: a row a stack that waited for a lock, and lock. They add up to the summary's wait.
 */
#include "analyzer/report/lock_rows.h"
#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"

enum { LOCK = 2, WAIT_NS = 4, WAIT_MAX_NS = 5 };

static const struct column columns[] = {
	LOCK_ROWS_FIRST,
	{ "lock", "LOCK", UNIT_TEXT, "the lock it waited for" },
	{ "waits", "WAITS", UNIT_COUNT, "how often" },
	{ "wait_ns", "WAIT", UNIT_NS, "how long, taken together" },
	{ "wait_max_ns", "LONGEST", UNIT_NS, "the longest wait" },
	{ "pid", "PID", UNIT_ID, "process" },
	{ "top_owner", NULL, UNIT_TEXT, "thread that held the lock for most of that, name/tid" },
	{ "timeouts", NULL, UNIT_COUNT, "waits that gave up" },
	{ "read_waits", NULL, UNIT_COUNT, "waits for reading" },
	{ "read_wait_ns", NULL, UNIT_NS, "how long those took" },
	{ "kind", NULL, UNIT_TEXT, "the lock's kind" },
	{ "unfinished", "STILL", UNIT_COUNT, "of the waits, those that went on when the thread or the recording ended" },
	LOCK_ROWS_LAST,
};

static const char sql[] =
	"SELECT w.stack_id, w.lock_id, lock.name, w.waits, w.ns, w.most, process.pid, "
	"(SELECT thread.name || '/' || thread.tid FROM lock_wait o JOIN main.thread ON thread.id = o.owner_id "
	"WHERE o.class = 20 AND o.lock_id = w.lock_id AND o.stack_id = w.stack_id AND (?2 = 0 OR " SCOPE_THREADS ") "
	"GROUP BY o.owner_id ORDER BY sum(o.wait_ns) DESC, o.owner_id LIMIT 1), w.timeouts, w.read_waits, w.read_ns, lock.kind, "
	"w.unfinished FROM "
	"(SELECT lock_id, stack_id, sum(waits) AS waits, sum(wait_ns) AS ns, max(max_ns) AS most, sum(timeouts) AS timeouts, "
	"sum(unfinished) AS unfinished, sum(CASE reading WHEN 1 THEN waits ELSE 0 END) AS read_waits, sum(CASE reading WHEN 1 THEN wait_ns ELSE 0 END) AS read_ns "
	"FROM lock_wait WHERE class = 20 AND " SCOPE_THREADS " GROUP BY lock_id, stack_id) w "
	"JOIN lock ON lock.id = w.lock_id JOIN process ON process.id = lock.process_id ORDER BY w.ns DESC, w.lock_id, w.stack_id";

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const struct lock_rows rows = { sql, LOCK, LOCK_ROWS_BIT(WAIT_MAX_NS), 0 };

	return lock_rows_fill(s, q, &rows, t, err);
}

const struct report report_waits = {
	.name = "waits",
	.title = "Waits for locks",
	.help = "who waited for locks, and how long",
	.rows = "stacks",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = LOCK_ROWS_KEYS,
	.sort_column = WAIT_NS,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.estimates = REPORT_WAIT_SHARES,
	.fill = fill,
	.sql =
		"SELECT s.function, t.stack, lock.name AS lock, sum(w.waits) AS waits, sum(w.wait_ns) AS wait_ns, max(w.max_ns) AS wait_max_ns, pid,\n"
		"       sum(w.timeouts) AS timeouts, sum(w.waits * reading) AS read_waits, sum(w.wait_ns * reading) AS read_wait_ns, lock.kind,\n"
		"       sum(unfinished) AS unfinished, s.file, nullif(s.line, 0) AS line, s.module\n"
		"FROM lock_wait w JOIN lock ON lock.id = w.lock_id JOIN process ON process.id = lock.process_id\n"
		"JOIN stacks t ON t.stack_id = w.stack_id JOIN sites s ON s.site_id = t.site_id\n"
		"WHERE class = 20 GROUP BY t.stack, s.site_id, lock.id ORDER BY wait_ns DESC",
};
