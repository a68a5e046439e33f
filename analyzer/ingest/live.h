/* SPDX-License-Identifier: MIT
 *
 * The live blocks of one process: address to what is known of the block. An open-addressed table of
 * 32-byte entries, at most three fifths full, without tombstones: memory follows the largest number
 * of blocks ever live at once. Entries move when others come and go: a pointer to one is valid
 * until the next live_add or live_remove.
 */
#ifndef INGEST_LIVE_H
#define INGEST_LIVE_H

#include <stddef.h>
#include <stdint.h>

struct live_block {
	uint64_t address; /* 0: the entry is empty */
	uint64_t size;
	uint64_t tick;    /* of its allocation */
	uint32_t cell;    /* who allocated it */
	uint32_t number;  /* of the event, among its thread's; see escape_chain.h */
};

struct live {
	struct live_block *blocks;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
	unsigned shift;  /* 64 - log2(capacity) */
	struct live_large *large; /* where blocks of LIVE_LARGE bytes and more begin; NULL: there was none yet */
};

#define LIVE_LARGE 4096u

/* Neighbours in memory (a run of blocks of one size) come to lie apart, but in a fixed pattern that does not collide. */
static inline size_t live_home(const struct live *l, uint64_t address)
{
	return (size_t)((address >> 3) * 0x9e3779b97f4a7c15ull >> l->shift);
}

static inline void live_prefetch(const struct live *l, uint64_t address)
{
	if (l->capacity)
		__builtin_prefetch(&l->blocks[live_home(l, address)], 1);
}

/* The block at an address, or NULL. */
static inline struct live_block *live_find(const struct live *l, uint64_t address)
{
	size_t i;

	if (!l->capacity)
		return NULL;
	for (i = live_home(l, address); l->blocks[i].address; i = (i + 1) & (l->capacity - 1))
		if (l->blocks[i].address == address)
			return &l->blocks[i];
	return NULL;
}

void live_grow(struct live *l);

/* The entry of an address (not 0), which the caller fills; *existed says whether there was a live block. */
static inline struct live_block *live_add(struct live *l, uint64_t address, int *existed)
{
	size_t i;

	if ((l->count + 1) * 5 > l->capacity * 3)
		live_grow(l);
	for (i = live_home(l, address); l->blocks[i].address; i = (i + 1) & (l->capacity - 1))
		if (l->blocks[i].address == address) {
			*existed = 1;
			return &l->blocks[i];
		}
	*existed = 0;
	l->blocks[i].address = address;
	l->count++;
	return &l->blocks[i];
}

void live_note_large(struct live *l, uint64_t address, uint64_t size);

/* To be called for each block once its size is known: live_around finds large ones by it. */
static inline void live_note(struct live *l, uint64_t address, uint64_t size)
{
	if (__builtin_expect(size >= LIVE_LARGE, 0))
		live_note_large(l, address, size);
}

/* The live block that the address lies in, not only at the start of, or NULL. Looks at some hundred places: for what is rare. */
struct live_block *live_around(const struct live *l, uint64_t address);

/* Empties an entry; those after it that belong before the gap move up. */
static inline void live_remove(struct live *l, struct live_block *block)
{
	size_t mask = l->capacity - 1, gap = (size_t)(block - l->blocks), i = gap;

	for (;;) {
		i = (i + 1) & mask;
		if (!l->blocks[i].address)
			break;
		if (((i - live_home(l, l->blocks[i].address)) & mask) >= ((i - gap) & mask)) {
			l->blocks[gap] = l->blocks[i];
			gap = i;
		}
	}
	l->blocks[gap].address = 0;
	l->count--;
}

void live_release(struct live *l);

#endif
