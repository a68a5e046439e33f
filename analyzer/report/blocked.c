/* SPDX-License-Identifier: MIT
 *
 * Blocked: a row a stack that waited for work, and what kind of thing it waited on. That is no lock wait;
 * these add up to the summary's blocked time.
 */
#include "analyzer/report/lock_rows.h"
#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"

enum { ON = 2, BLOCKED_NS = 4, PID = 5, MAX_NS = 6, NAME = 8, OBJECTS = 9 };

static const struct column columns[] = {
	LOCK_ROWS_FIRST,
	{ "on", "ON", UNIT_TEXT, "cond, sem, barrier, join, futex" },
	{ "waits", "WAITS", UNIT_COUNT, "how often" },
	{ "blocked_ns", "BLOCKED", UNIT_NS, "how long, taken together" },
	{ "pid", "PID", UNIT_ID, "process" },
	{ "max_ns", "LONGEST", UNIT_NS, "the longest wait" },
	{ "timeouts", "TIMEOUTS", UNIT_COUNT, "waits in which nothing came in time" },
	{ "name", "NAME", UNIT_TEXT, "name of what it waited on, most of the time" },
	{ "objects", NULL, UNIT_COUNT, "how many of that kind it waited on" },
	{ "unfinished", "STILL", UNIT_COUNT, "of the waits, those that went on when the thread or the recording ended" },
	LOCK_ROWS_LAST,
};

/* Names: of those of a kind that a stack waited on, the one it waited on longest. */
static const char sql[] =
	"SELECT stack_id, max(top_id), kind, sum(waits), sum(ns), pid, max(most), sum(timeouts), max(top_name), count(*), "
	"sum(unfinished) FROM "
	"(SELECT w.stack_id AS stack_id, lock.kind AS kind, lock.process_id AS process_id, process.pid AS pid, sum(w.waits) AS waits, "
	"sum(w.wait_ns) AS ns, max(w.max_ns) AS most, sum(w.timeouts) AS timeouts, "
	"sum(w.unfinished) AS unfinished, first_value(lock.id) OVER top AS top_id, "
	"first_value(lock.name) OVER top AS top_name FROM lock_wait w JOIN lock ON lock.id = w.lock_id "
	"JOIN process ON process.id = lock.process_id WHERE w.class = 22 AND " SCOPE_THREADS " GROUP BY w.lock_id, w.stack_id "
	"WINDOW top AS (PARTITION BY lock.process_id, w.stack_id, lock.kind ORDER BY sum(w.wait_ns) DESC, lock.id)) "
	"GROUP BY process_id, stack_id, kind ORDER BY 5 DESC, stack_id";

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const struct lock_rows rows = { sql, NAME, LOCK_ROWS_BIT(MAX_NS) | LOCK_ROWS_BIT(OBJECTS),
	                                       LOCK_ROWS_BIT(ON) | LOCK_ROWS_BIT(PID) };

	return lock_rows_fill(s, q, &rows, t, err);
}

const struct report report_blocked = {
	.name = "blocked",
	.title = "Waits for work",
	.help = "who waited for work: on condition variables, semaphores, barriers, joins",
	.rows = "stacks",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = LOCK_ROWS_KEYS,
	.sort_column = BLOCKED_NS,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.fill = fill,
	.sql =
		"SELECT s.function, t.stack, lock.kind AS \"on\", sum(w.waits) AS waits, sum(w.wait_ns) AS blocked_ns, pid, max(w.max_ns) AS max_ns,\n"
		"       sum(w.timeouts) AS timeouts, sum(unfinished) AS unfinished, s.file, nullif(s.line, 0) AS line, s.module\n"
		"FROM lock_wait w JOIN lock ON lock.id = w.lock_id JOIN process ON process.id = lock.process_id\n"
		"JOIN stacks t ON t.stack_id = w.stack_id JOIN sites s ON s.site_id = t.site_id\n"
		"WHERE class = 22 GROUP BY t.stack, s.site_id, lock.kind, pid ORDER BY blocked_ns DESC",
};
