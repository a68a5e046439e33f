/* SPDX-License-Identifier: MIT
 *
 * An open-addressed table of 32-byte sums, two to a cache line, at most three fifths full.
 */
#include "analyzer/ingest/escape_sum.h"

#include <stdlib.h>

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
			*sum_at(&larger, escape_sum_hash(sum->made, sum->freed, sum->owner), sum->made, sum->freed, sum->owner) = *sum;
	}
	free(s->sums);
	s->sums = larger.sums;
	s->capacity = larger.capacity;
}

void escape_sums_settle(struct escape_sums *s, struct escape_waiting *w)
{
	struct escape_sum *sum;

	if ((s->count + 1) * 5 > s->capacity * 3)
		sums_grow(s);
	if (!w->made)
		return;
	sum = sum_at(s, w->hash, w->made, w->freed, w->owner);
	if (!sum->blocks) {
		*sum = (struct escape_sum){ .made = w->made, .freed = w->freed, .owner = w->owner };
		s->count++;
	}
	sum->blocks++;
	sum->bytes += w->bytes;
	w->made = 0;
}

void escape_sums_finish(struct escape_sums *s)
{
	for (unsigned i = 0; i < ESCAPE_WAITING; i++)
		escape_sums_settle(s, &s->waiting[i]);
}

void escape_sums_release(struct escape_sums *s)
{
	free(s->sums);
	*s = (struct escape_sums){ 0 };
}
