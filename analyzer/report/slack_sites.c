/* SPDX-License-Identifier: MIT
 *
 * Slack: what the allocator gave beyond what was asked for, a row a site of which there is a sample. What that comes
 * to at the peak is an estimate: the sample's slack a block, for as many blocks as the site had live then.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/site_sums.h"
#include "analyzer/store/lens.h"

#define MOST 9e18 /* a damaged database's figures need not fit */

enum { BLOCKS = 4, REQUESTED, USABLE, SHARE, AT_PEAK, SITE, FUNCTION };

static const struct column columns[] = {
	SITE_COLUMNS,
	{ "blocks", "SAMPLED", UNIT_COUNT, "blocks in the sample: one of 127 allocations" },
	{ "requested_bytes", "ASKED FOR", UNIT_BYTES, "bytes asked for, of these blocks" },
	{ "usable_bytes", "GOT", UNIT_BYTES, "bytes that can be used, of these blocks" },
	{ "share", "SLACK", UNIT_PERCENT, "percent of what can be used that was not asked for" },
	{ "at_peak_slack_bytes", "AT PEAK", UNIT_BYTES, "slack of the site's blocks when the process's heap was largest, estimated" },
	{ "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

struct site_slack {
	int64_t blocks, requested, usable;
	int64_t at_peak; /* blocks */
};

static int read_sample(struct store *s, const struct scope *scope, const struct stack_tree *tree, struct site_slack *sites,
                       struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT site_id, blocks, requested_bytes, usable_bytes, stack_id FROM slack "
	                                       "LEFT JOIN stack ON stack.id = stack_id WHERE " SCOPE_PROCESSES, err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	while ((got = statement_step(q, err)) > 0) {
		int64_t id = statement_number(q, 0);
		if (id < 1 || id > tree->last_site || !tree->sites[id].function) {
			got = err_set(err, ERR_FAILED, "the database is damaged: a block was measured of stack %lld, which is not there",
			              (long long)statement_number(q, 4));
			break;
		}
		struct site_slack *site = &sites[id];
		site->blocks += statement_number(q, 1);
		site->requested += statement_number(q, 2);
		site->usable += statement_number(q, 3);
	}
	statement_finish(q);
	return got;
}

static int read_peak(struct store *s, const struct scope *scope, const struct stack_tree *tree, struct site_slack *sites,
                     struct err *err)
{
	struct site_sums *sums = site_sums_of(s, scope, err);

	if (!sums || site_sums_need_cost(sums, s, COST_AT_PEAK_ALLOCATIONS, err))
		return -1;
	for (uint32_t site = 1; site <= sums->last && site <= tree->last_site; site++)
		sites[site].at_peak = sums->costs[COST_AT_PEAK_ALLOCATIONS][site];
	return 0;
}

static void add_rows(const struct stack_tree *tree, const struct site_slack *sites, const struct report_query *q, struct table *t)
{
	for (uint32_t site = 1; site <= tree->last_site; site++) {
		const struct site_slack *slack = &sites[site];
		const struct stack_place *place = &tree->sites[site];
		if (slack->blocks < 1 || !site_rows_match(q, stack_tree_function(tree, place->function)))
			continue;
		struct value *row = table_add_row(t);
		double unused = (double)slack->usable - (double)slack->requested;
		double at_peak = unused / (double)slack->blocks * (double)slack->at_peak;
		site_rows_place(tree, place, t, row);
		table_set_number(&row[BLOCKS], slack->blocks);
		table_set_number(&row[REQUESTED], slack->requested);
		table_set_number(&row[USABLE], slack->usable);
		if (slack->usable > 0)
			table_set_number(&row[SHARE], (int64_t)(100.0 * unused / (double)slack->usable + 0.5));
		table_set_number(&row[AT_PEAK], (int64_t)(at_peak < MOST ? at_peak + 0.5 : MOST));
		table_set_number(&row[SITE], site);
		table_set_number(&row[FUNCTION], place->function);
	}
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	struct site_slack *sites = memory_zeroed((size_t)tree.last_site + 1, sizeof(*sites));
	int rc = read_sample(s, &scope, &tree, sites, err);
	if (!rc)
		rc = read_peak(s, &scope, &tree, sites, err);
	if (!rc)
		add_rows(&tree, sites, q, t);
	free(sites);
	stack_tree_release(&tree);
	return rc;
}

const struct report report_slack = {
	.name = "slack",
	.title = "Slack",
	.help = "what the allocator gave beyond what was asked for, by a sample",
	.rows = "sites",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 2,
	.sort_column = AT_PEAK,
	.filters = REPORT_PID | REPORT_MATCH,
	.needs = LENS_SLACK,
	.parts = LENS_LEAKS,
	.fill = fill,
	.sql =
		"WITH s AS (SELECT site_id, sum(blocks) AS blocks, sum(requested_bytes) AS requested_bytes, sum(usable_bytes) AS usable_bytes\n"
		"           FROM slack JOIN stack ON stack.id = stack_id GROUP BY site_id),\n"
		"p AS (SELECT site_id, sum(value) AS at_peak FROM site_total WHERE cost_id = 9 GROUP BY site_id)\n"
		"SELECT function, file, nullif(line, 0) AS line, module, blocks, requested_bytes, usable_bytes,\n"
		"       CAST(100.0 * (usable_bytes - requested_bytes) / nullif(usable_bytes, 0) + 0.5 AS INTEGER) AS share,\n"
		"       CAST(1.0 * (usable_bytes - requested_bytes) / blocks * coalesce(at_peak, 0) + 0.5 AS INTEGER) AS at_peak_slack_bytes\n"
		"FROM s JOIN sites ON sites.site_id = s.site_id LEFT JOIN p ON p.site_id = s.site_id WHERE blocks > 0 ORDER BY at_peak_slack_bytes DESC",
};
