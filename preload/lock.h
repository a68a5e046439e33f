/* SPDX-License-Identifier: MIT
 *
 * A thread's locks: which it uses, how often, which it holds. Kept in the thread's slot (trace/segment.h: the counters, read by
 * the collector; and the slot's own room). Of the owner thread alone; nothing shared is written where a lock is uncontended
 * and stays with its thread, no clock is read but for a sample of the holds.
 *
 * A hook that acquires:
 *
 *     struct lock_thread *t = lock_ready(frame);              NULL: pass through
 *     struct segment_lock *l = lock_use(t, m, 0, LOCK_MUTEX, frame);   NULL: pass through
 *     r = real.trylock(m);
 *     if (r == EBUSY) wait (wait.h), else if acquired lock_acquired(t, l, m, frame);
 *
 * and one that releases:
 *
 *     struct lock_release x;
 *     lock_release_begin(t, m, &x);
 *     r = real.unlock(m);
 *     lock_release_end(t, &x, r == 0, frame);
 *
 * None of these holds the guard on return: the real functions are called with the guard open.
 */
#ifndef PRELOAD_LOCK_H
#define PRELOAD_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/lock_cell.h"
#include "preload/recorder.h"
#include "trace/segment.h"

#define LOCK_INDEX_BITS 14u
#define HELD_MAX 32u /* locks held at once that are followed */
#define ORDER_CACHE 512u /* lock_order.h */

enum held_flag {
	HELD_MEASURED = 1, /* start is known because the acquirer had to wait */
	HELD_SAMPLED = 2,  /* ... by chance, it stands for `weight` */
	HELD_READ = 4,
};

/* A lock that this thread holds. A place that is free still says who had it last: the same lock often comes back to it. */
struct held {
	_Alignas(64) const void *lock;
	struct segment_lock *use;
	struct lock_cell *cell;
	uint64_t key;          /* use->key when it was acquired */
	uint64_t start;        /* stamp; with HELD_MEASURED or HELD_SAMPLED */
	uint64_t allocations;  /* of the thread until then; with HELD_MEASURED */
	uint32_t stack;        /* of the acquisition, where it was wanted; 0: not taken */
	uint16_t flags;
	uint16_t weight;
};

struct lock_thread {
	struct segment_locks *table;
	const _Atomic uint64_t *heartbeat; /* of the collector */
	uint32_t tid;
	uint32_t me;         /* number of this thread's slot, from 1 */
	uint32_t depth;      /* held[0..depth) */
	uint32_t parked;     /* table->parked_count */
	uint32_t wanted;     /* stack of the acquisition under way, where it is wanted */
	uint32_t countdown;  /* acquisitions until the next sampled one */
	uint32_t period;     /* what a sampled one stands for */
	uint32_t sample_budget, sample_tick;
	uint64_t random;
	uint32_t wait_events, wait_tick; /* waits recorded in this span of time */
	uint64_t threshold;   /* shorter waits are recorded by chance; 0: all are */
	uint32_t orders;      /* edges recorded */
	uint64_t order_cache[ORDER_CACHE];
	struct held held[HELD_MAX];
	uint16_t index[1u << LOCK_INDEX_BITS]; /* hash of address | use: position in table->locks; 0: none */
};

/* This thread's locks, or NULL when it does not record (now). May start the recording. Any thread, any context. */
struct lock_thread *lock_ready_slow(const uint64_t *frame);
static inline __attribute__((always_inline)) struct lock_thread *lock_ready(const uint64_t *frame)
{
	struct recorder_thread *t = &recorder_thread;
	if (__builtin_expect(t->locks_key == atomic_load_explicit(&process_live.key, memory_order_relaxed) && !t->guard, 1))
		return t->locks;
	return lock_ready_slow(frame);
}

static inline uint32_t lock_hash(uint64_t address)
{
	return (uint32_t)((address * 0x9e3779b97f4a7c15ull) >> (64 - LOCK_INDEX_BITS));
}

static inline struct lock_cell *lock_cell(const struct segment_lock *l) { return &lock_cells[l->cell]; }

/* Cold: first use of a lock by this thread, or of its next life. NULL: it cannot be followed. */
struct segment_lock *lock_meet(struct lock_thread *t, const void *lock, unsigned use, enum lock_kind kind,
                               const uint64_t *frame);

/* What an address is used as, beside its being an address: addresses of locks are multiples of 4. */
enum { LOCK_USE_READ = 1, LOCK_USE_WORK = 2 };

/* This thread's counters of a lock. `use`: LOCK_USE_READ for the ones of reading, LOCK_USE_WORK from LOCK_COND on. NULL: it cannot be followed, pass through. */
static inline __attribute__((always_inline)) struct segment_lock *lock_use(struct lock_thread *t, const void *lock,
                                                                           unsigned use, enum lock_kind kind,
                                                                           const uint64_t *frame)
{
	uint64_t address = (uintptr_t)lock | use;
	const struct held *last = &t->held[t->depth % HELD_MAX];
	uint64_t generation = atomic_load_explicit(&last->cell->generation, memory_order_relaxed);
	if (__builtin_expect(last->key == (address | generation << 48), 1))
		return last->use;
	struct segment_lock *l = &t->table->locks[t->index[lock_hash(address)]];
	generation = atomic_load_explicit(&lock_cell(l)->generation, memory_order_relaxed);
	if (__builtin_expect(atomic_load_explicit(&l->key, memory_order_relaxed) == (address | generation << 48), 1))
		return l;
	return lock_meet(t, lock, use, kind, frame);
}

/* The rest of a lock's counters, or NULL where they are full and `must` is 0; with `must` a full table is written out and
 * begun anew (then *l is where the lock is now). Owner thread. */
struct segment_lock_stats *lock_stats(struct lock_thread *t, struct segment_lock **l, int must);

/* Cold: this acquisition is measured. */
void lock_sample(struct lock_thread *t, struct held *h);

/* Where the owner is the one before, nothing is written. */
static inline __attribute__((always_inline)) void lock_note_owner(struct lock_thread *t, struct segment_lock *l,
                                                                  struct lock_cell *c, unsigned flags)
{
	if (flags & HELD_READ || atomic_load_explicit(&c->last_owner, memory_order_relaxed) == t->me)
		return;
	atomic_store_explicit(&c->last_owner, t->me, memory_order_relaxed);
	l->owner_changes++;
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
	if (__builtin_expect(at == HELD_MAX, 0))
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
	lock_note_owner(t, l, h->cell, flags);
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

/* A condition variable releases the lock: the same, but told later, with the stack given. */
void lock_let_go(struct lock_thread *t, const void *lock, uint32_t stack, const uint64_t *frame);

/* The lock's life at this address is over: it is destroyed, or initialised anew. */
void lock_ended(const void *lock, const uint64_t *frame);

/* trylock found it held. */
void lock_try_failed(struct lock_thread *t, struct segment_lock *l, const uint64_t *frame);

/* Sets up what lies in a new slot. Owner thread, inside the guard. */
struct lock_thread *lock_thread_init(struct segment_thread *slot, void *room, uint32_t number);

/* Memory was allocated: locks that lay in it are no more. Inside the guard. */
void lock_memory_reused(uint64_t address, uint64_t size);
static inline void lock_memory_allocated(uint64_t address, uint64_t size)
{
	if (__builtin_expect(address < atomic_load_explicit(&lock_heap_high, memory_order_relaxed) &&
	                             address + size > atomic_load_explicit(&lock_heap_low, memory_order_relaxed), 0))
		lock_memory_reused(address, size);
}

#endif
