/* SPDX-License-Identifier: MIT
 *
 * Lifetimes: how long the blocks of each site live, a row a site. Percentiles are the upper ends of
 * the histogram's buckets they fall in, so "at most". Blocks that live on have no lifetime yet: they
 * are counted apart.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_buckets.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/site_sums.h"
#include "analyzer/store/lens.h"

static const struct column columns[] = {
	SITE_COLUMNS,
	{ "freed", "FREED", UNIT_COUNT, "blocks that were freed" },
	{ "p50_ns", "HALF WITHIN", UNIT_NS, "half of them lived at most this long" },
	{ "p99_ns", "99 % WITHIN", UNIT_NS, "99 of 100 lived at most this long" },
	{ "max_ns", "ALL WITHIN", UNIT_NS, "none lived longer" },
	{ "live", "LIVE", UNIT_COUNT, "blocks never freed" },
	{ "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

struct site_life {
	struct site_quantiles freed;
	int64_t live;
};

struct lives {
	uint32_t last; /* site */
	struct site_life *sites;
};

static void take_site(void *to, int64_t site, const struct site_bucket *at, size_t count)
{
	struct lives *lives = to;

	if (site > 0 && site <= lives->last)
		lives->sites[site].freed = site_buckets_quantiles(at, count);
}

static int read_live(struct store *s, const struct scope *scope, const struct lives *lives, struct err *err)
{
	struct site_sums *sums = site_sums_of(s, scope, err);

	if (!sums || site_sums_need_cost(sums, s, COST_LEAKED_ALLOCATIONS, err))
		return -1;
	for (uint32_t site = 1; site <= sums->last && site <= lives->last; site++)
		lives->sites[site].live = sums->costs[COST_LEAKED_ALLOCATIONS][site];
	return 0;
}

static void add_rows(const struct stack_tree *tree, const struct lives *lives, const struct report_query *q, struct table *t)
{
	for (uint32_t site = 1; site <= lives->last; site++) {
		const struct site_life *life = &lives->sites[site];
		const struct stack_place *place = &tree->sites[site];
		if ((!life->freed.count && !life->live) || !site_rows_match(q, stack_tree_function(tree, place->function)))
			continue;
		struct value *row = table_add_row(t);
		site_rows_place(tree, place, t, row);
		table_set_number(&row[4], life->freed.count);
		if (life->freed.count) {
			table_set_number(&row[5], life->freed.p50);
			table_set_number(&row[6], life->freed.p99);
			table_set_number(&row[7], life->freed.most);
		}
		table_set_number(&row[8], life->live);
		table_set_number(&row[9], site);
		table_set_number(&row[10], place->function);
	}
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;
	struct lives lives;
	int rc;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	lives = (struct lives){ tree.last_site, memory_zeroed((size_t)tree.last_site + 1, sizeof(*lives.sites)) };
	rc = site_buckets_each(s, &scope, "lifetime", 0, take_site, &lives, err) || read_live(s, &scope, &lives, err) ? -1 : 0;
	if (!rc)
		add_rows(&tree, &lives, q, t);
	free(lives.sites);
	stack_tree_release(&tree);
	return rc;
}

const struct report report_lifetimes = {
	.name = "lifetimes",
	.title = "Lifetimes",
	.help = "how long the blocks of each site live",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = 4,
	.filters = REPORT_PID | REPORT_MATCH,
	.needs = LENS_HISTOGRAMS,
	.parts = LENS_LEAKS,
	.fill = fill,
	.sql =
		"WITH h AS (SELECT site_id, high, sum(sum(count)) OVER (PARTITION BY site_id ORDER BY low) AS seen,\n"
		"                  sum(sum(count)) OVER (PARTITION BY site_id) AS freed\n"
		"           FROM histogram WHERE kind = 'lifetime' GROUP BY site_id, low),\n"
		"p AS (SELECT site_id, freed, min(CASE WHEN seen >= (freed + 1) / 2 THEN high END) AS p50_ns,\n"
		"             min(CASE WHEN seen >= freed - freed / 100 THEN high END) AS p99_ns, max(high) AS max_ns FROM h GROUP BY site_id),\n"
		"l AS (SELECT site_id, sum(value) AS live FROM site_total WHERE cost_id = 5 GROUP BY site_id)\n"
		"SELECT function, file, nullif(line, 0) AS line, module, coalesce(freed, 0) AS freed, p50_ns, p99_ns, max_ns, coalesce(live, 0) AS live\n"
		"FROM sites LEFT JOIN p ON p.site_id = sites.site_id LEFT JOIN l ON l.site_id = sites.site_id\n"
		"WHERE freed <> 0 OR live <> 0 ORDER BY freed DESC",
};
