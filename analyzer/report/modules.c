/* SPDX-License-Identifier: MIT
 *
 * Modules: a row an executable or shared object, with the costs of the sites that lie in it and
 * where its names came from.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_sums.h"
#include "analyzer/store/lens.h"
#include "analyzer/store/stack_tree.h"

static const struct column columns[] = {
	{ "module", "MODULE", UNIT_TEXT, "its path" },
	{ "build_id", NULL, UNIT_TEXT, "hexadecimal; empty if it has none" },
	{ "symbols", "SYMBOLS", UNIT_TEXT, "where its names came from" },
	{ "allocations", "CALLS", UNIT_COUNT, "successful allocations" },
	{ "allocated_bytes", "ALLOCATED", UNIT_BYTES, "bytes asked for" },
	{ "at_peak_bytes", "AT PEAK", UNIT_BYTES, "live when the process's heap was largest" },
	{ "leaked_bytes", "LEAKED", UNIT_BYTES, "never freed" },
	{ "temporary_allocations", "TEMPORARY", UNIT_COUNT, "freed by their thread before its next allocation" },
	{ "module_id", NULL, UNIT_ID, "key of the module" },
};

static const int costs[] = { COST_ALLOCATIONS, COST_ALLOCATED_BYTES, COST_AT_PEAK_BYTES, COST_LEAKED_BYTES,
	                     COST_TEMPORARY_ALLOCATIONS };
#define COSTS (sizeof(costs) / sizeof(costs[0]))

/* sums[module * COSTS + cost]; module 0 is the unknown one. What a site has, its module has. */
static int sum_costs(struct store *s, const struct scope *scope, const struct stack_tree *tree, int64_t *sums, struct err *err)
{
	struct site_sums *sites = site_sums_of(s, scope, err);

	if (!sites)
		return -1;
	for (size_t i = 0; i < COSTS; i++) {
		if (site_sums_need_cost(sites, s, costs[i], err))
			return -1;
		for (uint32_t site = 1; site <= sites->last && site <= tree->last_site; site++)
			sums[tree->functions[tree->sites[site].function].module * COSTS + i] += sites->costs[costs[i]][site];
	}
	return 0;
}

static int add_rows(struct store *s, const struct stack_tree *tree, const int64_t *sums, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT path, build_id, symbols, id FROM module "
	                                       "UNION ALL SELECT '(unknown)', '', 'none', 0 ORDER BY id", err);
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		int64_t id = statement_number(q, 3);
		if (id < 0 || id > tree->last_module)
			continue;
		const int64_t *sum = &sums[id * (int64_t)COSTS];
		if (!sum[0] && !sum[2])
			continue;
		struct value *row = table_add_row(t);
		for (int c = 0; c < 3; c++)
			table_set_text(t, &row[c], statement_text(q, c));
		for (size_t i = 0; i < COSTS; i++)
			table_set_number(&row[3 + i], sum[i]);
		table_set_number(&row[3 + COSTS], id);
	}
	statement_finish(q);
	return got;
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	int64_t *sums = memory_zeroed(((size_t)tree.last_module + 1) * COSTS, sizeof(*sums));
	int rc = sum_costs(s, &scope, &tree, sums, err);
	if (!rc)
		rc = add_rows(s, &tree, sums, t, err);
	free(sums);
	stack_tree_release(&tree);
	return rc;
}

const struct report report_modules = {
	.name = "modules",
	.title = "Modules",
	.help = "every executable and library with the costs of its sites",
	.rows = "modules",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 1,
	.sort_column = 4,
	.filters = REPORT_PID | REPORT_THREAD,
	.parts = LENS_LEAKS,
	.fill = fill,
	.sql =
		"SELECT coalesce(path, '(unknown)') AS module, coalesce(build_id, '') AS build_id, coalesce(symbols, 'none') AS symbols,\n"
		"       sum(CASE cost_id WHEN 1 THEN value ELSE 0 END) AS allocations,\n"
		"       sum(CASE cost_id WHEN 2 THEN value ELSE 0 END) AS allocated_bytes,\n"
		"       sum(CASE cost_id WHEN 3 THEN value ELSE 0 END) AS at_peak_bytes,\n"
		"       sum(CASE cost_id WHEN 4 THEN value ELSE 0 END) AS leaked_bytes,\n"
		"       sum(CASE cost_id WHEN 6 THEN value ELSE 0 END) AS temporary_allocations\n"
		"FROM site_total JOIN site ON site.id = site_id JOIN function ON function.id = function_id LEFT JOIN module ON module.id = module_id\n"
		"GROUP BY module_id HAVING allocations <> 0 OR at_peak_bytes <> 0 ORDER BY allocated_bytes DESC",
};
