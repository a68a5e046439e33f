/* SPDX-License-Identifier: MIT
 *
 * The tables and views of the temporary database, which SQLite finds before the file's. What follows from other tables is
 * made here; each table of the file then has at most one view before it, by what the lens leaves out. Views of the file know the
 * file's tables only, so they are made anew.
 */
#include "analyzer/store/lens_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define BY_TIME LENS_BY_TIME
#define BY_PART (LENS_BY_STACK | LENS_BY_THREAD) /* of a process */
#define BY_WHOM (BY_PART | LENS_BY_PROCESS)
#define BY_ANY (BY_TIME | BY_WHOM)

/* --- what is made of other tables ----------------------------------------------------------------------- */

/* Sites all of whose allocations in a process pass, and threads' of a site: only their distributions and own peaks are known. */
static const char inside_sql[] =
	"CREATE TEMP TABLE lens_inside AS SELECT m.site_id, process_id, m.thread_id, t.value, m.value AS whole FROM main.site_total m "
	"JOIN main.thread ON thread.id = m.thread_id LEFT JOIN temp.site_total t ON t.cost_id = 1 AND t.site_id = m.site_id "
	"AND t.thread_id = m.thread_id WHERE m.cost_id = 1;"
	"CREATE TEMP TABLE lens_whole (site_id INTEGER NOT NULL, process_id INTEGER NOT NULL, PRIMARY KEY (site_id, process_id)) WITHOUT ROWID;"
	"INSERT INTO temp.lens_whole SELECT site_id, process_id FROM temp.lens_inside GROUP BY 1, 2 HAVING coalesce(sum(value), 0) = sum(whole);";

/* Own peaks of those, and of sites that one thread alone has in the lens, that thread's. */
static const char peaks_sql[] =
	"CREATE TEMP TABLE site_peak (site_id INTEGER NOT NULL, process_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, "
	"peak_bytes INTEGER NOT NULL, max_live INTEGER NOT NULL, PRIMARY KEY (site_id, process_id, thread_id)) WITHOUT ROWID;"
	"INSERT INTO temp.site_peak SELECT p.* FROM temp.lens_whole w JOIN main.site_peak p ON p.site_id = w.site_id "
	"AND p.process_id = w.process_id AND p.thread_id = 0;"
	"INSERT INTO temp.site_peak SELECT p.* FROM temp.lens_inside i JOIN main.site_peak p ON p.site_id = i.site_id "
	"AND p.process_id = i.process_id AND p.thread_id = i.thread_id WHERE i.value = i.whole;"
	"INSERT OR IGNORE INTO temp.site_peak SELECT p.site_id, p.process_id, 0, p.peak_bytes, p.max_live FROM "
	"(SELECT site_id, process_id, max(thread_id) AS thread_id FROM temp.lens_inside WHERE value IS NOT NULL GROUP BY 1, 2 "
	"HAVING count(*) = 1 AND min(value = whole)) i JOIN main.site_peak p ON p.site_id = i.site_id AND p.process_id = i.process_id "
	"AND p.thread_id = i.thread_id;";

/* What waits and holds that pass say of a lock; orders name locks, too. */
static const char locks_sql[] =
	"CREATE TEMP TABLE lens_lock (id INTEGER PRIMARY KEY, contended, read_contended, timeouts, wait_ns, read_wait_ns, wait_max_ns, waits);"
	"INSERT INTO temp.lens_lock SELECT id, coalesce(contended, 0), coalesce(read_contended, 0), coalesce(timeouts, 0), coalesce(ns, 0), "
	"coalesce(read_ns, 0), coalesce(most, 0), coalesce(waits, 0) FROM (SELECT lock_id AS id FROM lock_wait UNION SELECT lock_id FROM lock_hold "
	"UNION SELECT held_lock_id FROM lock_order UNION SELECT lock_id FROM lock_order) LEFT JOIN (SELECT lock_id, "
	"sum(CASE class WHEN 20 THEN waits - timeouts ELSE 0 END) AS contended, "
	"sum(CASE WHEN class = 20 AND reading THEN waits - timeouts ELSE 0 END) AS read_contended, sum(timeouts) AS timeouts, sum(wait_ns) AS ns, "
	"sum(CASE WHEN class = 20 AND reading THEN wait_ns ELSE 0 END) AS read_ns, max(max_ns) AS most, sum(waits) AS waits "
	"FROM lock_wait GROUP BY lock_id) ON lock_id = id;";

