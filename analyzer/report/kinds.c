/* SPDX-License-Identifier: MIT
 *
 * Kinds: allocations by the call that made them, a row a kind.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	{ "kind", "CALL", UNIT_TEXT, "malloc, calloc, aligned, new, new[], mallocx, realloc" },
	{ "allocations", "CALLS", UNIT_COUNT, "successful allocations" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for" },
};

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, "SELECT kind, sum(allocations), sum(bytes) FROM kind_total WHERE "
	                                       SCOPE_PROCESSES " GROUP BY kind ORDER BY kind", err);
	if (!q)
		return -1;
	scope_bind(q, &scope);
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc;
}

const struct report report_kinds = {
	.name = "kinds",
	.title = "Kinds",
	.help = "allocations by the call that made them",
	.rows = "kinds",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.sort_column = 2,
	.filters = REPORT_PID,
	.needs = LENS_KINDS,
	.fill = fill,
	.sql =
		"SELECT kind, sum(allocations) AS allocations, sum(bytes) AS allocated_bytes FROM kind_total GROUP BY kind ORDER BY allocated_bytes DESC",
};
