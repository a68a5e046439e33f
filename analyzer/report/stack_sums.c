/* SPDX-License-Identifier: MIT
 *
 * Every stack that was counted, from its innermost to its outermost frame, adds to the functions on it, each once. For the
 * neighbours of one function only the stacks that it is on are walked: which these are, each stack knows from its caller.
 */
#include "analyzer/report/stack_sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/kept.h"

enum { STEPS = 65536 }; /* stacks between two looks at whether to go on */

static void sums_release(void *data)
{
	struct stack_sums *sums = data;

	free(sums->values);
	free(sums->functions);
	free(sums);
}

struct stack_sums *stack_sums_of(struct store *s, int64_t cost_id, const struct scope *scope, const struct stack_tree *tree, struct err *err)
{
	struct stack_sums *sums;
	char key[100];

	snprintf(key, sizeof(key), "stack_sums %" PRId64 " %" PRId64 " %" PRId64, cost_id, scope->pid, scope->tid);
	sums = kept_find(s, key);
	if (sums)
		return sums;
	sums = memory_zeroed(1, sizeof(*sums));
	sums->values = memory_zeroed((size_t)tree->last_node + 1, sizeof(*sums->values));
	if (cost_by_stack(s, cost_id, scope, sums->values, tree->last_node, err)) {
		sums_release(sums);
		return NULL;
	}
	kept_add(s, KEPT_ARRAYS, STACK_SUMS_KEPT, key, sums, sums_release);
	return sums;
}

static uint32_t function_of(const struct stack_tree *tree, uint32_t node)
{
	return tree->frames[tree->nodes[node].frame].function;
}

static uint32_t site_function_of(const struct stack_tree *tree, uint32_t node)
{
	return tree->sites[tree->nodes[node].site].function;
}

/* Adds a stack's value to a function, unless this stack did already. */
static inline void add_once(struct stack_sum *sum, int64_t value, uint32_t stack, int is_self)
{
	if (sum->stack == stack)
		return;
	sum->stack = stack;
	sum->value += value;
	if (is_self)
		sum->self += value;
}

int stack_sums_functions(struct stack_sums *sums, struct store *s, const struct stack_tree *tree, struct err *err)
{
	struct stack_sum *functions;

	if (sums->functions)
		return 0;
	functions = memory_zeroed((size_t)tree->last_function + 1, sizeof(*functions));
	for (uint32_t stack = 1; stack <= tree->last_node; stack++) {
		if (stack % STEPS == 0 && store_interrupted(s, err)) {
			free(functions);
			return -1;
		}
		if (!sums->values[stack])
			continue;
		uint32_t site = site_function_of(tree, stack);
		for (uint32_t n = stack; n; n = tree->nodes[n].parent)
			add_once(&functions[function_of(tree, n)], sums->values[stack], stack, function_of(tree, n) == site);
	}
	sums->functions = functions;
	return 0;
}

/* 1 if a function is on a stack; `on` knows it of the stacks before. */
static int is_on(const struct stack_tree *tree, const unsigned char *on, uint32_t stack, uint32_t function)
{
	for (uint32_t n = stack; n; n = tree->nodes[n].parent) {
		if (n < stack)
			return on[n];
		if (function_of(tree, n) == function)
			return 1;
	}
	return 0;
}

static void add_neighbours(struct stack_sum *sums, const struct stack_tree *tree, uint32_t stack, int64_t value, uint32_t function, int callees)
{
	uint32_t site = site_function_of(tree, stack);

	for (uint32_t n = stack, parent; (parent = tree->nodes[n].parent); n = parent) {
		uint32_t inner = function_of(tree, n), outer = function_of(tree, parent);
		if (callees && outer == function)
			add_once(&sums[inner], value, stack, site == inner);
		else if (!callees && inner == function)
			add_once(&sums[outer], value, stack, site == function);
	}
}

struct stack_sum *stack_sums_neighbours(const struct stack_sums *sums, struct store *s, const struct stack_tree *tree, uint32_t function,
                                        int callees, struct err *err)
{
	struct stack_sum *found = memory_zeroed((size_t)tree->last_function + 1, sizeof(*found));
	unsigned char *on = memory_zeroed((size_t)tree->last_node + 1, 1);
	int rc = 0;

	for (uint32_t stack = 1; stack <= tree->last_node && !rc; stack++) {
		if (stack % STEPS == 0)
			rc = store_interrupted(s, err);
		if (!tree->nodes[stack].frame)
			continue;
		on[stack] = (unsigned char)is_on(tree, on, stack, function);
		if (on[stack] && sums->values[stack])
			add_neighbours(found, tree, stack, sums->values[stack], function, callees);
	}
	free(on);
	if (!rc)
		return found;
	free(found);
	return NULL;
}
