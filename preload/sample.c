/* SPDX-License-Identifier: MIT
 *
 * The set of sampled addresses, and the distances between points.
 *
 * The set has levels, each eight times the one before and mapped when it is first needed. In each an address has one
 * bucket, a cache line; it is in any place of it, in any level. There is no order among the places, so nothing has to be
 * moved or marked when one is given back.
 */
#include "preload/sample.h"

#include <stddef.h>

#include "preload/sys.h"

#define LEVELS 5u
#define LEVEL0_BITS 7u
#define LEVEL_SHIFT 3u
#define PLACES 8u
#define CELL_FULL 255u
#define LN2 0xb17217f7d1cf79acull /* of 2^64 */

struct bucket {
	_Alignas(64) _Atomic uint64_t at[PLACES]; /* 0: free */
};

_Atomic uint8_t *sample_cells;
static _Atomic(struct bucket *) levels[LEVELS];

static unsigned level_bits(unsigned level) { return LEVEL0_BITS + LEVEL_SHIFT * level; }

int sample_start(void)
{
	if (!sample_cells)
		sample_cells = sys_map(1u << SAMPLE_CELL_BITS, -1);
	return sample_cells != NULL;
}

/* --- the set --------------------------------------------------------------------------------- */

/* The address's bucket in a level; NULL: there is no such level. */
static struct bucket *bucket_of(uint64_t address, unsigned level)
{
	struct bucket *buckets = level < LEVELS ? atomic_load_explicit(&levels[level], memory_order_acquire) : NULL;
	uint64_t hash = (address >> SAMPLE_GRAIN_BITS) * 0x9e3779b97f4a7c15ull;
	return buckets ? &buckets[hash >> (64 - level_bits(level))] : NULL;
}

/* 0: there is no memory for it. */
static int make_level(unsigned level)
{
	const uint64_t size = sizeof(struct bucket) << level_bits(level);
	struct bucket *none = NULL, *made = sys_map(size, -1);
	if (made && !atomic_compare_exchange_strong(&levels[level], &none, made))
		SYS2(SYS_munmap, made, size);
	return made != NULL;
}

/* The place that holds the address. NULL: none. */
static _Atomic uint64_t *find(uint64_t address)
{
	struct bucket *b;
	for (unsigned level = 0; (b = bucket_of(address, level)); level++)
		for (unsigned i = 0; i < PLACES; i++)
			if (atomic_load_explicit(&b->at[i], memory_order_relaxed) == address)
				return &b->at[i];
	return NULL;
}

static int insert(uint64_t address)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct bucket *b = bucket_of(address, level);
		if (!b && !make_level(level))
			return 0;
		b = b ? b : bucket_of(address, level);
		for (unsigned i = 0; i < PLACES; i++) {
			uint64_t free = 0;
			if (!atomic_load_explicit(&b->at[i], memory_order_relaxed) &&
			    atomic_compare_exchange_strong(&b->at[i], &free, address))
				return 1;
		}
	}
	return 0;
}

/* 0: the counter is full. */
static int count(uint64_t address)
{
	_Atomic uint8_t *cell = &sample_cells[sample_cell(address)];
	uint8_t n = atomic_load(cell);
	while (n != CELL_FULL)
		if (atomic_compare_exchange_weak(cell, &n, (uint8_t)(n + 1)))
			return 1;
	return 0;
}

static void discount(uint64_t address)
{
	atomic_fetch_sub(&sample_cells[sample_cell(address)], 1);
}

int sample_add(uint64_t address)
{
	if (sample_may_hold(address) && find(address))
		return 1;
	if (!count(address))
		return 0;
	if (insert(address))
		return 1;
	discount(address);
	return 0;
}

int sample_remove(uint64_t address)
{
	_Atomic uint64_t *place = find(address);
	uint64_t there = address;
	if (!place || !atomic_compare_exchange_strong(place, &there, 0)) /* freed twice at once: one of them has it */
		return 0;
	discount(address);
	return 1;
}

/* --- distances ------------------------------------------------------------------------------- */

/* The next of a sequence that passes for random, from any state on. */
static uint64_t draw(uint64_t *random)
{
	uint64_t x = *random += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* -log2(x / 2^64), x > 0, with 32 bits behind the point: squaring doubles the logarithm, and shows its next bit. */
static uint64_t negative_log2(uint64_t x)
{
	unsigned zeros = (unsigned)__builtin_clzll(x);
	uint64_t fraction = 0, m = x << zeros; /* m / 2^63 is from 1 up to 2 */
	for (unsigned i = 0; i < 32; i++) {
		unsigned __int128 square = (unsigned __int128)m * m;
		uint64_t two = (uint64_t)(square >> 127);
		m = (uint64_t)(square >> (63 + two));
		fraction = fraction << 1 | two;
	}
	return ((uint64_t)(zeros + 1) << 32) - fraction;
}

uint64_t sample_gap(uint64_t *random, uint64_t mean)
{
	uint64_t exponential = (uint64_t)((unsigned __int128)negative_log2(draw(random) | 1) * LN2 >> 64);
	return (uint64_t)((unsigned __int128)exponential * mean >> 32) + 1;
}
