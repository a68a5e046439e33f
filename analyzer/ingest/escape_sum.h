/* SPDX-License-Identifier: MIT
 *
 * Ends of blocks, summed by who allocated, who freed, and which frame was the owner. As many sums as there are
 * different ends, not events.
 *
 * There can be a hundred thousand: the table is not in the cache. An end waits a few others long, until its place has
 * been fetched.
 */
#ifndef INGEST_ESCAPE_SUM_H
#define INGEST_ESCAPE_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/escape_chain.h"

struct escape_sum {
	uint32_t made, freed; /* cells; freed 0: nobody was seen to */
	uint32_t owner;       /* struct escape_end: depth << 1 | uncertain */
	uint32_t spare;
	uint64_t blocks, bytes; /* blocks 0: the entry is empty */
};

#define ESCAPE_WAITING 16u

struct escape_sums {
	struct escape_sum *sums; /* hash table */
	size_t capacity, count;  /* capacity: a power of two, or 0 */
	struct escape_waiting {
		uint64_t hash;
		uint32_t made, freed, owner;
		uint64_t bytes;
	} waiting[ESCAPE_WAITING];
	uint32_t next; /* ends so far */
};

static inline uint64_t escape_sum_hash(uint32_t made, uint32_t freed, uint32_t owner)
{
	uint64_t hash = (((uint64_t)made << 32 | freed) + owner * 0xc2b2ae3d27d4eb4full) * 0x9e3779b97f4a7c15ull;

	return hash ^ hash >> 32;
}

/* Adds an end that has waited, if there is one; makes room for another. */
void escape_sums_settle(struct escape_sums *s, struct escape_waiting *w);
/* Adds all that wait. */
void escape_sums_finish(struct escape_sums *s);
void escape_sums_release(struct escape_sums *s);

static inline void escape_sums_add(struct escape_sums *s, uint32_t made, uint32_t freed, struct escape_end end, uint64_t bytes)
{
	struct escape_waiting *w = &s->waiting[s->next++ % ESCAPE_WAITING];
	uint32_t owner = end.depth << 1 | end.uncertain;

	escape_sums_settle(s, w);
	*w = (struct escape_waiting){ escape_sum_hash(made, freed, owner), made, freed, owner, bytes };
	__builtin_prefetch(&s->sums[w->hash & (s->capacity - 1)], 1);
}

#endif
