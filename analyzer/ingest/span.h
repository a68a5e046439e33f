/* SPDX-License-Identifier: MIT
 *
 * Sums by time slice. Blocks freed in the slice they were allocated in are summed in their cell (see
 * cell.h); what reaches from one slice into another is summed here until the slice it reached
 * ends. A slice that ended leaves rows, which the owner takes away before there are too many.
 */
#ifndef INGEST_SPAN_H
#define INGEST_SPAN_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/cell.h"
#include "analyzer/ingest/spill.h"

/* A row of span_sum. Slices count from 1 here, end 0: never. */
struct span_row {
	uint16_t class, slice, end, spare;
	uint32_t stack, thread;
	uint64_t count, amount;
};

struct span_sum {
	uint64_t key; /* 0: empty */
	uint64_t count, amount;
};

struct spans {
	struct span_sum *sums; /* hash table */
	size_t capacity, count;
	uint32_t *touched;     /* cells with something in `now` */
	size_t touched_count, touched_room;
	struct span_row *rows;
	size_t row_count, row_room;
};

/* Adds blocks of a cell that began in an earlier slice. */
void spans_add(struct spans *s, enum span_class class, uint32_t slice, uint32_t cell, uint64_t count, uint64_t amount);

/* Must be called before a cell's `now` is added to, with the current slice. */
void spans_touch_slowly(struct spans *s, struct cells *cells, uint32_t cell, uint32_t slice);
static inline void spans_touch(struct spans *s, struct cells *cells, uint32_t cell, uint32_t slice)
{
	if (__builtin_expect(cells->at[cell].slice != slice + 1, 0))
		spans_touch_slowly(s, cells, cell, slice);
}

/* The slice ended: everything becomes rows. `end`: the database's slice for the sums, 0 for blocks that live on. */
void spans_flush(struct spans *s, struct cells *cells, uint32_t end);
/* Sorts rows by the database's key and adds up those with the same. */
void spans_sort(struct spans *s);
/* Of struct span_row, by that key. */
extern const struct spill_kind span_spill;
void spans_release(struct spans *s);

#endif
