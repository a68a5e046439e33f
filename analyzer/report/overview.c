/* SPDX-License-Identifier: MIT
 *
 * The timeline adds up processes: a slice's live bytes are the sum of each process's largest in it,
 * which for a single process is exact.
 */
#include "analyzer/report/overview.h"

const struct column overview_timeline_columns[] = {
	{ "start_ns", "START", UNIT_NS, "beginning of the time slice" },
	{ "end_ns", "END", UNIT_NS, "its end" },
	{ "live_bytes", "LIVE", UNIT_BYTES, "largest live heap within the slice" },
	{ "rss_bytes", "RESIDENT", UNIT_BYTES, "largest resident memory sampled within the slice" },
	{ "allocations", "ALLOCATIONS", UNIT_COUNT, "allocations within the slice" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for within the slice" },
	{ "frees", "FREES", UNIT_COUNT, "blocks freed within the slice" },
};
const size_t overview_timeline_column_count = sizeof(overview_timeline_columns) / sizeof(overview_timeline_columns[0]);

int overview_timeline(struct store *s, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s,
		"SELECT slice.start_ns, slice.end_ns, sum(live_bytes), sum(rss_bytes), sum(allocations), sum(allocated_bytes), sum(frees) "
		"FROM slice LEFT JOIN timeline ON timeline.slice = slice.id GROUP BY slice.id ORDER BY slice.id", err);
	int result;

	if (!q)
		return -1;
	table_init(t, overview_timeline_columns, overview_timeline_column_count);
	result = store_fill(s, q, t, err);
	statement_finish(q);
	if (result < 0)
		table_release(t);
	return result < 0 ? -1 : 0;
}
