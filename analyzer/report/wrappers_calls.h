/* SPDX-License-Identifier: MIT
 *
 * The calls by which a function was asked for memory: from how many places, how much by each. For the search for wrappers.
 */
#ifndef REPORT_WRAPPERS_CALLS_H
#define REPORT_WRAPPERS_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/store/stack_tree.h"

struct wrappers_amount {
	int64_t allocations, bytes;
};

struct wrappers_call {
	struct stack_place from; /* function 0: from nowhere */
	uint32_t node;           /* the caller's; 0: there is none */
	struct wrappers_amount amount;
};

struct wrappers_calls { /* zeroed: none */
	struct wrappers_call *at; /* to be given to free() */
	size_t count, room;
};

struct wrappers_callers {
	size_t places;
	struct stack_place most;  /* that most allocations come from */
	int64_t of_most;
	double smallest, largest; /* mean size of a place */
};

/* Adds the call that led to the stack `node`, whose innermost frame is the function's. */
void wrappers_calls_add(struct wrappers_calls *calls, const struct stack_tree *tree, uint32_t node, struct wrappers_amount amount);
/* Sums up by place; sorts the calls. */
struct wrappers_callers wrappers_calls_count(struct wrappers_calls *calls);
/* Replaces the calls by those of the function that the place lies in, as far as they went on by way of that place. */
void wrappers_calls_climb(struct wrappers_calls *calls, const struct stack_tree *tree, const struct stack_place *place);

#endif
