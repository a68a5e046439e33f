/* SPDX-License-Identifier: MIT
 *
 * Ranges sorted by start, each with the farthest end so far (`reach`): going back from the last range that starts
 * at or before an address, the search stops where the reach does not get there any more. For ranges that nest, as
 * code does, that is a few steps.
 */
#include "analyzer/ingest/symbol_range.h"
#include "analyzer/base/memory.h"

#include <stdlib.h>
#include <string.h>

void symbol_ranges_add(struct symbol_ranges *r, uint64_t low, uint64_t high, uint32_t value, uint32_t rank)
{
	if (high <= low)
		return;
	r->items = memory_grown(r->items, &r->capacity, r->count + 1, sizeof(*r->items));
	r->items[r->count++] = (struct symbol_range){.low = low, .high = high, .value = value, .rank = rank};
}

static int range_compare(const void *left, const void *right)
{
	const struct symbol_range *a = left, *b = right;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->value < b->value ? -1 : a->value > b->value;
}

void symbol_ranges_sort(struct symbol_ranges *r)
{
	uint64_t reach = 0;

	if (r->count)
		qsort(r->items, r->count, sizeof(*r->items), range_compare);
	for (size_t i = 0; i < r->count; i++) {
		if (r->items[i].high > reach)
			reach = r->items[i].high;
		r->items[i].reach = reach;
	}
}

/* How many ranges start at or before the address. */
static size_t ranges_before(const struct symbol_ranges *r, uint64_t address)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->items[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct symbol_range *symbol_ranges_find(const struct symbol_ranges *r, uint64_t address, size_t *cursor)
{
	size_t i = *cursor == SYMBOL_RANGE_FIRST ? ranges_before(r, address) : *cursor;

	while (i-- > 0 && r->items[i].reach > address) {
		if (r->items[i].high > address) {
			*cursor = i;
			return &r->items[i];
		}
	}
	*cursor = 0;
	return NULL;
}

void symbol_ranges_release(struct symbol_ranges *r)
{
	free(r->items);
	memset(r, 0, sizeof(*r));
}
