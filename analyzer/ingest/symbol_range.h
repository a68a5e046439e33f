/* SPDX-License-Identifier: MIT
 *
 * A set of address ranges that may overlap and nest, asked for those that cover an address:
 * compilation units, functions, inlined calls, symbols and unwind entries are all this.
 */
#ifndef INGEST_SYMBOL_RANGE_H
#define INGEST_SYMBOL_RANGE_H

#include <stddef.h>
#include <stdint.h>

struct symbol_range {
	uint64_t low, high; /* low <= address < high */
	uint64_t reach;     /* largest high of this and all ranges before it; filled in by symbol_ranges_sort */
	uint32_t value;     /* the caller's */
	uint32_t rank;      /* of ranges with the same low the highest rank is found first */
};

struct symbol_ranges {
	struct symbol_range *items;
	size_t count, capacity;
};

/* Adds low..high; an empty or reversed one is ignored. Out of memory ends the process. */
void symbol_ranges_add(struct symbol_ranges *r, uint64_t low, uint64_t high, uint32_t value, uint32_t rank);
/* To be called after the last add and before the first find. */
void symbol_ranges_sort(struct symbol_ranges *r);
/* The covering ranges one after the other, the one that starts last first; NULL after the last one. *cursor is
 * SYMBOL_RANGE_FIRST for the first call and left alone between calls. */
#define SYMBOL_RANGE_FIRST SIZE_MAX
const struct symbol_range *symbol_ranges_find(const struct symbol_ranges *r, uint64_t address, size_t *cursor);
void symbol_ranges_release(struct symbol_ranges *r);

#endif
