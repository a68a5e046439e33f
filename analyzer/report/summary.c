/* SPDX-License-Identifier: MIT
 *
 * The summary: a row a process, the launched one first. With a thread asked for, the figures are that
 * thread's sums, and its peak is what it had live when its process's heap was largest: still what hot
 * spots of that thread add up to.
 */
#include <string.h>

#include "analyzer/base/map.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/report_write.h"
#include "analyzer/report/sample_errors.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

enum { FIRST_FIGURE = 4, CONTENDED = 13, BLOCKED_NS = 15, MAPPINGS = 17, PPID = 21 };

static const struct column columns[] = {
	{ "pid", "PID", UNIT_ID, "process id" },
	{ "command", "COMMAND", UNIT_TEXT, "its short name" },
	{ "duration_ns", "DURATION", UNIT_NS, "from its start to its end or the end of the trace" },
	{ "ended", "ENDED", UNIT_TEXT, "exit N, signal N, exec, running, cut (the recording), unknown" },
	{ "allocations", "CALLS", UNIT_COUNT, "successful allocations" },
	{ "frees", "FREES", UNIT_COUNT, "blocks freed" },
	{ "reallocations", "RESIZED", UNIT_COUNT, "blocks resized" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for" },
	{ "peak_bytes", "PEAK", UNIT_BYTES, "largest live heap" },
	{ "leaked_allocations", NULL, UNIT_COUNT, "blocks never freed" },
	{ "leaked_bytes", "LEAKED", UNIT_BYTES, "bytes of those" },
	{ "temporary_allocations", "TEMPORARY", UNIT_COUNT, "freed by their thread before its next allocation" },
	{ "threads", "THREADS", UNIT_COUNT, "threads, ended ones too" },
	[CONTENDED] = { "contended", NULL, UNIT_COUNT, "lock acquisitions that had to wait" },
	{ "wait_ns", "WAIT", UNIT_NS, "time spent waiting for locks" },
	[BLOCKED_NS] = { "blocked_ns", NULL, UNIT_NS, "time spent waiting for work" },
	{ "lost_events", "LOST", UNIT_COUNT, "events that are not in the trace" },
	[MAPPINGS] = { "mappings", NULL, UNIT_COUNT, "calls that mapped memory; this and the next are in no figure of the heap" },
	{ "mapped_bytes", NULL, UNIT_BYTES, "bytes those mapped" },
	{ "mapped_peak_bytes", NULL, UNIT_BYTES, "most mapped at once" },
	{ "still_mapped_bytes", NULL, UNIT_BYTES, "not unmapped when the trace ended" },
	[PPID] = { "ppid", NULL, UNIT_ID, "process id of the parent, as it was first" },
};

static const char process_sql[] =
	"SELECT pid, command, duration_ns, ended, allocations, frees, reallocations, allocated_bytes, peak_bytes, leaked_allocations, "
	"leaked_bytes, temporary_allocations, threads, contended, wait_ns, blocked_ns, lost_events, mappings, mapped_bytes, "
	"mapped_peak_bytes, still_mapped_bytes, ppid FROM process "
	"WHERE ?1 = 0 OR pid = ?1 ORDER BY id";

static const char thread_sql[] =
	"SELECT p.pid, p.command, coalesce(t.end_ns, p.start_ns + p.duration_ns) - t.start_ns, p.ended, "
	"sum(CASE cost_id WHEN 1 THEN value ELSE 0 END), CASE WHEN EXISTS (SELECT 1 FROM cost WHERE id = 10) THEN sum(CASE cost_id WHEN 10 THEN value ELSE 0 END) END, "
	"sum(CASE cost_id WHEN 8 THEN value ELSE 0 END), sum(CASE cost_id WHEN 2 THEN value ELSE 0 END), "
	"sum(CASE cost_id WHEN 3 THEN value ELSE 0 END), sum(CASE cost_id WHEN 5 THEN value ELSE 0 END), "
	"sum(CASE cost_id WHEN 4 THEN value ELSE 0 END), sum(CASE cost_id WHEN 6 THEN value ELSE 0 END), 1, "
	"sum(CASE cost_id WHEN 21 THEN value ELSE 0 END) - "
	"coalesce((SELECT sum(timeouts) FROM lock_wait w WHERE w.class = 20 AND w.thread_id = t.id), 0), sum(CASE cost_id WHEN 20 THEN value ELSE 0 END), "
	"sum(CASE cost_id WHEN 22 THEN value ELSE 0 END), t.lost_events, sum(CASE cost_id WHEN 30 THEN value ELSE 0 END), "
	"sum(CASE cost_id WHEN 31 THEN value ELSE 0 END), sum(CASE cost_id WHEN 32 THEN value ELSE 0 END), "
	"sum(CASE cost_id WHEN 34 THEN value ELSE 0 END), p.ppid "
	"FROM thread t JOIN process p ON p.id = t.process_id LEFT JOIN total ON total.thread_id = t.id "
	"WHERE (?1 = 0 OR p.pid = ?1) AND t.tid = ?2 GROUP BY t.id ORDER BY t.id";

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, query->tid ? thread_sql : process_sql, err);

	if (!q)
		return -1;
	statement_bind_number(q, 1, scope.pid);
	if (scope.tid)
		statement_bind_number(q, 2, scope.tid);
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc || sample_errors_of_processes(s, query, t, err) ? -1 : 0;
}

