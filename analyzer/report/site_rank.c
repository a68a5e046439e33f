/* SPDX-License-Identifier: MIT
 *
 * The first so far are a heap, of which the root is what the next one has to come before.
 */
#include "analyzer/report/site_rank.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

struct ranked {
	int64_t value;
	uint32_t site;
};

/* 1 if a comes before b; equal ones in the order of their ids. */
static int comes_before(const struct ranked *a, const struct ranked *b)
{
	return a->value != b->value ? a->value > b->value : a->site < b->site;
}

/* A heap's root is what comes last. */
static void heap_down(struct ranked *heap, size_t count, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		struct ranked swap = heap[at];

		if (child + 1 < count && comes_before(&heap[child], &heap[child + 1]))
			child++;
		if (child >= count || !comes_before(&heap[at], &heap[child]))
			return;
		heap[at] = heap[child];
		heap[child] = swap;
		at = child;
	}
}

static int by_id(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

size_t site_rank_first(uint32_t *sites, size_t count, const int64_t *values, int up, size_t most)
{
	struct ranked *heap;

	if (count <= most || !most)
		return count;
	heap = memory_zeroed(most, sizeof(*heap));
	for (size_t k = 0; k < count; k++) {
		struct ranked one = { up ? -values[sites[k]] : values[sites[k]], sites[k] };

		if (k < most) {
			heap[k] = one;
			for (size_t at = k + 1 == most ? most / 2 : 0; at-- > 0;)
				heap_down(heap, most, at);
		} else if (comes_before(&one, &heap[0])) {
			heap[0] = one;
			heap_down(heap, most, 0);
		}
	}
	for (size_t k = 0; k < most; k++)
		sites[k] = heap[k].site;
	free(heap);
	qsort(sites, most, sizeof(*sites), by_id);
	return most;
}
