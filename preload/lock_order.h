/* SPDX-License-Identifier: MIT
 *
 * In which order locks are taken: an edge from the lock acquired last and still held to the one that is asked for, recorded when
 * a thread meets a pair for the first time. The innermost is enough: a chain of edges leads on to the others. Asking for a
 * lock with trylock makes no edge, since it cannot block.
 *
 * The stack of the outer acquisition is taken beforehand where its hold is to be measured, which all are unless they come fast.
 * Else nobody knew that it would matter: the first sight of the pair is recorded without it and the outer lock marked
 * (segment_lock.wanted); when it is next acquired its stack is taken, and the pair is recorded once more, with both.
 */
#ifndef PRELOAD_LOCK_ORDER_H
#define PRELOAD_LOCK_ORDER_H

#include "preload/lock_hold.h"

/* Leaves the stack to put into `held` once the lock is acquired in t->wanted; 0: none is wanted. */
void lock_order_slow(struct lock_thread *t, struct segment_lock *l, const void *lock, const uint64_t *frame);

/* Before a lock is asked for by a call that may block. Owner thread, guard open. */
static inline __attribute__((always_inline)) void lock_order(struct lock_thread *t, struct segment_lock *l,
                                                             const void *lock, const uint64_t *frame)
{
	if (__builtin_expect(t->depth || l->wanted || t->wanted || t->countdown == 1, 0))
		lock_order_slow(t, l, lock, frame);
}

#endif
