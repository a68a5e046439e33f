/* SPDX-License-Identifier: MIT
 *
 * Neighbours and flat profile come from one walk: every stack that was counted, from its innermost
 * to its outermost frame, adds to the functions on it, each once. The stacks of one site are few, so
 * they are asked for one by one instead.
 */
#include "analyzer/report/stack_view.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/site_rows.h"
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

/* --- sums by function ------------------------------------------------------------------------------- */

struct function_sum {
	int64_t value, self;
	uint32_t stack; /* the stack that was added last */
};

struct sums {
	struct cost cost;
	struct stack_tree tree;
	int64_t *values;            /* by stack */
	struct function_sum *functions;
};

static int sums_load(struct store *s, int64_t cost_id, const struct scope *scope, struct sums *sums, struct err *err)
{
	if (cost_find_id(s, cost_id, &sums->cost, err) || stack_tree_load(s, &sums->tree, err))
		return -1;
	sums->values = memory_zeroed((size_t)sums->tree.last_node + 1, sizeof(*sums->values));
	sums->functions = memory_zeroed((size_t)sums->tree.last_function + 1, sizeof(*sums->functions));
	if (!cost_by_stack(s, cost_id, scope, sums->values, sums->tree.last_node, err))
		return 0;
	free(sums->values);
	free(sums->functions);
	stack_tree_release(&sums->tree);
	return -1;
}

static void sums_release(struct sums *sums)
{
	free(sums->values);
	free(sums->functions);
	stack_tree_release(&sums->tree);
}

/* Adds a stack's value to a function, unless this stack did already. */
static void add_once(struct sums *sums, uint32_t function, uint32_t stack, int is_self)
{
	struct function_sum *sum = &sums->functions[function];

	if (sum->stack != stack) {
		sum->stack = stack;
		sum->value += sums->values[stack];
		if (is_self)
			sum->self += sums->values[stack];
	}
}

static uint32_t function_of(const struct stack_tree *tree, uint32_t node)
{
	return tree->frames[tree->nodes[node].frame].function;
}

static void add_neighbours(struct sums *sums, uint32_t function, int callees)
{
	const struct stack_tree *tree = &sums->tree;

	for (uint32_t stack = 1; stack <= tree->last_node; stack++) {
		if (!sums->values[stack])
			continue;
		uint32_t site = tree->sites[tree->nodes[stack].site].function;
		for (uint32_t n = stack, parent; (parent = tree->nodes[n].parent); n = parent) {
			uint32_t inner = function_of(tree, n), outer = function_of(tree, parent);
			if (callees && outer == function)
				add_once(sums, inner, stack, site == inner);
			else if (!callees && inner == function)
				add_once(sums, outer, stack, site == function);
		}
	}
}

static void add_functions(struct sums *sums)
{
	const struct stack_tree *tree = &sums->tree;

	for (uint32_t stack = 1; stack <= tree->last_node; stack++) {
		if (!sums->values[stack])
			continue;
		uint32_t site = tree->sites[tree->nodes[stack].site].function;
		for (uint32_t n = stack; n; n = tree->nodes[n].parent)
			add_once(sums, function_of(tree, n), stack, function_of(tree, n) == site);
	}
}

static void sums_to_table(const struct sums *sums, const struct report_query *q, struct table *t)
{
	table_init(t, sums->cost.unit == UNIT_BYTES ? stack_view_neighbour_columns :
	              sums->cost.unit == UNIT_NS    ? neighbour_ns_columns : neighbour_count_columns,
	           stack_view_neighbour_column_count);
	for (uint32_t f = 1; f <= sums->tree.last_function; f++) {
		const struct function_sum *sum = &sums->functions[f];
		if (!sum->stack || (q && !site_rows_match(q, stack_tree_function(&sums->tree, f))))
			continue;
		struct value *row = table_add_row(t);
		table_set_number(&row[FUNCTION_ID], f);
		table_set_text(t, &row[FUNCTION], stack_tree_function(&sums->tree, f));
		table_set_number(&row[VALUE], sum->value);
		table_set_number(&row[SELF], sum->self);
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
	struct sums sums;

	if (sums_load(s, cost_id, &all, &sums, err))
		return -1;
	if (function_id > 0 && function_id <= sums.tree.last_function)
		add_neighbours(&sums, (uint32_t)function_id, callees);
	sums_to_table(&sums, NULL, t);
	cut(t, VALUE, limit);
	sums_release(&sums);
	return 0;
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
	struct cost cost;
	struct sums sums;

	if (cost_find(s, q->cost, &cost, err) || sums_load(s, cost.id, &scope, &sums, err))
		return -1;
	add_functions(&sums);
	sums_to_table(&sums, q, t);
	sums_release(&sums);
	return 0;
}
