/* SPDX-License-Identifier: MIT
 *
 * The locks a thread uses, and its counters of them. Kept in the thread's slot (trace/segment.h: the counters, read by the
 * collector; and the slot's own room). Of the owner thread alone; nothing shared is written where a lock is uncontended
 * and stays with its thread.
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
#ifndef PRELOAD_LOCK_USE_H
#define PRELOAD_LOCK_USE_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/lock_cell.h"
#include "preload/recorder.h"
#include "trace/segment.h"

#define LOCK_INDEX_BITS 15u
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
	const void *cond;      /* that it was waited with, if the lock was taken back by such a wait and not let go since */
	uint32_t stack;        /* of the acquisition, where it was wanted; 0: not taken */
	uint16_t flags;
	uint16_t weight;
};

/* In memory of the process alone: a child may go on in the middle of a hook. */
struct lock_thread {
	struct segment_locks *table;
	const _Atomic uint64_t *heartbeat; /* of the collector */
	uint32_t tid;
	uint32_t me;         /* number of this thread's slot, from 1 */
	uint32_t depth;      /* held[0..depth) */
	uint32_t parked;     /* table->parked_count */
	uint32_t unseen;     /* so many releases may yet be of locks that were taken while recording was paused */
	uint32_t wanted;     /* stack of the acquisition under way, where it is wanted */
	uint32_t countdown;  /* acquisitions until the next sampled one */
	uint32_t period;     /* what a sampled one stands for */
	uint32_t sample_budget, sample_tick;
	uint64_t random;
	uint32_t wait_events, wait_tick; /* waits recorded in this span of time */
	uint64_t threshold;   /* shorter waits are recorded by chance; 0: all are */
	uint32_t orders;      /* edges recorded */
	struct lock_waiting { /* the innermost wait under way */
		const uint64_t *frame;  /* NULL: there is none */
		struct lock_cell *cell; /* whose waiters it is among; NULL: it waits for work */
		uint64_t start;
	} waiting;
	uint64_t order_cache[ORDER_CACHE];
	struct held held[HELD_MAX];
	uint16_t index[1u << LOCK_INDEX_BITS]; /* hash of address | use: position in table->locks; 0: none */
};

_Static_assert(sizeof(struct lock_thread) <= LOCK_ROOM_SIZE, "there is room for it");

/* This thread's locks, or NULL when it does not record (now). May start the recording. Any thread, any context. */
struct lock_thread *lock_ready_slow(const uint64_t *frame);
static inline __attribute__((always_inline)) struct lock_thread *lock_ready(const uint64_t *frame)
{
	struct recorder_thread *t = &recorder_thread;
	const _Atomic uint32_t *at = atomic_load_explicit(&process_live.turn, memory_order_relaxed);
	if (__builtin_expect(!at, 0))
		return lock_ready_slow(frame);
	uint32_t turn = atomic_load_explicit(at, memory_order_relaxed);
	if (__builtin_expect(turn & 1, 0))
		return NULL;
	if (__builtin_expect(t->locks_turn == turn && !t->guard, 1))
		return t->locks;
	return lock_ready_slow(frame);
}

/* Recording was paused since this thread's locks were last looked at. Inside the guard. */
void lock_resume(struct lock_thread *t);
static inline void lock_catch_up(struct lock_thread *t)
{
	if (__builtin_expect(recorder_thread.locks_turn != recorder_thread.turn, 0))
		lock_resume(t);
}

/* A signal handler may have forked in the middle of a hook: what it goes on with in the child is the parent's. */
static inline int lock_still_ours(const struct lock_thread *t)
{
	uint64_t live = atomic_load_explicit(&process_live.key, memory_order_relaxed);
	return recorder_thread.locks == t && process_key_image(recorder_thread.key) == process_key_image(live);
}

/* For what is decided by chance. */
static inline uint64_t lock_random(struct lock_thread *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return t->random;
}

static inline uint32_t lock_hash(uint64_t address)
{
	return (uint32_t)((address * 0x9e3779b97f4a7c15ull) >> (64 - LOCK_INDEX_BITS));
}

static inline struct lock_cell *lock_cell(const struct segment_lock *l) { return lock_cell_at(l->cell); }

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
	struct segment_lock *l = last->key << 16 == address << 16 ? last->use : &t->table->locks[t->index[lock_hash(address)]];
	if (__builtin_expect(atomic_load_explicit(&l->key, memory_order_relaxed) << 16 == address << 16 &&
	                             l->checked == atomic_load_explicit(&lock_ends, memory_order_relaxed), 1))
		return l;
	return lock_meet(t, lock, use, kind, frame);
}

/* The rest of a lock's counters, or NULL where they are full and `must` is 0; with `must` a full table is written out and
 * begun anew (then *l is where the lock is now). Owner thread. */
struct segment_lock_stats *lock_stats(struct lock_thread *t, struct segment_lock **l, int must);

/* A condition variable wakes all its waiters. */
void lock_count_broadcast(const void *cond, const uint64_t *frame);

/* The lock's life at this address is over: it is destroyed, or initialised anew. */
void lock_ended(const void *lock, const uint64_t *frame);

/* trylock found it held. */
void lock_try_failed(struct lock_thread *t, struct segment_lock *l, const uint64_t *frame);

/* Sets up what lies in a new slot. NULL: there is no memory for it. Owner thread, inside the guard. */
struct lock_thread *lock_thread_init(struct segment_thread *slot, uint32_t number);

/* Memory was allocated: locks that lay in it are no more. Inside the guard. */
void lock_memory_reused(uint64_t address, uint64_t size);
/* A module was unloaded, and its variables with it. Inside the guard. */
void lock_module_gone(uint64_t address, uint64_t size);
static inline void lock_memory_allocated(uint64_t address, uint64_t size)
{
	if (__builtin_expect(address < atomic_load_explicit(&lock_heap_high, memory_order_relaxed) &&
	                             address + size > atomic_load_explicit(&lock_heap_low, memory_order_relaxed), 0))
		lock_memory_reused(address, size);
}

#endif
