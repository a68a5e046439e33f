/* SPDX-License-Identifier: MIT
 *
 * The locks a thread holds: acquired, released, and for how long. Of the owner thread alone. No clock is read but for a sample
 * of the holds, and where others wait.
 */
#ifndef PRELOAD_LOCK_HOLD_H
#define PRELOAD_LOCK_HOLD_H

#include "preload/lock_use.h"

/* Cold: this acquisition is measured. */
void lock_sample(struct lock_thread *t, struct held *h);

/* Of an acquisition that is looked at: whether the lock came from another thread. */
static inline void lock_note_owner(struct lock_thread *t, struct held *h)
{
	uint32_t last = atomic_load_explicit(&h->cell->last_owner, memory_order_relaxed);
	if (h->flags & HELD_READ || last == t->me)
		return;
	atomic_store_explicit(&h->cell->last_owner, t->me, memory_order_relaxed);
	h->use->owner_changes += last != 0;
}

/* There is no room in held[]: the older half is not followed any more. Many locks are held, or locks were left to others
 * to release. The new depth. */
uint32_t lock_forget_oldest(struct lock_thread *t);

/* The lock was acquired. */
static inline __attribute__((always_inline)) struct held *lock_acquired(struct lock_thread *t, struct segment_lock *l,
                                                                        const void *lock, unsigned flags)
{
	uint32_t at = t->depth;
	l->acquisitions++;
	if (__builtin_expect(at >= HELD_MAX, 0))
		at = lock_forget_oldest(t);
	t->depth = at + 1; /* first: a handler that locks pushes above */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	struct held *h = &t->held[at];
	if (h->use != l || h->lock != lock) {
		h->lock = lock;
		h->use = l;
		h->cell = lock_cell(l);
	}
	h->key = atomic_load_explicit(&l->key, memory_order_relaxed);
	h->flags = (uint16_t)flags;
	h->stack = t->wanted;
	h->cond = NULL;
	if (__builtin_expect(--t->countdown == 0, 0))
		lock_sample(t, h);
	return h;
}

/* A release on its way. */
struct lock_release {
	struct held *held;   /* NULL: not followed */
	const void *lock;
	uint64_t now;        /* stamp just before the release; 0: nothing needs it */
	uint64_t caused;     /* what others have waited for it; 0: nobody has, or it is left to a later release to tell */
	uint32_t waiters;    /* that wait now */
	uint32_t depth;      /* where in held[] */
	uint16_t generation;
	int plain;           /* 1: nothing to do but to let go */
};

static inline uint32_t lock_beat(const struct lock_thread *t)
{
	return (uint32_t)atomic_load_explicit(t->heartbeat, memory_order_relaxed);
}

void lock_release_begin_slow(struct lock_thread *t, const void *lock, struct lock_release *x);
void lock_release_end_slow(struct lock_thread *t, struct lock_release *x, int released, const uint64_t *frame);

/* Around the real unlock, after which the lock's memory is not touched. */
static inline __attribute__((always_inline)) void lock_release_begin(struct lock_thread *t, const void *lock,
                                                                     struct lock_release *x)
{
	uint32_t at = t->depth - 1;
	struct held *h = &t->held[at % HELD_MAX];
	x->plain = 1;
	x->depth = at;
	if (__builtin_expect(at < HELD_MAX && h->lock == lock && !(h->flags & (HELD_MEASURED | HELD_SAMPLED)) &&
	                             !t->parked, 1)) {
		if (__builtin_expect(!lock_cell_wanted(h->cell), 1) || lock_cell_crowded(h->cell, lock_beat(t)))
			return;
	}
	lock_release_begin_slow(t, lock, x);
}

static inline __attribute__((always_inline)) void lock_release_end(struct lock_thread *t, struct lock_release *x,
                                                                   int released, const uint64_t *frame)
{
	if (__builtin_expect(!x->plain, 0))
		lock_release_end_slow(t, x, released, frame);
	else if (released)
		t->depth = x->depth;
}

/* A condition variable releases the lock: the same, but told later, with the stack given. *cond: the condition variable that it
 * was taken back by, or NULL. 0: it was not held, so far as we know. */
int lock_let_go(struct lock_thread *t, const void *lock, uint32_t stack, const void **cond, const uint64_t *frame);

#endif
