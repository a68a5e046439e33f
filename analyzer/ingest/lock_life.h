/* SPDX-License-Identifier: MIT
 *
 * The lives of locks: (process, address, generation) to what is known of one life. Events name all three; a life
 * that is named before it was announced, or never is, begins where it is first named, as threads are merged by stamps that are
 * good to a tick and an announcement may be lost.
 *
 * Generations are 16 bits wide in events. Here they are counted on: one that is named is that nearest to the newest of its
 * address. The lives of an address lie in order, so that even the hundred thousandth costs no more than a binary search.
 *
 * All joins of a process are one lock, at no address: the lives of kind LOCK_JOIN stand for it (`alias`).
 */
#ifndef INGEST_LOCK_LIFE_H
#define INGEST_LOCK_LIFE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/map.h"
#include "trace/waits.h"

#define LOCK_ALIVE UINT64_MAX

/* What only some locks have. */
struct lock_counts {
	uint64_t totals[LOCK_TOTALS];       /* enum lock_total, in raw units; maxima are of all threads */
	uint64_t seen_buckets[LOCK_BUCKETS]; /* waits that were recorded, by weight (wait_cell.h) */
};

struct lock_life {
	uint64_t address;
	uint64_t generation;   /* counted on */
	uint64_t begin, end;   /* ticks; end LOCK_ALIVE: not seen */
	uint64_t block_offset; /* in the heap block it lies in */
	uint64_t acquisitions, reads, owner_changes;
	struct lock_counts *counts; /* NULL: there is nothing else */
	uint32_t process;
	uint32_t place;       /* of its address; 0: it has none */
	uint32_t node;        /* of the trace's stack tree: first use, or while not told any; 0: not known */
	uint32_t block_stack; /* stack of the naming that allocated that block; 0: it lies in none */
	uint32_t alias;       /* the life it stands for; 0: itself */
	uint16_t frame;       /* LOCK_ABOUT_FRAME */
	uint8_t kind, flags;  /* enum lock_kind, 0: not told; enum lock_flag */
	uint8_t told;         /* 1: it was announced */
	uint8_t waited, blocked; /* 1: there was an event of that kind */
};

/* An address of a process. */
struct lock_place {
	uint32_t *lives; /* by generation; room for the next power of two */
	uint32_t count;
	uint64_t newest; /* generation */
	uint64_t ended;  /* lives of generations below this one are over */
};

struct lock_lives {
	struct lock_life *at; /* [0] unused */
	struct lock_place *places; /* [0] unused */
	size_t count, room, place_count, place_room;
	struct map *by_address; /* [process] */
	uint32_t *joins;        /* [process]: the life of all joins, or 0 */
	size_t process_count;
};

void lock_lives_init(struct lock_lives *l, size_t process_count);
void lock_lives_release(struct lock_lives *l);

/* The life that an event of `tick` names, a new one if need be. Pointers into `at` are valid until the next call. */
uint32_t lock_lives_find(struct lock_lives *l, uint32_t process, uint64_t address, uint16_t generation, uint64_t tick);
/* A life is announced, maybe not for the first time. `about`: LOCK_ABOUT; node: of its first use. The address's earlier lives
 * are over. */
void lock_lives_tell(struct lock_lives *l, uint32_t life, uint64_t about, uint32_t node, uint64_t tick);
/* The lives of an address before this generation are over. */
void lock_lives_end(struct lock_lives *l, uint32_t process, uint64_t address, uint16_t generation, uint64_t tick);
/* What stands for a life: itself, or the process's joins. */
static inline uint32_t lock_lives_resolve(const struct lock_lives *l, uint32_t life)
{
	return l->at[life].alias ? l->at[life].alias : life;
}
/* How many lives the address had before this one. */
uint32_t lock_lives_before(const struct lock_lives *l, uint32_t life);
/* What a life is: told, or inferred from the lives before it and what happened. enum lock_kind, never 0. */
unsigned lock_lives_kind(const struct lock_lives *l, uint32_t life);
/* The life's other counts. */
struct lock_counts *lock_life_counts(struct lock_life *life);

#endif
