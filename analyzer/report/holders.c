/* SPDX-License-Identifier: MIT
 *
 * Holders: a row a stack that released a lock while others waited, and lock, with the wait it caused.
 */
#include "analyzer/report/lock_rows.h"
#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"

enum { LOCK = 2, CAUSED_WAIT_NS = 4, HOLD_MAX_NS = 7 };

static const struct column columns[] = {
	LOCK_ROWS_FIRST,
	{ "lock", "LOCK", UNIT_TEXT, "the lock it held" },
	{ "releases", "RELEASES", UNIT_COUNT, "releases while others waited" },
	{ "caused_wait_ns", "CAUSED WAIT", UNIT_NS, "how long others waited meanwhile, taken together" },
	{ "hold_ns", "HELD", UNIT_NS, "how long it held the lock, before those releases" },
	{ "pid", "PID", UNIT_ID, "process" },
	{ "hold_max_ns", "LONGEST", UNIT_NS, "the longest of those holds" },
	{ "allocations", "ALLOCS", UNIT_COUNT, "allocations made during those holds" },
	{ "kind", NULL, UNIT_TEXT, "the lock's kind" },
	LOCK_ROWS_LAST,
};

static const char sql[] =
	"SELECT h.stack_id, h.lock_id, lock.name, sum(h.releases), sum(h.caused_wait_ns), sum(h.hold_ns), process.pid, "
	"max(h.hold_max_ns), sum(h.allocations), lock.kind FROM lock_hold h JOIN lock ON lock.id = h.lock_id "
	"JOIN process ON process.id = lock.process_id WHERE " SCOPE_THREADS " GROUP BY h.lock_id, h.stack_id "
	"ORDER BY 5 DESC, h.lock_id, h.stack_id";

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const struct lock_rows rows = { sql, LOCK, LOCK_ROWS_BIT(HOLD_MAX_NS), 0 };

	return lock_rows_fill(s, q, &rows, t, err);
}

const struct report report_holders = {
	.name = "holders",
	.title = "Holders of locks",
	.help = "who held locks while others waited, and how long they did",
	.rows = "stacks",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = LOCK_ROWS_KEYS,
	.sort_column = CAUSED_WAIT_NS,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.estimates = REPORT_WAIT_SHARES,
	.fill = fill,
	.sql =
		"SELECT s.function, t.stack, lock.name AS lock, sum(h.releases) AS releases, sum(h.caused_wait_ns) AS caused_wait_ns,\n"
		"       sum(h.hold_ns) AS hold_ns, pid, max(h.hold_max_ns) AS hold_max_ns, sum(h.allocations) AS allocations, lock.kind,\n"
		"       s.file, nullif(s.line, 0) AS line, s.module\n"
		"FROM lock_hold h JOIN lock ON lock.id = h.lock_id JOIN process ON process.id = lock.process_id\n"
		"JOIN stacks t ON t.stack_id = h.stack_id JOIN sites s ON s.site_id = t.site_id\n"
		"GROUP BY t.stack, s.site_id, lock.id ORDER BY caused_wait_ns DESC",
};
