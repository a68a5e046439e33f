/* SPDX-License-Identifier: MIT
 *
 * Ends of blocks, summed by who allocated, who freed, and which frame was the owner.
 *
 * Pairs of stacks can be very many. The first ESCAPE_EXACT different ends are kept apart whatever they are. After that, a
 * cell that has ESCAPE_ENDS of them and comes to one more counts all its further ends by the freeing thread in place of the
 * stack. Classes and owners are exact always, and memory follows the number of stacks.
 *
 * Most cells' blocks end in the same way again and again: a cell counts these itself until one ends otherwise. The table
 * is larger than the nearest cache: what is added waits a little, until its place has been fetched.
 */
#ifndef INGEST_ESCAPE_SUM_H
#define INGEST_ESCAPE_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/cell.h"
#include "analyzer/ingest/escape_chain.h"

struct escape_sum {
	uint32_t made, freed; /* cells; freed may also be 0: nobody was seen to, or ESCAPE_MANY | a thread */
	uint32_t owner;       /* struct escape_end: depth << 1 | uncertain */
	uint32_t spare;
	uint64_t blocks, bytes; /* blocks 0: the entry is empty */
};

#define ESCAPE_MANY 0x80000000u
#define ESCAPE_EXACT 16384u
#define ESCAPE_ENDS 32u
#define ESCAPE_WAITING 16u

struct escape_sums {
	struct escape_sum *sums; /* hash table */
	size_t capacity, count;  /* capacity: a power of two, or 0 */
	uint8_t *ends;           /* [made]: how many sums it has, up to ESCAPE_ENDS; more: from here on by thread */
	size_t ends_room;
	struct escape_waiting {
		uint64_t hash;
		uint32_t made, thread;
		struct cell_ends ends;
	} waiting[ESCAPE_WAITING];
	uint32_t next; /* number of what was added last */
};

/* The thread that freed; 0: none was seen to. */
static inline uint32_t escape_sum_thread(const struct cells *cells, uint32_t freed)
{
	return freed & ESCAPE_MANY ? freed & ~ESCAPE_MANY : freed ? cells->at[freed].thread : 0;
}

static inline uint64_t escape_sum_hash(uint32_t made, uint32_t freed, uint32_t owner)
{
	uint64_t hash = (((uint64_t)made << 32 | freed) + owner * 0xc2b2ae3d27d4eb4full) * 0x9e3779b97f4a7c15ull;

	return hash ^ hash >> 32;
}

/* Adds what has waited, if something has; makes room for another. */
void escape_sums_settle(struct escape_sums *s, struct escape_waiting *w);
/* Adds what a cell has counted, blocks freed by `thread`. */
void escape_sums_add(struct escape_sums *s, uint32_t made, uint32_t thread, const struct cell_ends *ends);
/* Adds what all cells have counted. */
void escape_sums_finish(struct escape_sums *s, struct cells *cells);
void escape_sums_release(struct escape_sums *s);

/* `blocks` of cell `made` have ended; `freed`: the cell that freed it, or 0. */
static inline void escape_sums_end(struct escape_sums *s, struct cells *cells, uint32_t made, uint32_t freed, struct escape_end end,
                                   uint64_t blocks, uint64_t bytes)
{
	struct cell_ends *ends = &cells->at[made].ends;
	uint32_t owner = end.depth << 1 | end.uncertain;

	if (made < s->ends_room && s->ends[made] > ESCAPE_ENDS && freed)
		freed = ESCAPE_MANY | cells->at[freed].thread;
	if (ends->freed != freed || ends->owner != owner || !ends->blocks) {
		if (ends->blocks)
			escape_sums_add(s, made, escape_sum_thread(cells, ends->freed), ends);
		*ends = (struct cell_ends){ .freed = freed, .owner = owner };
	}
	ends->blocks += blocks;
	ends->bytes += bytes;
}

#endif
