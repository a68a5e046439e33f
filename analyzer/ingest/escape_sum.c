/* SPDX-License-Identifier: MIT
 *
 * An open-addressed table of 32-byte sums, two to a cache line, at most three fifths full.
 */
#include "analyzer/ingest/escape_sum.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define FIRST_CAPACITY 1024u

/* The place of a sum, which may be empty. */
static inline struct escape_sum *sum_at(const struct escape_sums *s, uint64_t hash, uint32_t made, uint32_t freed, uint32_t owner)
{
	size_t i = hash & (s->capacity - 1);

	for (; s->sums[i].blocks; i = (i + 1) & (s->capacity - 1))
		if (s->sums[i].made == made && s->sums[i].freed == freed && s->sums[i].owner == owner)
			break;
	return &s->sums[i];
}

static void __attribute__((noinline)) sums_grow(struct escape_sums *s)
{
	struct escape_sums larger = { .capacity = s->capacity ? s->capacity * 2 : FIRST_CAPACITY };

	larger.sums = memory_zeroed(larger.capacity, sizeof(*larger.sums));
	for (size_t i = 0; i < s->capacity; i++) {
		const struct escape_sum *sum = &s->sums[i];

		if (sum->blocks)
			*sum_at(&larger, escape_sum_hash(sum->made, sum->freed, sum->owner), sum->made, sum->freed,
			        sum->owner) = *sum;
	}
	free(s->sums);
	s->sums = larger.sums;
	s->capacity = larger.capacity;
}

static void __attribute__((noinline)) ends_grow(struct escape_sums *s, uint32_t made)
{
	size_t old = s->ends_room;

	s->ends = memory_grown(s->ends, &s->ends_room, (size_t)made + 1, sizeof(*s->ends));
	memset(s->ends + old, 0, s->ends_room - old);
}

/* 1 if there is room for one more sum of this cell. */
static inline int ends_take(struct escape_sums *s, uint32_t made)
{
	if (made >= s->ends_room)
		ends_grow(s, made);
	if (s->ends[made] >= ESCAPE_ENDS && s->count >= ESCAPE_EXACT)
		s->ends[made] = ESCAPE_ENDS + 1;
	else if (s->ends[made] < ESCAPE_ENDS)
		s->ends[made]++;
	return s->ends[made] <= ESCAPE_ENDS;
}

void escape_sums_settle(struct escape_sums *s, struct escape_waiting *w)
{
	struct escape_sum *sum;
	uint32_t freed = w->ends.freed, owner = w->ends.owner;

	if ((s->count + 1) * 5 > s->capacity * 3)
		sums_grow(s);
	if (!w->ends.blocks)
		return;
	sum = sum_at(s, w->hash, w->made, freed, owner);
	if (!sum->blocks && freed && !(freed & ESCAPE_MANY) && !ends_take(s, w->made)) {
		freed = ESCAPE_MANY | w->thread;
		sum = sum_at(s, escape_sum_hash(w->made, freed, owner), w->made, freed, owner);
	}
	if (!sum->blocks) {
		*sum = (struct escape_sum){ .made = w->made, .freed = freed, .owner = owner };
		s->count++;
	}
	sum->blocks += w->ends.blocks;
	sum->bytes += w->ends.bytes;
	w->ends.blocks = 0;
}

void escape_sums_add(struct escape_sums *s, uint32_t made, uint32_t thread, const struct cell_ends *ends)
{
	struct escape_waiting *w = &s->waiting[s->next++ % ESCAPE_WAITING];

	escape_sums_settle(s, w);
	*w = (struct escape_waiting){ escape_sum_hash(made, ends->freed, ends->owner), made, thread, *ends };
	__builtin_prefetch(&s->sums[w->hash & (s->capacity - 1)], 1);
}

void escape_sums_finish(struct escape_sums *s, struct cells *cells)
{
	for (uint32_t i = 1; i <= cells->count; i++) {
		struct cell_ends *ends = &cells->at[i].ends;

		if (ends->blocks)
			escape_sums_add(s, i, escape_sum_thread(cells, ends->freed), ends);
		ends->blocks = 0;
	}
	for (unsigned i = 0; i < ESCAPE_WAITING; i++)
		escape_sums_settle(s, &s->waiting[i]);
}

void escape_sums_release(struct escape_sums *s)
{
	free(s->sums);
	free(s->ends);
	*s = (struct escape_sums){ 0 };
}
