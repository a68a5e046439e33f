/* SPDX-License-Identifier: MIT
 *
 * Hot spots: a row a site. Every figure but the site's own peak adds up to the summary's.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/report/sample_errors.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	SITE_COLUMNS,
	{ "allocations", "CALLS", UNIT_COUNT, "successful allocations" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for" },
	{ "peak_bytes", "PEAK", UNIT_BYTES, "the site's own largest live bytes, whenever that was" },
	{ "at_peak_bytes", "AT PEAK", UNIT_BYTES, "live when the process's heap was largest" },
	{ "leaked_bytes", "LEAKED", UNIT_BYTES, "never freed" },
	{ "leaked_allocations", NULL, UNIT_COUNT, "blocks never freed" },
	{ "temporary_allocations", "TEMPORARY", UNIT_COUNT, "freed by their thread before its next allocation" },
	{ "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

static const int sources[] = {
	SITE_FUNCTION, SITE_FILE, SITE_LINE, SITE_MODULE, COST_ALLOCATIONS, COST_ALLOCATED_BYTES, SITE_PEAK, COST_AT_PEAK_BYTES,
	COST_LEAKED_BYTES, COST_LEAKED_ALLOCATIONS, COST_TEMPORARY_ALLOCATIONS, SITE_ID, SITE_FUNCTION_ID,
};

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const struct site_rows rows = { sources, sizeof(sources) / sizeof(sources[0]), 0, 0, COST_ALLOCATED_BYTES };

	return site_rows_fill(s, q, &rows, t, err) || sample_errors_of_sites(s, q, t, err) ? -1 : 0;
}

const struct report report_hotspots = {
	.name = "hotspots",
	.title = "Hot spots",
	.help = "where memory is asked for, by site",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = 5,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.parts = LENS_LEAKS | LENS_PEAKS,
	.fill = fill,
	.sql =
		"SELECT function, file, nullif(line, 0) AS line, module, allocations, allocated_bytes, peak_bytes,\n"
		"       at_peak_bytes, leaked_bytes, leaked_allocations, temporary_allocations\n"
		"FROM hotspots ORDER BY allocated_bytes DESC",
};
