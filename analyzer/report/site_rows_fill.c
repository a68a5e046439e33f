/* SPDX-License-Identifier: MIT
 *
 * Lists of sites are made of the kept sums by site. Which sites have a row is known from these alone; if only the first of some
 * order are asked for, no others get their names. Stacks are looked at only where a row shows one.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/site_few.h"
#include "analyzer/report/site_rank.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/site_sums.h"
#include "analyzer/store/lens.h"

enum { FEW_SITES = 200 }; /* are read by key */

/* --- which sites ----------------------------------------------------------------------------- */

/* A list being made. */
struct listing {
	struct store *store;
	const struct report_query *query;
	const struct site_rows *rows;
	struct scope scope;
	struct site_sums *sums;
	struct stack_tree tree; /* names, if all are needed; stacks as far as they are shown */
	uint32_t *sites;        /* that have a row, ascending */
	size_t count;
};

static int is_cost(int source)
{
	return source > 0 && source < COST_LIMIT;
}

/* The cost that all sites with a row have some of; 0: any among the sources will do. What is live within a span of time need not have
 * been allocated in it; otherwise all that is counted of a site's blocks was. */
static int worth_of(const struct listing *l)
{
	int64_t first, last;

	lens_slices(l->store, &first, &last);
	return l->rows->worth || first ? l->rows->worth : COST_ALLOCATIONS;
}

static int worth_a_row(const struct listing *l, int worth, uint32_t site)
{
	if (worth)
		return l->sums->costs[worth][site] != 0;
	for (size_t c = 0; c < l->rows->source_count; c++)
		if (is_cost(l->rows->sources[c]) && l->sums->costs[l->rows->sources[c]][site])
			return 1;
	return 0;
}

static int need_all(const struct listing *l, struct err *err)
{
	for (size_t c = 0; c < l->rows->source_count; c++) {
		int source = l->rows->sources[c];

		if (is_cost(source) && site_sums_need_cost(l->sums, l->store, source, err))
			return -1;
		if ((source == SITE_PEAK || source == SITE_MAX_LIVE) && site_sums_need_peaks(l->sums, l->store, err))
			return -1;
	}
	return 0;
}

static int choose_sites(struct listing *l, struct err *err)
{
	int worth = worth_of(l);

	if (worth ? site_sums_need_cost(l->sums, l->store, worth, err) : need_all(l, err))
		return -1;
	l->sites = memory_zeroed((size_t)l->sums->last + 1, sizeof(*l->sites));
	for (uint32_t site = 1; site <= l->sums->last; site++)
		if (worth_a_row(l, worth, site))
			l->sites[l->count++] = site;
	return 0;
}

