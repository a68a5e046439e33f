/* SPDX-License-Identifier: MIT
 *
 * From a slice's buckets to rows, of which most slices have few.
 */
#include "analyzer/ingest/span_histogram.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

struct span_buckets *span_buckets_new(void)
{
	return memory_zeroed(1, sizeof(struct span_buckets));
}

static void add_rows(struct span_bucket_rows *rows, struct span_bucket_row row, const struct bucket *buckets, unsigned count)
{
	for (unsigned b = 0; b < count; b++) {
		if (!buckets[b].count)
			continue;
		row.bucket = (uint8_t)b;
		row.sum = buckets[b];
		rows->at = memory_grown(rows->at, &rows->room, rows->count + 1, sizeof(*rows->at));
		rows->at[rows->count++] = row;
	}
}

void span_histogram_finish(struct span_histogram *h, uint32_t process, struct span_bucket_rows *rows)
{
	for (unsigned s = 0; s < TIMEBASE_MAX_SLICES; s++) {
		struct span_bucket_row row = { .process = process, .slice = (uint16_t)s };

		if (!h->slices[s])
			continue;
		add_rows(rows, row, h->slices[s]->sizes, DISTRIBUTION_SIZES);
		row.lifetime = 1;
		add_rows(rows, row, h->slices[s]->lifetimes, DISTRIBUTION_LIFETIMES);
	}
	span_histogram_release(h);
}

void span_histogram_release(struct span_histogram *h)
{
	for (unsigned s = 0; s < TIMEBASE_MAX_SLICES; s++) {
		free(h->slices[s]);
		h->slices[s] = NULL;
	}
}

static int row_compare(const void *left, const void *right)
{
	const struct span_bucket_row *a = left, *b = right;

	if (a->lifetime != b->lifetime)
		return a->lifetime ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->slice != b->slice)
		return a->slice < b->slice ? -1 : 1;
	return (a->bucket > b->bucket) - (a->bucket < b->bucket);
}

void span_bucket_rows_sort(struct span_bucket_rows *rows)
{
	if (rows->count)
		qsort(rows->at, rows->count, sizeof(*rows->at), row_compare);
}
