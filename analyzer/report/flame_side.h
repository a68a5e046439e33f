/* SPDX-License-Identifier: MIT
 *
 * One recording's part in a flame tree: its stacks, which stacks lie directly below another, and what a cost's
 * figures come to. Made in passes over arrays, none of which walks a stack.
 */
#ifndef REPORT_FLAME_SIDE_H
#define REPORT_FLAME_SIDE_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/store/stack_tree.h"

/* Stacks by the one above: those below n are stacks[start[n]] up to stacks[start[n + 1]]; below 0 the outermost. */
struct flame_children {
	uint32_t *start, *stacks;
};

struct flame_side {
	struct store *store;
	struct stack_tree stacks;
	const struct flame_children *children; /* the store's */
	/* Inwards: of each stack what ends at or below it, [0] all. Outwards: of each stack what asked for memory there. */
	int64_t *sums;
};

/* Sums that stay within int64_t: a database may hold anything. */
static inline int64_t flame_sum(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN + 1 : INT64_MAX) : sum;
}

static inline int64_t flame_negative(int64_t a)
{
	return a == INT64_MIN ? INT64_MAX : -a;
}

/* Reads the stacks. 0; or -1 with nothing to release. */
int flame_side_open(struct flame_side *side, struct store *s, struct err *err);
/* Reads a cost's figures: of the stacks that go through a function of which through[id] is 1; NULL: of all. 0 or -1. */
int flame_side_read(struct flame_side *side, const char *cost, int bottom_up, const uint8_t *through, struct err *err);
void flame_side_release(struct flame_side *side);

/* The function of a stack's innermost frame. */
static inline uint32_t flame_side_function(const struct flame_side *side, uint32_t stack)
{
	return side->stacks.frames[side->stacks.nodes[stack].frame].function;
}
/* For every stack 1 if it goes through a function of which functions[id] is 1. Caller frees. */
uint8_t *flame_side_through(const struct flame_side *side, const uint8_t *functions);

#endif
