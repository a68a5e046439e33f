/* SPDX-License-Identifier: MIT
 *
 * Pools: a row a place that takes blocks of a pool of the program's own (culprit.h). They are in none of the heap's figures.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/store/cost.h"

static const struct column columns[] = {
	{ "function", "FUNCTION", UNIT_TEXT, "that took the blocks" },
	{ "file", NULL, UNIT_TEXT, "source file" },
	{ "line", NULL, UNIT_ID, "line in it" },
	{ "module", NULL, UNIT_TEXT, "library or executable" },
	{ "pool", "POOL", UNIT_TEXT, "the address that stands for the pool" },
	{ "allocations", "BLOCKS", UNIT_COUNT, "blocks taken" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "their sizes" },
	{ "peak_bytes", "PEAK", UNIT_BYTES, "most of it in use at once" },
	{ "live_bytes", "STILL", UNIT_BYTES, "in use at the end" },
	{ "live_allocations", NULL, UNIT_COUNT, "blocks in use at the end" },
	{ "pid", "PID", UNIT_ID, "process" },
};

#define SQL(where)                                                                                                            \
	"SELECT s.function, s.file, nullif(s.line, 0) AS line, s.module, printf('0x%x', pool.address) AS pool, "               \
	"sum(pool.allocations) AS allocations, sum(pool.allocated_bytes) AS allocated_bytes, sum(pool.peak_bytes) AS peak_bytes, " \
	"sum(live_bytes) AS live_bytes, sum(live_allocations) AS live_allocations, pid "                                       \
	"FROM pool JOIN process ON process.id = pool.process_id JOIN stack ON stack.id = pool.stack_id "                       \
	"JOIN sites s ON s.site_id = stack.site_id " where                                                                      \
	"GROUP BY pool.process_id, pool.address, s.site_id ORDER BY allocated_bytes DESC, pool.process_id, pool.address, s.site_id"

static int fill(struct store *s, const struct report_query *query, struct table *t, struct err *err)
{
	struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, SQL("WHERE " SCOPE_PROCESSES " "), err);

	if (!q)
		return -1;
	scope_bind(q, &scope);
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc;
}

const struct report report_pools = {
	.name = "pools",
	.title = "Pools",
	.help = "blocks of the program's own pools, which it tells by culprit.h",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.sort_column = 6,
	.filters = REPORT_PID,
	.fill = fill,
	.sql = SQL(""),
};
