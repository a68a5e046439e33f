/* SPDX-License-Identifier: MIT
 *
 * One pass over `total` adds every cost up by site, in an array of costs a site; the stack tree then
 * gives the names.
 */
#define _GNU_SOURCE /* strcasestr */
#include "analyzer/report/site_rows.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

struct site_sum {
	int64_t costs[COST_LIMIT];
	int64_t peak, max_live;
	int64_t best;   /* largest figure of `stack_by` among its stacks */
	uint32_t stack; /* that one */
};

int site_rows_match(const struct report_query *q, const char *name)
{
	return !q->match || (name && strcasestr(name, q->match) != NULL);
}

void site_rows_keep_matching(const struct report_query *q, struct table *t, const size_t *columns, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->row_count; i++) {
		int matches = 0;
		for (size_t c = 0; c < count; c++)
			matches |= site_rows_match(q, table_at(t, i, columns[c])->text);
		if (matches && kept < i)
			memcpy(table_at(t, kept, 0), table_at(t, i, 0), t->column_count * sizeof(*t->values));
		kept += matches != 0;
	}
	t->row_count = t->total_rows = kept;
}

void site_rows_place(const struct stack_tree *tree, const struct stack_place *place, struct table *t, struct value *four)
{
	table_set_text(t, &four[0], stack_tree_function(tree, place->function));
	table_set_text(t, &four[1], stack_tree_file(tree, place->file));
	if (place->line)
		table_set_number(&four[2], place->line);
	table_set_text(t, &four[3], stack_tree_module(tree, place->function));
}

/* Adds up the costs by site. Rows come a cost and stack together, so the best stack is known when the next one begins. */
static int sum_costs(struct store *s, const struct scope *scope, int stack_by, const struct stack_tree *tree,
                     struct site_sum *sums, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT cost_id, stack_id, value FROM total WHERE cost_id < ?3 AND " SCOPE_THREADS
	                                       " ORDER BY cost_id, stack_id", err);
	int64_t last = 0, of_last = 0;
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	statement_bind_number(q, 3, COST_LIMIT);
	while ((got = statement_step(q, err)) > 0) {
		int64_t cost = statement_number(q, 0), stack = statement_number(q, 1), value = statement_number(q, 2);
		if (cost < 0 || stack < 1 || stack > tree->last_node || !tree->nodes[stack].frame) {
			got = err_set(err, ERR_FAILED, "the database is damaged: it counts something for stack %lld, which is not there",
			              (long long)stack);
			break;
		}
		struct site_sum *sum = &sums[tree->nodes[stack].site];
		sum->costs[cost] += value;
		if (cost != stack_by)
			continue;
		of_last = stack == last ? of_last + value : value;
		last = stack;
		if (of_last > sum->best) {
			sum->best = of_last;
			sum->stack = (uint32_t)stack;
		}
	}
	statement_finish(q);
	return got;
}

static int read_peaks(struct store *s, const struct scope *scope, const struct stack_tree *tree, struct site_sum *sums,
                      struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT site_id, max(peak_bytes), max(max_live) FROM site_peak WHERE "
	                                       SCOPE_PROCESSES " AND (CASE WHEN ?2 = 0 THEN thread_id = 0 ELSE thread_id IN "
	                                       "(SELECT id FROM thread WHERE tid = ?2) END) GROUP BY site_id", err);
	int got;

	if (!q)
		return -1;
	scope_bind(q, scope);
	while ((got = statement_step(q, err)) > 0) {
		int64_t site = statement_number(q, 0);
		if (site < 1 || site > tree->last_site)
			continue;
		sums[site].peak = statement_number(q, 1);
		sums[site].max_live = statement_number(q, 2);
	}
	statement_finish(q);
	return got;
}

void site_rows_stack(const struct stack_tree *tree, uint32_t stack, struct table *t, struct value *v)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = stack ? open_memstream(&text, &size) : NULL;

	if (!out)
		return;
	stack_tree_write(tree, stack, 0, out);
	if (fclose(out) == 0)
		table_set_text(t, v, text);
	free(text);
}

static void set_value(const struct stack_tree *tree, uint32_t site, const struct site_sum *sum, int source, struct table *t,
                      struct value *v)
{
	const struct stack_place *place = &tree->sites[site];

	switch (source) {
	case SITE_FUNCTION:
		site_rows_place(tree, place, t, v);
		break;
	case SITE_FILE:
	case SITE_LINE:
	case SITE_MODULE:
		break; /* come with the function */
	case SITE_PEAK:
		if (sum->max_live) /* at least one block was live: else it is not known */
			table_set_number(v, sum->peak);
		break;
	case SITE_MAX_LIVE:
		if (sum->max_live)
			table_set_number(v, sum->max_live);
		break;
	case SITE_TEMPORARY_SHARE:
		if (sum->costs[COST_ALLOCATIONS])
			table_set_number(v, (int64_t)(100.0 * (double)sum->costs[COST_TEMPORARY_ALLOCATIONS] /
			                              (double)sum->costs[COST_ALLOCATIONS] + 0.5));
		break;
	case SITE_STACK:
		site_rows_stack(tree, sum->stack, t, v);
		break;
	case SITE_ID:
		table_set_number(v, site);
		break;
	case SITE_FUNCTION_ID:
		table_set_number(v, place->function);
		break;
	default:
		table_set_number(v, sum->costs[source]);
		break;
	}
}

static int worth_a_row(const struct site_rows *rows, const struct site_sum *sum)
{
	if (rows->worth)
		return sum->costs[rows->worth] != 0;
	for (size_t c = 0; c < rows->source_count; c++)
		if (rows->sources[c] < COST_LIMIT && sum->costs[rows->sources[c]])
			return 1;
	return 0;
}

static void add_rows(const struct stack_tree *tree, const struct site_sum *sums, const struct report_query *q,
                     const struct site_rows *rows, struct table *t)
{
	for (uint32_t site = 1; site <= tree->last_site; site++) {
		if (!worth_a_row(rows, &sums[site]) || !site_rows_match(q, stack_tree_function(tree, tree->sites[site].function)))
			continue;
		struct value *row = table_add_row(t);
		for (size_t c = 0; c < rows->source_count; c++)
			set_value(tree, site, &sums[site], rows->sources[c], t, &row[c]);
	}
}

int site_rows_fill(struct store *s, const struct report_query *q, const struct site_rows *rows, struct table *t,
                   struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;

	if (stack_tree_load(s, &tree, err))
		return -1;
	struct site_sum *sums = memory_zeroed((size_t)tree.last_site + 1, sizeof(*sums));
	int rc = sum_costs(s, &scope, rows->stack_by, &tree, sums, err);
	if (!rc)
		rc = read_peaks(s, &scope, &tree, sums, err);
	if (!rc)
		add_rows(&tree, sums, q, rows, t);
	free(sums);
	stack_tree_release(&tree);
	return rc;
}