static const char processes_sql[] =
	"CREATE TEMP TABLE lens_process (id INTEGER PRIMARY KEY, allocations, frees, reallocations, allocated_bytes, peak_bytes, peak_ns, "
	"leaked_allocations, leaked_bytes, temporary_allocations, threads, contended, wait_ns, blocked_ns);";
static const char process_sql[] =
	"INSERT INTO temp.lens_process SELECT id, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?12 < 0 THEN peak_ns ELSE coalesce((SELECT end_ns FROM main.slice WHERE id = ?12), 0) END, ?7, ?8, ?9, "
	"(SELECT count(*) FROM thread WHERE process_id = p.id), 0, ?10, ?11 FROM main.process p WHERE id = ?1";
/* Who had to wait; and frees, which are not kept by time but in the timeline. */
static const char contended_sql[] =
	"UPDATE temp.lens_process SET contended = c FROM (SELECT process_id, sum(waits - timeouts) AS c FROM lock_wait "
	"JOIN main.thread ON thread.id = thread_id WHERE class = 20 GROUP BY 1) WHERE process_id = id;";
static const char frees_sql[] =
	"UPDATE temp.lens_process SET frees = coalesce((SELECT sum(frees) FROM timeline WHERE process_id = id), 0);"
	"DELETE FROM temp.lens_process WHERE NOT EXISTS (SELECT 1 FROM thread WHERE process_id = lens_process.id) AND NOT EXISTS "
	"(SELECT 1 FROM timeline WHERE process_id = lens_process.id);";

/* --- what stands before the file's tables --------------------------------------------------------------- */

#define NOTHING "WHERE 0"
#define IN_SPAN "slice BETWEEN %1$lld AND %2$lld"
#define STACK "lens_stack(stack_id, thread_id)"
#define PROCESS "lens_process(process_id)"

