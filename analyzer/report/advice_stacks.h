/* SPDX-License-Identifier: MIT
 *
 * Figures of stacks by process, from tables that have them by thread in the order of their stacks: summed here, where one
 * stack's rows stand together, rather than by sorting millions of them.
 */
#ifndef REPORT_ADVICE_STACKS_H
#define REPORT_ADVICE_STACKS_H

#include <stdint.h>

#include "analyzer/report/advice_facts.h"

struct advice_stack {
	uint32_t stack;
	const struct advice_process *process;
	int64_t key;           /* what else has to be the same */
	int64_t first, second; /* sums */
};

/* Runs a query of rows (key, stack_id, thread_id, figure, figure), in which rows of one stack stand together, and calls `take` for
 * every stack, process in scope and key. `stacks` says whether the keys are stacks as well, whose ids are checked too. 0 or -1. */
int advice_stacks_each(const struct advice_facts *f, const char *sql, int stacks, void (*take)(void *to, const struct advice_stack *row),
                       void *to, struct err *err);

#endif
