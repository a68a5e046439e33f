/* SPDX-License-Identifier: MIT
 *
 * libunwind: for frames whose rule needs more than three registers, and as the judge of
 * --check-stacks. It is opened RTLD_LOCAL, so that none of its symbols enters the program's scope, and
 * used through accessors of our own: no dl_iterate_phdr, no loader lock, plain loads.
 */
#ifndef PRELOAD_SLOW_H
#define PRELOAD_SLOW_H

#include <stdint.h>

#include "preload/stack.h"

struct slow_place {
	uint64_t pc, sp, bp;
	int exact;
};

/* Opens libunwind. To be called from the library's constructor, never from a hook. Without it slow_step fails. */
void slow_load(void);

/* In a forked child, before its first event: gives libunwind up if a thread of the parent's was in it. */
void slow_after_fork(void);

/* Unwinds anew, from here through the hook's frame, to the frame that lies at (sp, pc), and gives its caller. 0: there is
 * none, or libunwind cannot. Inside the guard. */
int slow_step(const uint64_t *hook_frame, uint64_t sp, uint64_t pc, struct slow_place *caller);

/* Compares the stack just taken with libunwind's. 1: equal on all frames up to the first without unwind data;
 * 0: different; -1: not compared (no libunwind). Inside the guard. */
int slow_agrees(const struct stack *s, const uint64_t *hook_frame);

#endif