/* The cost that the rows are sorted by, 0 if they are by something else; `up`: smallest first. */
static int sort_cost(const struct listing *l, const struct table *t, int *up)
{
	const char *sort = l->query->sort;
	int source = l->rows->sort, column;

	*up = sort && sort[0] == '-';
	if (sort) {
		column = table_column(t, sort + *up);
		source = column < 0 ? 0 : l->rows->sources[column];
	}
	return is_cost(source) ? source : 0;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void set_value(const struct listing *l, const struct site_row *from, int source, struct table *t, struct value *v)
{
	switch (source) {
	case SITE_FUNCTION:
		table_set_text(t, v, from->name);
		break;
	case SITE_FILE:
		table_set_text(t, v, from->file);
		break;
	case SITE_LINE:
		if (from->line)
			table_set_number(v, from->line);
		break;
	case SITE_MODULE:
		table_set_text(t, v, from->module);
		break;
	case SITE_PEAK:
		if (from->max_live) /* at least one block was live: else it is not known */
			table_set_number(v, from->peak);
		break;
	case SITE_MAX_LIVE:
		if (from->max_live)
			table_set_number(v, from->max_live);
		break;
	case SITE_TEMPORARY_SHARE:
		if (from->costs[COST_ALLOCATIONS])
			table_set_number(v, (int64_t)(100.0 * (double)from->costs[COST_TEMPORARY_ALLOCATIONS] /
			                              (double)from->costs[COST_ALLOCATIONS] + 0.5));
		break;
	case SITE_STACK:
		site_rows_stack(&l->tree, from->stack, t, v);
		break;
	case SITE_LATER:
		break;
	case SITE_ID:
		table_set_number(v, from->site);
		break;
	case SITE_FUNCTION_ID:
		table_set_number(v, from->function);
		break;
	default:
		table_set_number(v, from->costs[source]);
		break;
	}
}

static void add_row(const struct listing *l, const struct site_row *from, struct table *t)
{
	struct value *row = table_add_row(t);

	for (size_t c = 0; c < l->rows->source_count; c++)
		set_value(l, from, l->rows->sources[c], t, &row[c]);
}

/* --- of few sites ---------------------------------------------------------------------------- */

/* The stacks to show, and their names. */
static int few_stacks(struct listing *l, struct site_row *rows, struct err *err)
{
	if (stack_tree_load_names(l->store, &l->tree, err) ||
	    site_few_stacks(l->store, &l->scope, l->rows->stack_by, rows, l->count, err))
		return -1;
	for (size_t k = 0; k < l->count; k++)
		if (rows[k].stack && stack_tree_need(&l->tree, rows[k].stack, err))
			return -1;
	return 0;
}

static int fill_few(struct listing *l, struct table *t, struct err *err)
{
	struct site_row *rows = memory_zeroed(l->count + 1, sizeof(*rows));
	int rc;

	for (size_t k = 0; k < l->count; k++)
		rows[k].site = l->sites[k];
	rc = site_few_read(l->store, &l->scope, t, rows, l->count, err);
	if (!rc && l->rows->stack_by)
		rc = few_stacks(l, rows, err);
	for (size_t k = 0; k < l->count && !rc; k++)
		add_row(l, &rows[k], t);
	free(rows);
	return rc;
}

/* --- of many --------------------------------------------------------------------------------- */

/* For each site the stack with most of the cost, of all stacks; the caller frees. */
static uint32_t *many_stacks(struct listing *l, struct err *err)
{
	struct statement *q = store_prepare(l->store, "SELECT stack_id, sum(value) FROM total WHERE cost_id = ?3 AND " SCOPE_THREADS
	                                    " GROUP BY stack_id", err);
	int64_t *best = memory_zeroed((size_t)l->sums->last + 1, sizeof(*best));
	uint32_t *stacks = memory_zeroed((size_t)l->sums->last + 1, sizeof(*stacks));
	int got = -1;

	if (q) {
		scope_bind(q, &l->scope);
		statement_bind_number(q, 3, l->rows->stack_by);
		while ((got = statement_step(q, err)) > 0) {
			int64_t stack = statement_number(q, 0), value = statement_number(q, 1);
			uint32_t site;

			if (stack_tree_need(&l->tree, stack, err)) {
				got = -1;
				break;
			}
			site = l->tree.nodes[stack].site;
			if (site <= l->sums->last && value > best[site]) {
				best[site] = value;
				stacks[site] = (uint32_t)stack;
			}
		}
		statement_finish(q);
	}
	free(best);
	if (!got)
		return stacks;
	free(stacks);
	return NULL;
}

/* What the arrays and the tree have of a site. */
static struct site_row row_of(const struct listing *l, uint32_t site)
{
	const struct stack_place *place = &l->tree.sites[site];
	struct site_row row = { .site = site, .function = place->function, .line = place->line };

	row.name = stack_tree_function(&l->tree, place->function);
	row.file = stack_tree_file(&l->tree, place->file);
	row.module = stack_tree_module(&l->tree, place->function);
	for (int cost = 0; cost < COST_LIMIT; cost++)
		row.costs[cost] = l->sums->costs[cost] ? l->sums->costs[cost][site] : 0;
	if (l->sums->peak) {
		row.peak = l->sums->peak[site];
		row.max_live = l->sums->max_live[site];
	}
	return row;
}

static int fill_many(struct listing *l, struct table *t, struct err *err)
{
	uint32_t *stacks = NULL;

	if (need_all(l, err) || (l->rows->stack_by ? stack_tree_load : stack_tree_load_names)(l->store, &l->tree, err))
		return -1;
	if (l->rows->stack_by && !(stacks = many_stacks(l, err)))
		return -1;
	for (size_t k = 0; k < l->count; k++) {
		uint32_t site = l->sites[k];
		struct site_row row;

		if (site > l->tree.last_site || !l->tree.sites[site].function) {
			free(stacks);
			return err_set(err, ERR_FAILED, "the database is damaged: it counts something for site %u, which is not there", site);
		}
		row = row_of(l, site);
		row.stack = stacks ? stacks[site] : 0;
		if (site_rows_match(l->query, row.name))
			add_row(l, &row, t);
	}
	free(stacks);
	return 0;
}

static int fill_listing(struct listing *l, struct table *t, struct err *err)
{
	long limit = l->query->limit;
	int up, cost = sort_cost(l, t, &up), rc;
	size_t all;

	if (choose_sites(l, err))
		return -1;
	if (!cost || limit <= 0 || limit > FEW_SITES || l->query->match)
		return fill_many(l, t, err);
	if (site_sums_need_cost(l->sums, l->store, cost, err))
		return -1;
	all = l->count;
	l->count = site_rank_first(l->sites, l->count, l->sums->costs[cost], up, (size_t)limit);
	rc = fill_few(l, t, err);
	t->total_rows = all;
	return rc;
}

int site_rows_fill(struct store *s, const struct report_query *q, const struct site_rows *rows, struct table *t,
                   struct err *err)
{
	struct listing l = { .store = s, .query = q, .rows = rows, .scope = { q->pid, q->tid } };
	int rc;

	l.sums = site_sums_of(s, &l.scope, err);
	rc = l.sums ? fill_listing(&l, t, err) : -1;
	free(l.sites);
	stack_tree_release(&l.tree);
	return rc;
}
