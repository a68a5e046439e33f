/* SPDX-License-Identifier: MIT
 *
 * Mappings: a row a site that maps memory by itself (mmap, mremap, brk, sbrk), which is in none of the heap's figures.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

enum { KINDS = 4, PEAK = 7, SITE = 11 };

static const struct column columns[] = {
	SITE_COLUMNS,
	[KINDS] = { "kinds", "KIND", UNIT_TEXT, "of anonymous, shared, file, shared file, break" },
	{ "mappings", "CALLS", UNIT_COUNT, "calls that mapped memory: mmap, mremap that grew, brk and sbrk" },
	{ "mapped_bytes", "MAPPED", UNIT_BYTES, "bytes those mapped, in whole pages" },
	[PEAK] = { "mapped_peak_bytes", "PEAK", UNIT_BYTES, "most of the site's mapped at once" },
	{ "mapped_at_peak_bytes", "AT PEAK", UNIT_BYTES, "mapped when most of the process's were" },
	{ "unmapped_bytes", "UNMAPPED", UNIT_BYTES, "unmapped, or replaced" },
	{ "still_mapped_bytes", "STILL", UNIT_BYTES, "not unmapped when the trace ended" },
	[SITE] = { "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

static const int sources[] = {
	SITE_FUNCTION, SITE_FILE, SITE_LINE, SITE_MODULE, SITE_LATER, COST_MAPPINGS, COST_MAPPED_BYTES, SITE_LATER, COST_MAPPED_AT_PEAK_BYTES,
	COST_UNMAPPED_BYTES, COST_STILL_MAPPED_BYTES, SITE_ID, SITE_FUNCTION_ID,
};

/* Rows by site. */
static int row_compare(const void *left, const void *right)
{
	const struct value *a = *(struct value *const *)left, *b = *(struct value *const *)right;

	return (a[SITE].number > b[SITE].number) - (a[SITE].number < b[SITE].number);
}

/* Kinds and peaks of the sites in the table. The peak is a process's: no thread has one of its own. */
static int fill_rest(struct store *s, const struct scope *scope, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT site_id, group_concat(kinds, ', '), max(peak) FROM (SELECT site_id, kinds, max(peak_bytes) AS peak "
	                                    "FROM mapping WHERE " SCOPE_PROCESSES " GROUP BY site_id, kinds ORDER BY site_id, kinds) "
	                                    "GROUP BY site_id ORDER BY site_id", err);
	struct value **rows = memory_zeroed(t->row_count + 1, sizeof(*rows));
	size_t at = 0;
	int got = -1;

	for (size_t i = 0; i < t->row_count; i++)
		rows[i] = table_at(t, i, 0);
	if (t->row_count)
		qsort(rows, t->row_count, sizeof(*rows), row_compare);
	if (q) {
		scope_bind(q, scope);
		while ((got = statement_step(q, err)) > 0) {
			while (at < t->row_count && rows[at][SITE].number < statement_number(q, 0))
				at++;
			if (at == t->row_count || rows[at][SITE].number != statement_number(q, 0))
				continue;
			table_set_text(t, &rows[at][KINDS], statement_text(q, 1));
			if (!scope->tid)
				table_set_number(&rows[at][PEAK], statement_number(q, 2));
		}
		statement_finish(q);
	}
	free(rows);
	return got;
}

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	static const struct site_rows rows = { sources, sizeof(sources) / sizeof(sources[0]), COST_MAPPINGS, 0, COST_MAPPED_BYTES };
	struct scope scope = { query->pid, query->tid };

	return site_rows_fill(s, query, &rows, t, err) || fill_rest(s, &scope, t, err) ? -1 : 0;
}

const struct report report_mappings = {
	.name = "mappings",
	.title = "Mappings",
	.help = "memory mapped by calls of the program's own, by site; in none of the heap's figures",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = 6,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_MATCH,
	.needs = LENS_MAPPINGS,
	.fill = fill,
	.sql =
		"WITH c AS (SELECT site_id, sum(CASE cost_id WHEN 30 THEN value ELSE 0 END) AS mappings,\n"
		"                  sum(CASE cost_id WHEN 31 THEN value ELSE 0 END) AS mapped_bytes,\n"
		"                  sum(CASE cost_id WHEN 32 THEN value ELSE 0 END) AS mapped_at_peak_bytes,\n"
		"                  sum(CASE cost_id WHEN 33 THEN value ELSE 0 END) AS unmapped_bytes,\n"
		"                  sum(CASE cost_id WHEN 34 THEN value ELSE 0 END) AS still_mapped_bytes\n"
		"           FROM site_total WHERE cost_id BETWEEN 30 AND 34 GROUP BY site_id)\n"
		"SELECT function, file, nullif(line, 0) AS line, module,\n"
		"       (SELECT group_concat(kinds, ', ') FROM (SELECT DISTINCT kinds FROM mapping m WHERE m.site_id = c.site_id ORDER BY kinds))\n"
		"       AS kinds, mappings, mapped_bytes,\n"
		"       (SELECT max(peak_bytes) FROM mapping m WHERE m.site_id = c.site_id) AS mapped_peak_bytes, mapped_at_peak_bytes,\n"
		"       unmapped_bytes, still_mapped_bytes\n"
		"FROM c JOIN sites ON sites.site_id = c.site_id WHERE mappings <> 0 ORDER BY mapped_bytes DESC",
};
