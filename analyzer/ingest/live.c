/* SPDX-License-Identifier: MIT
 *
 * The rare parts of the table of live blocks: its growth, and the block around an address.
 *
 * Small blocks are found by asking for every place where one could begin. For large ones there is a second table. Blocks do
 * not overlap, so of the sizes from 2^c up to 2^(c+1), the class c, at most one live block begins in each *window* of
 * 2^c bytes: window and class are a key, and an address can only lie in a block that begins in its window or the two before.
 * Ends are not noted there: an entry that is no longer true is overwritten by its successor, or dropped when the table is
 * full. Whoever looks one up asks the table of live blocks whether it still is.
 */
#include "analyzer/ingest/live.h"

#include <stdlib.h>

#include "analyzer/base/map.h"
#include "analyzer/base/memory.h"

#define LIVE_FIRST 1024u
#define LARGE_FIRST 256u
#define PLACE 8u /* blocks begin at multiples of this */
#define AHEAD 64u

struct large_entry {
	uint64_t key; /* 0: empty */
	uint64_t address;
};

struct live_large {
	struct large_entry *entries;
	size_t capacity; /* a power of two */
	size_t count;    /* at most two thirds of it */
	uint64_t classes; /* bit c: blocks of class c were noted */
};

void live_grow(struct live *l)
{
	struct live larger = { .capacity = l->capacity ? l->capacity * 2 : LIVE_FIRST, .large = l->large };

	larger.blocks = memory_zeroed(larger.capacity, sizeof(*larger.blocks));
	larger.shift = 64 - (unsigned)__builtin_ctzll(larger.capacity);
	for (size_t i = 0; i < l->capacity; i++) {
		int existed;

		if (l->blocks[i].address)
			*live_add(&larger, l->blocks[i].address, &existed) = l->blocks[i];
	}
	free(l->blocks);
	*l = larger;
}

void live_release(struct live *l)
{
	if (l->large)
		free(l->large->entries);
	free(l->large);
	free(l->blocks);
	*l = (struct live){ 0 };
}

/* --- large blocks ---------------------------------------------------------------------------- */

static unsigned size_class(uint64_t size)
{
	return 63u - (unsigned)__builtin_clzll(size | 1);
}

/* Never 0: classes start at log2(LIVE_LARGE). */
static uint64_t window_key(uint64_t window, unsigned class)
{
	return window << 6 | class;
}

static struct large_entry *large_at(const struct live_large *t, uint64_t key)
{
	size_t i = (size_t)(map_mix(key) >> 20) & (t->capacity - 1);

	while (t->entries[i].key && t->entries[i].key != key)
		i = (i + 1) & (t->capacity - 1);
	return &t->entries[i];
}

/* What the entry says, if it is still so. */
static struct live_block *large_block(const struct live *l, const struct large_entry *entry)
{
	struct live_block *b = entry->key ? live_find(l, entry->address) : NULL;

	return b && b->size >= LIVE_LARGE && size_class(b->size) == (entry->key & 63) ? b : NULL;
}

/* Drops what is no longer true, and makes the table as large as the rest needs. */
static void large_renew(const struct live *l, struct live_large *t)
{
	struct live_large renewed = { .capacity = LARGE_FIRST, .classes = t->classes };
	size_t kept = 0;

	for (size_t i = 0; i < t->capacity; i++)
		kept += large_block(l, &t->entries[i]) != NULL;
	while (renewed.capacity < (kept + 1) * 3)
		renewed.capacity *= 2;
	renewed.entries = memory_zeroed(renewed.capacity, sizeof(*renewed.entries));
	for (size_t i = 0; i < t->capacity; i++)
		if (large_block(l, &t->entries[i])) {
			*large_at(&renewed, t->entries[i].key) = t->entries[i];
			renewed.count++;
		}
	free(t->entries);
	*t = renewed;
}

void live_note_large(struct live *l, uint64_t address, uint64_t size)
{
	unsigned class = size_class(size);
	struct large_entry *entry;

	if (!l->large)
		l->large = memory_zeroed(1, sizeof(*l->large));
	if ((l->large->count + 1) * 3 > l->large->capacity * 2)
		large_renew(l, l->large);
	entry = large_at(l->large, window_key(address >> class, class));
	l->large->count += !entry->key;
	*entry = (struct large_entry){ .key = window_key(address >> class, class), .address = address };
	l->large->classes |= 1ull << class;
}

static struct live_block *large_around(const struct live *l, uint64_t address)
{
	for (uint64_t classes = l->large ? l->large->classes : 0; classes; classes &= classes - 1) {
		unsigned class = (unsigned)__builtin_ctzll(classes);

		for (uint64_t back = 0; back <= 2 && back <= address >> class; back++) {
			struct live_block *b = large_block(l, large_at(l->large, window_key((address >> class) - back, class)));

			if (b && address >= b->address && address - b->address < b->size)
				return b;
		}
	}
	return NULL;
}

/* --- the block around an address ------------------------------------------------------------- */

struct live_block *live_around(const struct live *l, uint64_t address)
{
	uint64_t place = address & ~(uint64_t)(PLACE - 1);
	struct live_block *b = large_around(l, address);

	if (b || !l->count)
		return b;
	for (uint64_t back = 0; back < LIVE_LARGE && back < place; back += PLACE) {
		if (place > back + AHEAD)
			live_prefetch(l, place - back - AHEAD);
		b = live_find(l, place - back);
		if (b) /* what begins before it ends before it */
			return address - b->address < b->size ? b : NULL;
	}
	return NULL;
}