/* The first of a table's with one of the lens's kinds is the one. */
static const struct shadow {
	const char *table;
	unsigned kinds;
	const char *before; /* made before the view; NULL: nothing */
	const char *select; /* columns, ... ; or the end of "SELECT * FROM main.TABLE "; NULL: there is a table already */
} shadows[] = {
	{ "total", BY_TIME, NULL, NULL },
	{ "total", BY_WHOM, NULL, "WHERE " STACK },
	{ "thread", BY_ANY, NULL, "WHERE lens_thread(id)" },
	{ "histogram", BY_TIME, NULL, NOTHING },
	{ "histogram", BY_PART, inside_sql,
	  "m WHERE EXISTS (SELECT 1 FROM temp.lens_whole w WHERE w.site_id = m.site_id AND w.process_id = m.process_id)" },
	{ "histogram", BY_WHOM, NULL, "WHERE " PROCESS },
	{ "site_peak", BY_TIME, NULL, NULL },
	{ "site_peak", BY_PART, peaks_sql, NULL },
	{ "site_peak", BY_WHOM, NULL, "WHERE " PROCESS },
	{ "kind_total", BY_PART, NULL, NOTHING },
	{ "kind_total", BY_TIME, NULL, "SELECT process_id, kind, sum(allocations) AS allocations, sum(bytes) AS bytes FROM main.span_kind "
	                               "WHERE " IN_SPAN " AND " PROCESS " GROUP BY process_id, kind" },
	{ "kind_total", BY_WHOM, NULL, "WHERE " PROCESS },
	{ "span_sum", BY_ANY, NULL, "WHERE " IN_SPAN " AND " STACK },
	{ "span_histogram", BY_PART, NULL, NOTHING },
	{ "span_histogram", BY_ANY, NULL, "WHERE " IN_SPAN " AND " PROCESS },
	{ "span_kind", BY_PART, NULL, NOTHING },
	{ "span_kind", BY_ANY, NULL, "WHERE " IN_SPAN " AND " PROCESS },
	{ "timeline", BY_PART, NULL, NULL },
	{ "timeline", BY_ANY, NULL, "WHERE " IN_SPAN " AND " PROCESS },
	{ "lock_wait", BY_ANY, NULL, "WHERE " IN_SPAN " AND " STACK },
	{ "lock_hold", BY_ANY, NULL, "WHERE " IN_SPAN " AND " STACK },
	{ "lock_order", BY_TIME, NULL, NOTHING },
	{ "lock_order", BY_WHOM, NULL, "WHERE " STACK },
	{ "lock_histogram", BY_TIME | BY_PART, NULL, NOTHING },
	{ "lock_histogram", BY_WHOM, NULL, "WHERE lock_id IN (SELECT id FROM main.lock WHERE " PROCESS ")" },
	{ "lock", BY_TIME | BY_PART, locks_sql,
	  "SELECT m.id, process_id, kind, flags, name, address, life, block_stack_id, block_offset, first_stack_id, start_ns, end_ns, "
	  "NULL AS acquisitions, NULL AS read_acquisitions, f.contended, f.read_contended, NULL AS try_failures, f.timeouts, f.wait_ns, "
	  "f.read_wait_ns, f.wait_max_ns, f.waits, NULL AS hold_ns, NULL AS hold_max_ns, NULL AS hold_measured, NULL AS hold_allocations, "
	  "NULL AS hold_waiting_ns, NULL AS broadcasts, NULL AS woken_in_vain, NULL AS owner_changes, NULL AS max_waiters, sampled "
	  "FROM temp.lens_lock f JOIN main.lock m ON m.id = f.id" },
	{ "lock", BY_WHOM, NULL, "WHERE " PROCESS },
	{ "escaped", BY_TIME, NULL, NULL },
	{ "escaped", BY_WHOM, NULL, "WHERE " STACK },
	{ "owner", BY_TIME | BY_PART, NULL, NOTHING },
	{ "owner", BY_WHOM, NULL, "WHERE " PROCESS },
	{ "slack", BY_TIME | LENS_BY_THREAD, NULL, NOTHING },
	{ "slack", BY_WHOM, NULL, "WHERE lens_node(stack_id) AND " PROCESS },
	{ "growth", BY_TIME | LENS_BY_THREAD, NULL, NOTHING },
	{ "growth", BY_WHOM, NULL, "WHERE lens_node(stack_id) AND " PROCESS },
	{ "mapping", BY_TIME | BY_PART, NULL, NOTHING },
	{ "mapping", BY_WHOM, NULL, "WHERE " PROCESS },
	{ "cost", BY_TIME, NULL, "WHERE id NOT IN (10, 11) AND id NOT BETWEEN 30 AND 34" },
	{ "process", BY_TIME | BY_PART, processes_sql, /* filled in the end */
	  "SELECT m.id, pid, ppid, parent_id, command, command_line, executable, start_ns, end_ns, ended, duration_ns, f.allocations, f.frees, "
	  "f.reallocations, f.allocated_bytes, f.peak_bytes, f.peak_ns, f.leaked_allocations, f.leaked_bytes, f.temporary_allocations, f.threads, "
	  "f.contended, f.wait_ns, f.blocked_ns, lost_events, unmatched_frees, implied_frees, memory_limit_bytes, memory_limit_by, stacks_checked, "
	  "stack_differences, NULL AS mappings, NULL AS mapped_bytes, NULL AS mapped_peak_bytes, NULL AS mapped_peak_ns, "
	  "NULL AS still_mapped_bytes FROM temp.lens_process f JOIN main.process m ON m.id = f.id" },
	{ "process", BY_WHOM, NULL, "WHERE lens_process(id)" },
};
#define SHADOWS (sizeof(shadows) / sizeof(shadows[0]))

static int make_view(struct store *s, const struct lens_state *l, const struct shadow *shadow, struct err *err)
{
	char select[2048], sql[2200];

	snprintf(select, sizeof(select), shadow->select, (long long)l->first, (long long)l->last);
	if (strncmp(select, "SELECT", 6) == 0)
		snprintf(sql, sizeof(sql), "CREATE TEMP VIEW %s AS %s", shadow->table, select);
	else
		snprintf(sql, sizeof(sql), "CREATE TEMP VIEW %s AS SELECT * FROM main.%s %s", shadow->table, shadow->table, select);
	return store_execute(s, sql, err);
}

