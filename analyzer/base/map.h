/* SPDX-License-Identifier: MIT
 *
 * A hash map from a 64-bit key to a 32-bit number: what interning needs. Any key is allowed; the
 * number 0 means "not there". Open addressing, linear probing, at most two thirds full; nothing is
 * ever removed.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map {
	uint64_t *keys;
	uint32_t *values; /* 0: the slot is empty */
	size_t capacity;  /* a power of two, or 0 */
	size_t count;
};

#define MAP_INIT { 0 }

/* Spreads a key over 64 bits; take the upper ones. */
static inline uint64_t map_mix(uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15ull;
	return key ^ (key >> 29);
}

/* Two ids as one key. */
static inline uint64_t map_pair(uint32_t a, uint32_t b)
{
	return (uint64_t)a << 32 | b;
}

/* The number of the key, 0 if it is not there. */
uint32_t map_find(const struct map *m, uint64_t key);
/* Where the key's number stands; 0 in there: the key is new, and the caller must store a number before the next call. */
uint32_t *map_at(struct map *m, uint64_t key);
void map_release(struct map *m);

#endif
