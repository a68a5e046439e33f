/* SPDX-License-Identifier: MIT
 *
 * Temporaries: a row a site whose blocks were freed by their thread before its next allocation;
 * work that a buffer kept, or one on the stack, would save.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"

static const struct column columns[] = {
	SITE_COLUMNS,
	{ "temporary_allocations", "TEMPORARY", UNIT_COUNT, "freed by their thread before its next allocation" },
	{ "temporary_bytes", "BYTES", UNIT_BYTES, "bytes of those" },
	{ "allocations", "OF CALLS", UNIT_COUNT, "successful allocations" },
	{ "share", "SHARE", UNIT_PERCENT, "percent of the allocations that are temporary" },
	{ "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

static const int sources[] = {
	SITE_FUNCTION, SITE_FILE, SITE_LINE, SITE_MODULE, COST_TEMPORARY_ALLOCATIONS, COST_TEMPORARY_BYTES, COST_ALLOCATIONS,
	SITE_TEMPORARY_SHARE, SITE_ID, SITE_FUNCTION_ID,
};

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const struct site_rows rows = { sources, sizeof(sources) / sizeof(sources[0]), COST_TEMPORARY_ALLOCATIONS, 0,
		                               COST_TEMPORARY_ALLOCATIONS };

	return site_rows_fill(s, q, &rows, t, err);
}

const struct report report_temporary = {
	.name = "temporary",
	.title = "Temporaries",
	.help = "what was freed before its thread's next allocation, by site",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = 4,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.fill = fill,
	.sql =
		"WITH s AS (SELECT site_id, sum(CASE cost_id WHEN 6 THEN value ELSE 0 END) AS temporary_allocations,\n"
		"                  sum(CASE cost_id WHEN 7 THEN value ELSE 0 END) AS temporary_bytes,\n"
		"                  sum(CASE cost_id WHEN 1 THEN value ELSE 0 END) AS allocations\n"
		"           FROM site_total WHERE cost_id IN (1, 6, 7) GROUP BY site_id)\n"
		"SELECT function, file, nullif(line, 0) AS line, module, temporary_allocations, temporary_bytes, allocations,\n"
		"       CAST(100.0 * temporary_allocations / nullif(allocations, 0) + 0.5 AS INTEGER) AS share\n"
		"FROM s JOIN sites ON sites.site_id = s.site_id WHERE temporary_allocations <> 0 ORDER BY temporary_allocations DESC",
};
