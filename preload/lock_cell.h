/* SPDX-License-Identifier: MIT
 *
 * The locks of this process, by address: what all its threads must agree on. A cell is made when an address is
 * first used as a lock and never goes away; the lives of locks at the address are counted in it. Where a lock is not
 * contended and stays with its thread, its cell is only read.
 *
 * Who waits is kept as (released, waiting), one 16-byte word: the stamp of the last accounted release, the number of waiters,
 * and the sum of how long after that stamp each began. With these a release knows at once what it has let others wait,
 * each from max(its start, the previous release): after absl's rule for its mutex profile (absl/synchronization/mutex.cc).
 */
#ifndef PRELOAD_LOCK_CELL_H
#define PRELOAD_LOCK_CELL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/arch.h"

struct lock_cell {
	_Alignas(64) _Atomic uint64_t address; /* 0: free */
	_Atomic uint32_t life;       /* generation << 16 | enum lock_kind << 8 | flags; see cell_* below */
	_Atomic uint32_t last_owner; /* slot number of the thread that was last seen to acquire it for writing */
	_Atomic uint32_t foreign;    /* 1: it was released by a thread that had not acquired it */
	uint32_t spare;
	_Atomic uint32_t beat;       /* the collector's, when a release was last accounted for ... */
	_Atomic uint32_t tokens;     /* ... and how many more will be until the next */
	_Alignas(16) uint64_t released;
	_Atomic uint64_t waiting; /* waiters << LOCK_WAITERS_SHIFT | sum of max(start - released, 0) */
	_Atomic uint64_t debt;    /* waits that ended by releases not accounted for, still to be charged to one */
};
_Static_assert(sizeof(struct lock_cell) == 64, "a cell is a cache line");

#define LOCK_WAITERS_SHIFT 48

/* Flags of a life: it has been announced; its memory is the heap's. Without the first all but the generation is 0. */
enum { LIFE_BEGUN = 1, LIFE_IN_HEAP = 2 };

static inline uint32_t lock_cell_life(const struct lock_cell *c)
{
	return atomic_load_explicit(&c->life, memory_order_acquire);
}
static inline uint16_t life_generation(uint32_t life) { return (uint16_t)(life >> 16); }
static inline uint32_t life_kind(uint32_t life) { return life >> 8 & 0xff; }

#define LOCK_CELLS_NEAR 9217u
extern struct lock_cell *lock_cells; /* the first of them; [0] is nobody's; NULL: no memory. Once there it stays, in children too */
struct lock_cell *lock_cell_far(uint32_t number);
/* The cell of a number that lock_cell_of or lock_cell_find has given, or of 0. */
static inline struct lock_cell *lock_cell_at(uint32_t number)
{
	return __builtin_expect(number < LOCK_CELLS_NEAR, 1) ? &lock_cells[number] : lock_cell_far(number);
}
/* Lives that have ended, of whatever lock: while it stands still, what was known of a lock is. */
extern _Atomic uint32_t lock_ends;
/* Heap memory with locks in it lies between these; low > high while there is none. */
extern HERE _Atomic uintptr_t lock_heap_low, lock_heap_high;

/* Memory for the tables of the thread that has this slot, the process's own. NULL: there is none. Owner thread. */
#define LOCK_ROOM_SIZE (80u << 10)
void *lock_room(uint32_t index);

/* A process starts or was forked: no lock is known. */
void lock_cells_start(void);

/* The cell of an address, made if it is not there. 0: the tables are full. Any thread. */
uint32_t lock_cell_of(uint64_t address);
/* The same, but 0 where there is none. Any thread. */
uint32_t lock_cell_find(uint64_t address);

/* A life begins: 1 for the one who is to announce it, 0 if another has. Any thread. */
int lock_cell_begin(struct lock_cell *c, uint32_t kind, int in_heap);
/* A life ends: 1 for the one who is to announce it; *generation is the next life's. Any thread. */
int lock_cell_end(struct lock_cell *c, uint16_t *generation);

/* Calls `each` for cells of begun lives of the heap within [address, address + size). Any thread. */
void lock_cells_within(uint64_t address, uint64_t size, void (*each)(struct lock_cell *));
/* The same for those that are not of the heap: a module is gone. */
void lock_cells_of_module(uint64_t address, uint64_t size, void (*each)(struct lock_cell *));

static inline uint32_t lock_cell_waiters(const struct lock_cell *c)
{
	return (uint32_t)(atomic_load_explicit(&c->waiting, memory_order_relaxed) >> LOCK_WAITERS_SHIFT);
}

/* Whether a release of a lock with waiters is left to a later one to account for. In a storm of short holds the first few
 * after each beat of the collector's heart are: whoever releases next after a moment in time that has nothing to do with the
 * program is met as often as it holds, and what it is charged goes back to the last that was accounted for, so that no wait
 * is lost. Reads no clock, writes nothing. */
#define LOCK_TOKENS 32u
static inline int lock_cell_crowded(const struct lock_cell *c, uint32_t beat)
{
	return !atomic_load_explicit(&c->tokens, memory_order_relaxed) &&
	       atomic_load_explicit(&c->beat, memory_order_relaxed) == beat;
}

/* Whether a release has somebody to answer to. */
static inline int lock_cell_wanted(const struct lock_cell *c)
{
	return lock_cell_waiters(c) || atomic_load_explicit(&c->debt, memory_order_relaxed);
}

/* A thread begins to wait. Returns how many wait now. Any thread. */
uint32_t lock_cell_join(struct lock_cell *c, uint64_t start);
/* And has stopped at `end`. `got`: 1 if it has the lock now. */
void lock_cell_leave(struct lock_cell *c, uint64_t start, uint64_t end, int got, uint32_t beat);
/* A release at `now`, not crowded: what it has let others wait, and how many. */
uint64_t lock_cell_release(struct lock_cell *c, uint64_t now, uint32_t beat, uint32_t *waiters);

#endif
