/* SPDX-License-Identifier: MIT
 *
 * The timeline: a row a process and time slice, in order of time.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	{ "pid", "PID", UNIT_ID, "process" },
	{ "start_ns", "FROM", UNIT_NS, "start of the slice, since the recording began" },
	{ "end_ns", "TO", UNIT_NS, "its end" },
	{ "live_bytes", "LIVE", UNIT_BYTES, "largest live heap within the slice" },
	{ "live_end_bytes", NULL, UNIT_BYTES, "live heap at its end" },
	{ "allocations", "CALLS", UNIT_COUNT, "successful allocations within the slice" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes of those" },
	{ "frees", "FREES", UNIT_COUNT, "blocks freed within the slice" },
	{ "rss_bytes", "RESIDENT", UNIT_BYTES, "largest resident set sampled within the slice" },
	{ "minor_faults", NULL, UNIT_COUNT, "page faults served from memory" },
	{ "major_faults", "FAULTS", UNIT_COUNT, "page faults served from disk" },
};

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, "SELECT pid, slice.start_ns, slice.end_ns, live_bytes, live_end_bytes, "
	                                       "timeline.allocations, timeline.allocated_bytes, timeline.frees, rss_bytes, "
	                                       "minor_faults, major_faults FROM timeline JOIN slice ON slice.id = slice "
	                                       "JOIN process ON process.id = process_id WHERE " SCOPE_PROCESSES
	                                       " ORDER BY slice.id, process.id", err);
	if (!q)
		return -1;
	scope_bind(q, &scope);
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc;
}

const struct report report_timeline = {
	.name = "timeline",
	.title = "Timeline",
	.help = "live bytes, allocation rate and resident set over time",
	.rows = "slices",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.sort_column = REPORT_IN_ORDER,
	.filters = REPORT_PID,
	.parts = LENS_COURSE,
	.fill = fill,
	.sql =
		"SELECT pid, slice.start_ns, slice.end_ns, live_bytes, live_end_bytes, timeline.allocations, timeline.allocated_bytes, timeline.frees,\n"
		"       rss_bytes, minor_faults, major_faults\n"
		"FROM timeline JOIN slice ON slice.id = slice JOIN process ON process.id = process_id ORDER BY slice.id, process.id",
};