static int make_shadows(struct store *s, const struct lens_state *l, struct err *err)
{
	const char *last = "";

	for (size_t i = 0; i < SHADOWS; i++) {
		const struct shadow *shadow = &shadows[i];
		if (!(shadow->kinds & l->kinds) || strcmp(shadow->table, last) == 0)
			continue;
		last = shadow->table;
		if ((shadow->before && store_execute(s, shadow->before, err)) || (shadow->select && make_view(s, l, shadow, err)))
			return -1;
	}
	return 0;
}

/* A span's peak is at the end of a slice; of what a filter leaves, the figures are those when the process had its own. */
static int add_process(struct statement *q, const struct lens_state *l, int64_t id, struct err *err)
{
	static const int costs[] = { COST_ALLOCATIONS, COST_FREES, COST_REALLOCATIONS, COST_ALLOCATED_BYTES, COST_AT_PEAK_BYTES,
		                     COST_LEAKED_ALLOCATIONS, COST_LEAKED_BYTES, COST_TEMPORARY_ALLOCATIONS, COST_WAIT_NS, COST_BLOCKED_NS };
	int count = (int)(sizeof(costs) / sizeof(costs[0]));

	statement_bind_number(q, 1, id);
	for (int i = 0; i < count; i++)
		statement_bind_number(q, 2 + i, l->processes[id].costs[costs[i]]);
	statement_bind_number(q, 2 + count, l->kinds & BY_TIME ? l->processes[id].peak : -1);
	return statement_step(q, err);
}

static int fill_processes(struct store *s, const struct lens_state *l, struct err *err)
{
	struct statement *q;
	int rc = 0;

	if (!(l->kinds & (BY_TIME | BY_PART)))
		return 0;
	if (!(q = store_prepare(s, process_sql, err)))
		return -1;
	for (int64_t id = 1; id <= l->last_process && !rc; id++)
		if (l->processes[id].passes)
			rc = add_process(q, l, id, err);
	statement_finish(q);
	if (rc || store_execute(s, contended_sql, err))
		return -1;
	return l->kinds & BY_TIME ? store_execute(s, frees_sql, err) : 0;
}

/* The schema's views, which then find what stands before the tables. */
static int make_views(struct store *s, struct err *err)
{
	static const char begin[] = "\nCREATE VIEW ";
	struct statement *q;
	int rc = 0;

	for (const char *at = store_schema; !rc && (at = strstr(at, begin)); at++) {
		const char *rest = at + strlen(begin);
		size_t size = strlen(rest) + 32;
		char *sql = memory_resized(NULL, size, 1);

		snprintf(sql, size, "CREATE TEMP VIEW %s", rest); /* what follows the first statement is not looked at */
		q = store_prepare(s, sql, err);
		rc = q ? statement_step(q, err) : -1;
		statement_finish(q);
		free(sql);
	}
	return rc;
}

int lens_shadow_make(struct store *s, struct lens_state *l, struct err *err)
{
	return make_shadows(s, l, err) || fill_processes(s, l, err) || make_views(s, err) ? -1 : 0;
}

int lens_shadow_drop(struct store *s, struct err *err)
{
	struct statement *q;
	char (*names)[80] = NULL;
	size_t count = 0, room = 0;
	int got = 0;

	if (!(q = store_prepare(s, "SELECT 'DROP ' || type || ' temp.' || name FROM temp.sqlite_schema WHERE type IN ('table', 'view')", err)))
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		names = memory_grown(names, &room, count + 1, sizeof(*names));
		snprintf(names[count++], sizeof(*names), "%s", statement_text(q, 0));
	}
	statement_finish(q);
	if (!got)
		got = store_execute(s, "BEGIN", err);
	for (size_t i = 0; i < count && !got; i++)
		got = store_execute(s, names[i], err);
	free(names);
	if (!got)
		return store_execute(s, "COMMIT", err);
	store_execute(s, "ROLLBACK", NULL); /* all of it or nothing */
	return -1;
}
