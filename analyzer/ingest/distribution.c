/* SPDX-License-Identifier: MIT
 *
 * Growing the exact sizes, giving them up, and the bounds of buckets.
 */
#include "analyzer/ingest/distribution.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

#define EXACT_FIRST 8u

struct distribution *distribution_new(void)
{
	struct distribution *d = memory_zeroed(1, sizeof(*d));

	d->exact = memory_zeroed(EXACT_FIRST, sizeof(*d->exact));
	d->exact_mask = EXACT_FIRST - 1;
	return d;
}

void distribution_free(struct distribution *d)
{
	if (!d)
		return;
	free(d->exact);
	free(d->sizes);
	free(d);
}

static void exact_put(struct distribution *d, uint64_t size, uint64_t count)
{
	uint32_t i = (uint32_t)(size * 0x9e3779b1u >> 16) & d->exact_mask;

	while (d->exact[i].count)
		i = (i + 1) & d->exact_mask;
	d->exact[i] = (struct exact_size){ .size = size, .count = count };
	d->exact_count++;
}

static void exact_grow(struct distribution *d)
{
	struct exact_size *old = d->exact;
	uint32_t old_capacity = d->exact_mask + 1;

	d->exact = memory_zeroed(old_capacity * 2, sizeof(*d->exact));
	d->exact_mask = old_capacity * 2 - 1;
	d->exact_count = 0;
	for (uint32_t i = 0; i < old_capacity; i++)
		if (old[i].count)
			exact_put(d, old[i].size, old[i].count);
	free(old);
}

static void exact_give_up(struct distribution *d)
{
	d->sizes = memory_zeroed(DISTRIBUTION_SIZES, sizeof(*d->sizes));
	for (uint32_t i = 0; i <= d->exact_mask; i++) {
		struct bucket *b = &d->sizes[distribution_size_bucket(d->exact[i].size)];

		b->count += d->exact[i].count;
		b->amount += d->exact[i].count * d->exact[i].size;
	}
	free(d->exact);
	d->exact = NULL;
}

void distribution_new_size(struct distribution *d, uint64_t size, uint64_t count)
{
	if (d->exact_count == DISTRIBUTION_EXACT) {
		exact_give_up(d);
		distribution_add_size(d, size, count);
		return;
	}
	if ((d->exact_count + 1) * 2 > d->exact_mask + 1)
		exact_grow(d);
	exact_put(d, size, count);
}

void distribution_lifetime_bounds(unsigned bucket, uint64_t *low, uint64_t *high)
{
	*low = bucket ? 1ull << (bucket - 1) : 0;
	*high = bucket ? *low + (*low - 1) : 0;
}

void distribution_size_bounds(unsigned bucket, uint64_t *low, uint64_t *high)
{
	unsigned log = 3 + (bucket - 8) / 4;

	*low = *high = bucket;
	if (bucket < 8)
		return;
	*low = (uint64_t)(4 + (bucket - 8) % 4) << (log - 2);
	*high = *low + ((1ull << (log - 2)) - 1);
}