/* The name of a figure as a sentence would have it: "peak_bytes" is "peak bytes", and the unit speaks for itself. */
static void label(const struct column *c, char *out, size_t size)
{
	snprintf(out, size, "%s", c->name);
	if (c->unit == UNIT_NS && strlen(out) > 3)
		out[strlen(out) - 3] = 0;
	for (char *p = out; *p; p++)
		if (*p == '_')
			*p = ' ';
}

/* What was never waited for has no line. */
static int has_waited(const struct table *t, size_t row)
{
	for (size_t c = CONTENDED; c <= BLOCKED_NS; c++)
		if (table_at(t, row, c)->number)
			return 1;
	return 0;
}

static int is_shown(const struct table *t, size_t row, size_t column)
{
	if (column == PPID)
		return 0;
	if (column >= MAPPINGS)
		return table_at(t, row, MAPPINGS)->number != 0;
	return column < CONTENDED || column > BLOCKED_NS || has_waited(t, row);
}

static void write_process(const struct report *r, const struct table *t, size_t row, const struct map *pids, const struct report_page *page,
                          FILE *out)
{
	char name[64], figure[UNIT_WIDTH], error[ERROR_WIDTH];
	int estimates = t->estimates != 0; /* as wide as their errors need it */
	const char *bold = page->colour ? "\033[1m" : "", *plain = page->colour ? "\033[0m" : "";

	fputs(bold, out);
	report_write_cell(table_at(t, row, 1)->text, 0, 0, page, out);
	fprintf(out, "%s  pid %lld, ", plain, (long long)table_at(t, row, 0)->number);
	if (map_find(pids, (uint64_t)table_at(t, row, PPID)->number))
		fprintf(out, "child of %lld, ", (long long)table_at(t, row, PPID)->number);
	fprintf(out, "%s, ended: ", unit_format(figure, UNIT_NS, table_at(t, row, 2)->number));
	report_write_cell(table_at(t, row, 3)->text, 0, 0, page, out);
	for (size_t c = FIRST_FIGURE, left = 1; c < r->column_count; c++) {
		if (!is_shown(t, row, c))
			continue;
		left |= c == MAPPINGS; /* lines of their own */
		label(&r->columns[c], name, sizeof(name));
		fprintf(out, "%s  %-22s %10s", left ? "\n" : "   ", name,
		        table_at(t, row, c)->none ? "-" : unit_format(figure, r->columns[c].unit, table_at(t, row, c)->number));
		if (estimates)
			report_write_cell(report_write_error(t, row, c, page, error), 0, left ? 14 : 0, page, out);
		left = !left;
	}
	fputc('\n', out);
}

/* Every figure of every process, two a line; those of waiting and of mappings, if there are any. */
static void write_text(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out)
{
	struct map pids = { 0 }; /* of the rows: parents that are none are of no interest */

	(void)q;
	for (size_t row = 0; row < t->row_count; row++)
		*map_at(&pids, (uint64_t)table_at(t, row, 0)->number) = 1;
	for (size_t row = 0; row < t->row_count; row++) {
		if (row)
			fputc('\n', out);
		write_process(r, t, row, &pids, page, out);
	}
	map_release(&pids);
	report_write_more(r, t, out);
}

const struct report report_summary = {
	.name = "summary",
	.title = "Summary",
	.help = "every process with its totals, the launched one first",
	.rows = "processes",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.sort_column = REPORT_IN_ORDER,
	.filters = REPORT_PID | REPORT_THREAD,
	.parts = LENS_LEAKS,
	.fill = fill,
	.sql =
		"SELECT * FROM summary",
	.write_text = write_text,
};
