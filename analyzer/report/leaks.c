/* SPDX-License-Identifier: MIT
 *
 * Leaks: a row a site that has blocks which were never freed, with the stack that leaked most of
 * them. Live at the end of the recording is all that is known: memory kept on purpose counts too.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/report/sample_errors.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	SITE_COLUMNS,
	{ "leaked_bytes", "LEAKED", UNIT_BYTES, "never freed" },
	{ "leaked_allocations", "BLOCKS", UNIT_COUNT, "blocks never freed" },
	{ "allocations", "OF CALLS", UNIT_COUNT, "successful allocations, freed ones too" },
	{ "stack", NULL, UNIT_TEXT, "the stack with most leaked bytes, outermost frame first, joined by ;" },
	{ "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

static const int sources[] = {
	SITE_FUNCTION, SITE_FILE, SITE_LINE, SITE_MODULE, COST_LEAKED_BYTES, COST_LEAKED_ALLOCATIONS, COST_ALLOCATIONS, SITE_STACK,
	SITE_ID, SITE_FUNCTION_ID,
};

/* Blocks of no bytes leak too, so the blocks decide which site has a row. */
static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	static const struct site_rows rows = { sources, sizeof(sources) / sizeof(sources[0]), COST_LEAKED_ALLOCATIONS,
		                               COST_LEAKED_BYTES, COST_LEAKED_BYTES };

	return site_rows_fill(s, q, &rows, t, err) || sample_errors_of_sites(s, q, t, err) ? -1 : 0;
}

const struct report report_leaks = {
	.name = "leaks",
	.title = "Leaks",
	.help = "what was never freed, by site, with the stack that leaked most",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = 4,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.parts = LENS_LEAKS,
	.fill = fill,
	.sql =
		"WITH s AS (SELECT site_id, sum(CASE cost_id WHEN 4 THEN value ELSE 0 END) AS leaked_bytes,\n"
		"                  sum(CASE cost_id WHEN 5 THEN value ELSE 0 END) AS leaked_allocations,\n"
		"                  sum(CASE cost_id WHEN 1 THEN value ELSE 0 END) AS allocations\n"
		"           FROM site_total WHERE cost_id IN (1, 4, 5) GROUP BY site_id)\n"
		"SELECT function, file, nullif(line, 0) AS line, module, leaked_bytes, leaked_allocations, allocations,\n"
		"       (SELECT stack FROM stacks WHERE stack_id = (SELECT stack.id FROM stack JOIN total ON stack_id = stack.id AND cost_id = 4\n"
		"        WHERE stack.site_id = s.site_id GROUP BY stack.id ORDER BY sum(value) DESC, stack.id LIMIT 1)) AS stack\n"
		"FROM s JOIN sites ON sites.site_id = s.site_id WHERE leaked_allocations <> 0 ORDER BY leaked_bytes DESC",
};
