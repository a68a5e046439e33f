/* SPDX-License-Identifier: MIT
 *
 * A chunk that is full is halved, one that is empty goes. Neighbours are never joined: there are at most as many chunks as
 * ranges.
 */
#include "analyzer/ingest/range_set.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define CHUNK_RANGES 128u

struct range_chunk {
	unsigned count;
	struct range at[CHUNK_RANGES];
};

/* A place in the set: before this range of this chunk; chunk == count: at the end. */
struct place {
	size_t chunk;
	unsigned index;
};

/* The first range that ends behind an address. */
static struct place place_of(const struct range_set *s, uint64_t address)
{
	size_t low = 0, high = s->count;
	unsigned from = 0, to;

	while (low < high) { /* the first chunk whose last range does */
		size_t middle = low + (high - low) / 2;
		const struct range_chunk *c = s->chunks[middle];

		if (c->at[c->count - 1].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	for (to = low < s->count ? s->chunks[low]->count : 0; from < to;) {
		unsigned middle = from + (to - from) / 2;

		if (s->chunks[low]->at[middle].end > address)
			to = middle;
		else
			from = middle + 1;
	}
	return (struct place){ low, from };
}

static struct range *range_at(const struct range_set *s, struct place p)
{
	return p.chunk < s->count ? &s->chunks[p.chunk]->at[p.index] : NULL;
}

static void chunk_add(struct range_set *s, size_t before)
{
	s->chunks = memory_grown(s->chunks, &s->room, s->count + 1, sizeof(*s->chunks));
	memmove(&s->chunks[before + 1], &s->chunks[before], (s->count - before) * sizeof(*s->chunks));
	s->chunks[before] = memory_resized(NULL, 1, sizeof(**s->chunks));
	s->chunks[before]->count = 0;
	s->count++;
}

static void chunk_remove(struct range_set *s, size_t chunk)
{
	free(s->chunks[chunk]);
	s->count--;
	memmove(&s->chunks[chunk], &s->chunks[chunk + 1], (s->count - chunk) * sizeof(*s->chunks));
}

/* Makes room at a place for one more. */
static struct place place_open(struct range_set *s, struct place p)
{
	struct range_chunk *c, *next;

	if (p.chunk == s->count) {
		if (!s->count)
			chunk_add(s, 0);
		p.chunk = s->count - 1;
		p.index = s->chunks[p.chunk]->count;
	}
	c = s->chunks[p.chunk];
	if (c->count == CHUNK_RANGES) {
		chunk_add(s, p.chunk + 1);
		next = s->chunks[p.chunk + 1];
		next->count = CHUNK_RANGES / 2;
		c->count -= next->count;
		memcpy(next->at, &c->at[c->count], next->count * sizeof(*next->at));
		if (p.index > c->count)
			p = (struct place){ p.chunk + 1, p.index - c->count };
	}
	c = s->chunks[p.chunk];
	memmove(&c->at[p.index + 1], &c->at[p.index], (c->count - p.index) * sizeof(*c->at));
	c->count++;
	return p;
}

static void place_close(struct range_set *s, struct place p)
{
	struct range_chunk *c = s->chunks[p.chunk];

	c->count--;
	memmove(&c->at[p.index], &c->at[p.index + 1], (c->count - p.index) * sizeof(*c->at));
	if (!c->count)
		chunk_remove(s, p.chunk);
}

void range_set_put(struct range_set *s, const struct range *range)
{
	struct place p = place_open(s, place_of(s, range->start));

	s->chunks[p.chunk]->at[p.index] = *range;
}

uint64_t range_set_take(struct range_set *s, uint64_t start, uint64_t end, void (*piece)(void *arg, const struct range *r), void *arg)
{
	struct range *r;
	uint64_t bytes = 0;

	for (struct place p; r = range_at(s, p = place_of(s, start)), r && r->start < end;) {
		struct range whole = *r, cut = whole;

		cut.start = whole.start > start ? whole.start : start;
		cut.end = whole.end < end ? whole.end : end;
		if (cut.end == whole.end && cut.start == whole.start)
			place_close(s, p);
		else if (cut.end == whole.end)
			r->end = cut.start;
		else
			r->start = cut.end;
		if (cut.start > whole.start && cut.end < whole.end) {
			whole.end = cut.start;
			range_set_put(s, &whole);
		}
		bytes += cut.end - cut.start;
		start = cut.end;
		if (piece)
			piece(arg, &cut);
	}
	return bytes;
}

/* Calls back with each range between two addresses, whole. */
static void each_between(const struct range_set *s, uint64_t start, uint64_t end, void (*each)(void *arg, const struct range *r),
                         void *arg)
{
	for (struct place p = place_of(s, start); p.chunk < s->count; p = (struct place){ p.chunk + 1, 0 })
		for (const struct range_chunk *c = s->chunks[p.chunk]; p.index < c->count; p.index++) {
			if (c->at[p.index].start >= end)
				return;
			each(arg, &c->at[p.index]);
		}
}

struct cover {
	uint64_t start, end, bytes;
};

static void cover_add(void *arg, const struct range *r)
{
	struct cover *c = arg;

	c->bytes += (r->end < c->end ? r->end : c->end) - (r->start > c->start ? r->start : c->start);
}

uint64_t range_set_covered(const struct range_set *s, uint64_t start, uint64_t end)
{
	struct cover c = { start, end, 0 };

	each_between(s, start, end, cover_add, &c);
	return c.bytes;
}

const struct range *range_set_at(const struct range_set *s, uint64_t address)
{
	const struct range *r = range_at(s, place_of(s, address));

	return r && r->start <= address ? r : NULL;
}

void range_set_each(const struct range_set *s, void (*each)(void *arg, const struct range *r), void *arg)
{
	each_between(s, 0, UINT64_MAX, each, arg);
}

void range_set_release(struct range_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->chunks[i]);
	free(s->chunks);
	*s = (struct range_set){ 0 };
}
