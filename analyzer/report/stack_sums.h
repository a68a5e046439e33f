/* SPDX-License-Identifier: MIT
 *
 * A cost by stack, and by the functions on the stacks: what views ask for again and again as their cursor moves. Kept with the
 * store: of the STACK_SUMS_KEPT costs asked for last, eight bytes a stack (80 MB for ten million) and 24 a function.
 */
#ifndef REPORT_STACK_SUMS_H
#define REPORT_STACK_SUMS_H

#include "analyzer/base/err.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum { STACK_SUMS_KEPT = 2 };

struct stack_sum { /* of a function */
	int64_t value;  /* of the stacks it is on, each counted once */
	int64_t self;   /* of those whose site lies in it */
	uint32_t stack; /* the stack that was added last; 0: it is on none that was counted */
};

struct stack_sums {
	int64_t *values;             /* [stack] */
	struct stack_sum *functions; /* [function]; NULL: stack_sums_functions was not called yet */
};

/* The sums of a cost and these threads; tree: the store's, with all stacks. The store's, good until the next call. NULL with err set. */
struct stack_sums *stack_sums_of(struct store *s, int64_t cost_id, const struct scope *scope, const struct stack_tree *tree, struct err *err);
/* Makes the functions' sums. 0; or -1: it was interrupted. */
int stack_sums_functions(struct stack_sums *sums, struct store *s, const struct stack_tree *tree, struct err *err);
/* The functions that call `function`, or if `callees` those that it calls, over all stacks in which they do; self: of the callee, for
 * callers of the function itself. An array by function that the caller frees; NULL with err set: it was interrupted. */
struct stack_sum *stack_sums_neighbours(const struct stack_sums *sums, struct store *s, const struct stack_tree *tree, uint32_t function,
                                        int callees, struct err *err);

#endif
