/* SPDX-License-Identifier: MIT
 *
 * Neighbours and flat profile: the kept sums of a cost, as tables.
 */
#include "analyzer/report/stack_view.h"

#include <stdlib.h>

#include "analyzer/report/site_rows.h"
#include "analyzer/report/stack_sums.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum { FUNCTION_ID, FUNCTION, VALUE, SELF };

#define NEIGHBOUR_COLUMNS(unit) { \
	{ "function_id", NULL, UNIT_ID, "key of the function" }, \
	{ "function", "FUNCTION", UNIT_TEXT, "its name" }, \
	{ "value", "VALUE", unit, "of the stacks it is on" }, \
	{ "self", "SELF", unit, "of those, what it asked for itself" }, \
}

const struct column stack_view_neighbour_columns[] = NEIGHBOUR_COLUMNS(UNIT_BYTES);
static const struct column neighbour_count_columns[] = NEIGHBOUR_COLUMNS(UNIT_COUNT);
static const struct column neighbour_ns_columns[] = NEIGHBOUR_COLUMNS(UNIT_NS);
const size_t stack_view_neighbour_column_count = sizeof(stack_view_neighbour_columns) / sizeof(stack_view_neighbour_columns[0]);

static void sums_to_table(const struct stack_sum *sums, const struct stack_tree *tree, const struct cost *cost, const struct report_query *q,
                          struct table *t)
{
	table_init(t, cost->unit == UNIT_BYTES ? stack_view_neighbour_columns :
	              cost->unit == UNIT_NS    ? neighbour_ns_columns : neighbour_count_columns, stack_view_neighbour_column_count);
	for (uint32_t f = 1; f <= tree->last_function; f++) {
		if (!sums[f].stack || (q && !site_rows_match(q, stack_tree_function(tree, f))))
			continue;
		struct value *row = table_add_row(t);
		table_set_number(&row[FUNCTION_ID], f);
		table_set_text(t, &row[FUNCTION], stack_tree_function(tree, f));
		table_set_number(&row[VALUE], sums[f].value);
		table_set_number(&row[SELF], sums[f].self);
	}
}

static void cut(struct table *t, size_t column, long limit)
{
	table_sort(t, column, 1);
	t->total_rows = t->row_count;
	if (limit > 0 && t->row_count > (size_t)limit)
		t->row_count = (size_t)limit;
}

static int neighbours(struct store *s, int64_t function_id, int cost_id, long limit, int callees, struct table *t,
                      struct err *err)
{
	struct scope all = { 0 };
	struct stack_tree tree;
	struct stack_sums *sums;
	struct stack_sum *found = NULL;
	struct cost cost;

	if (cost_find_id(s, cost_id, &cost, err) || stack_tree_load(s, &tree, err))
		return -1;
	sums = stack_sums_of(s, cost_id, &all, &tree, err);
	if (sums)
		found = stack_sums_neighbours(sums, s, &tree, function_id > 0 && function_id <= tree.last_function ? (uint32_t)function_id : 0,
		                              callees, err);
	if (found) {
		sums_to_table(found, &tree, &cost, NULL, t);
		cut(t, VALUE, limit);
	}
	free(found);
	stack_tree_release(&tree);
	return found ? 0 : -1;
}

int stack_view_callers(struct store *s, int64_t function_id, int cost_id, long limit, struct table *t, struct err *err)
{
	return neighbours(s, function_id, cost_id, limit, 0, t, err);
}

int stack_view_callees(struct store *s, int64_t function_id, int cost_id, long limit, struct table *t, struct err *err)
{
	return neighbours(s, function_id, cost_id, limit, 1, t, err);
}

int stack_view_functions(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;
	struct stack_sums *sums;
	struct cost cost;
	int rc;

	if (cost_find(s, q->cost, &cost, err) || stack_tree_load(s, &tree, err))
		return -1;
	sums = stack_sums_of(s, cost.id, &scope, &tree, err);
	rc = sums ? stack_sums_functions(sums, s, &tree, err) : -1;
	if (!rc)
		sums_to_table(sums->functions, &tree, &cost, q, t);
	stack_tree_release(&tree);
	return rc;
}
