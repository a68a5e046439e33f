/* SPDX-License-Identifier: MIT
 *
 * Sizes and lifetimes of a process's blocks by the time slice in which they were allocated: buckets only, four to a power of
 * two of sizes and one of lifetimes. A slice's buckets are made when a block needs them; at the process's end those that
 * hold something become rows, so that memory follows the slices of processes that run.
 */
#ifndef INGEST_SPAN_HISTOGRAM_H
#define INGEST_SPAN_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/distribution.h"
#include "analyzer/ingest/timebase.h"

struct span_buckets {
	struct bucket sizes[DISTRIBUTION_SIZES];
	struct bucket lifetimes[DISTRIBUTION_LIFETIMES];
};

struct span_histogram {
	struct span_buckets *slices[TIMEBASE_MAX_SLICES]; /* NULL: no block began in it */
};

/* A row of the database's span_histogram. Slices from 0. */
struct span_bucket_row {
	uint32_t process;
	uint16_t slice;
	uint8_t lifetime; /* 1: of lifetimes, 0: of sizes */
	uint8_t bucket;
	struct bucket sum;
};

struct span_bucket_rows {
	struct span_bucket_row *at;
	size_t count, room;
};

struct span_buckets *span_buckets_new(void);

/* `count` blocks of `size` bytes begin in a slice. */
static inline void span_histogram_begin(struct span_histogram *h, uint32_t slice, uint64_t size, uint64_t count)
{
	struct bucket *b;

	if (__builtin_expect(!h->slices[slice], 0))
		h->slices[slice] = span_buckets_new();
	b = &h->slices[slice]->sizes[distribution_size_bucket(size)];
	b->count += count;
	b->amount += count * size;
}

/* Those of `amount` bytes that began in that slice were freed after `ns`. */
static inline void span_histogram_end(struct span_histogram *h, uint32_t slice, uint64_t ns, uint64_t count, uint64_t amount)
{
	struct bucket *b = &h->slices[slice]->lifetimes[distribution_lifetime_bucket(ns)];

	b->count += count;
	b->amount += amount;
}

/* The process has ended: its buckets become rows. May be called again. */
void span_histogram_finish(struct span_histogram *h, uint32_t process, struct span_bucket_rows *rows);
void span_histogram_release(struct span_histogram *h);
/* Sorts rows by the database's key; sizes come last. */
void span_bucket_rows_sort(struct span_bucket_rows *rows);

#endif
