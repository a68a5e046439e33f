/* SPDX-License-Identifier: MIT
 *
 * The sizes and lifetimes of one site's blocks in one process. Lifetimes fall into powers of two of
 * a nanosecond. Sizes are exact as long as there are at most DISTRIBUTION_EXACT different ones, as
 * with most sites; then they fall into four buckets a power of two.
 */
#ifndef INGEST_DISTRIBUTION_H
#define INGEST_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

#define DISTRIBUTION_EXACT 64u
#define DISTRIBUTION_LIFETIMES 65u /* bucket b > 0 holds 2^(b-1) .. 2^b - 1; 0 holds 0 */
#define DISTRIBUTION_SIZES 252u

struct bucket {
	uint64_t count, amount;
};

struct exact_size {
	uint64_t size, count; /* count 0: empty */
};

struct distribution {
	struct bucket lifetimes[DISTRIBUTION_LIFETIMES];
	struct exact_size *exact; /* hash table of exact_mask + 1; NULL when buckets are used */
	uint32_t exact_mask, exact_count;
	struct bucket *sizes;     /* DISTRIBUTION_SIZES, or NULL */
};

static inline unsigned distribution_lifetime_bucket(uint64_t ns)
{
	return ns ? 64 - (unsigned)__builtin_clzll(ns) : 0;
}

/* Sizes below 8 have buckets of their own, then four to each power of two. */
static inline unsigned distribution_size_bucket(uint64_t size)
{
	unsigned log;

	if (size < 8)
		return (unsigned)size;
	log = 63 - (unsigned)__builtin_clzll(size);
	return 8 + (log - 3) * 4 + (unsigned)(size >> (log - 2) & 3);
}

static inline void distribution_add_lifetime(struct distribution *d, uint64_t ns, uint64_t count, uint64_t amount)
{
	struct bucket *b = &d->lifetimes[distribution_lifetime_bucket(ns)];

	b->count += count;
	b->amount += amount;
}

/* The slow way of adding a size: one that is new. */
void distribution_new_size(struct distribution *d, uint64_t size, uint64_t count);

/* `count` blocks of a size. */
static inline void distribution_add_size(struct distribution *d, uint64_t size, uint64_t count)
{
	if (__builtin_expect(d->sizes != NULL, 0)) {
		struct bucket *b = &d->sizes[distribution_size_bucket(size)];

		b->count += count;
		b->amount += count * size;
		return;
	}
	for (uint32_t i = (uint32_t)(size * 0x9e3779b1u >> 16) & d->exact_mask; d->exact[i].count; i = (i + 1) & d->exact_mask)
		if (d->exact[i].size == size) {
			d->exact[i].count += count;
			return;
		}
	distribution_new_size(d, size, count);
}

struct distribution *distribution_new(void);
void distribution_free(struct distribution *d);

/* Bounds of a bucket, both inclusive. */
void distribution_lifetime_bounds(unsigned bucket, uint64_t *low, uint64_t *high);
void distribution_size_bounds(unsigned bucket, uint64_t *low, uint64_t *high);

#endif
