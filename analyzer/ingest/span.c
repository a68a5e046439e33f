/* SPDX-License-Identifier: MIT
 *
 * Adding up across slices, and turning sums to rows.
 */
#include "analyzer/ingest/span.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define SUMS_FIRST 1024u
#define SUMS_KEPT 65536u
#define ROW_GROUPS ((size_t)SPAN_CLASSES << 9) /* slices up to 256 */

/* Cells start at 1, so no key is 0. */
static uint64_t span_key(enum span_class class, uint32_t slice, uint32_t cell)
{
	return (uint64_t)cell << 16 | (uint64_t)class << 8 | slice;
}

static struct span_sum *sum_at(struct span_sum *sums, size_t capacity, uint64_t key)
{
	size_t i = map_mix(key) >> 16 & (capacity - 1);

	while (sums[i].key && sums[i].key != key)
		i = (i + 1) & (capacity - 1);
	return &sums[i];
}

static void sums_grow(struct spans *s)
{
	size_t capacity = s->capacity ? s->capacity * 2 : SUMS_FIRST;
	struct span_sum *sums = memory_zeroed(capacity, sizeof(*sums));

	for (size_t i = 0; i < s->capacity; i++)
		if (s->sums[i].key)
			*sum_at(sums, capacity, s->sums[i].key) = s->sums[i];
	free(s->sums);
	s->sums = sums;
	s->capacity = capacity;
}

void spans_add(struct spans *s, enum span_class class, uint32_t slice, uint32_t cell, uint64_t count, uint64_t amount)
{
	struct span_sum *sum;

	if ((s->count + 1) * 2 > s->capacity)
		sums_grow(s);
	sum = sum_at(s->sums, s->capacity, span_key(class, slice, cell));
	if (!sum->key) {
		sum->key = span_key(class, slice, cell);
		s->count++;
	}
	sum->count += count;
	sum->amount += amount;
}

void spans_touch_slowly(struct spans *s, struct cells *cells, uint32_t cell, uint32_t slice)
{
	s->touched = memory_grown(s->touched, &s->touched_room, s->touched_count + 1, sizeof(*s->touched));
	s->touched[s->touched_count++] = cell;
	cells->at[cell].slice = slice + 1;
}

static void row_add(struct spans *s, const struct cell *c, struct span_row row)
{
	if (!row.count)
		return;
	row.stack = c->stack;
	row.thread = c->thread;
	s->rows = memory_grown(s->rows, &s->row_room, s->row_count + 1, sizeof(*s->rows));
	s->rows[s->row_count++] = row;
}

/* The rows of a cell's `now`, which goes to the cell's totals. */
static void cell_flush(struct spans *s, struct cell *c)
{
	uint16_t slice = (uint16_t)c->slice;

	for (unsigned class = SPAN_ALLOCATIONS; class < SPAN_CLASSES; class++)
		row_add(s, c, (struct span_row){ .class = (uint16_t)class, .slice = slice,
		                                 .end = class == SPAN_ALLOCATIONS ? slice : 0,
		                                 .count = c->now[class].count, .amount = c->now[class].amount });
	c->temporary += c->now[SPAN_TEMPORARY].count;
	c->temporary_bytes += c->now[SPAN_TEMPORARY].amount;
	c->reallocations += c->now[SPAN_REALLOCATIONS].count;
	memset(c->now, 0, sizeof(c->now));
	c->slice = 0;
}

static void sums_flush(struct spans *s, const struct cells *cells, uint32_t end)
{
	for (size_t i = 0; i < s->capacity; i++) {
		const struct span_sum *sum = &s->sums[i];
		enum span_class class = sum->key >> 8 & 0xff;

		if (!sum->key)
			continue;
		row_add(s, &cells->at[sum->key >> 16], (struct span_row){
			.class = (uint16_t)class,
			.slice = (uint16_t)((sum->key & 0xff) + 1),
			.end = class == SPAN_ALLOCATIONS ? (uint16_t)end : 0,
			.count = sum->count,
			.amount = sum->amount,
		});
	}
	s->count = 0;
	if (s->capacity > SUMS_KEPT) {
		free(s->sums);
		s->sums = NULL;
		s->capacity = 0;
	} else if (s->capacity) {
		memset(s->sums, 0, s->capacity * sizeof(*s->sums));
	}
}

void spans_flush(struct spans *s, struct cells *cells, uint32_t end)
{
	for (size_t i = 0; i < s->touched_count; i++)
		cell_flush(s, &cells->at[s->touched[i]]);
	s->touched_count = 0;
	if (s->count)
		sums_flush(s, cells, end);
}

/* Of two rows of one class and slice. */
static int row_compare(const void *left, const void *right)
{
	const struct span_row *a = left, *b = right;

	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static size_t row_group(const struct span_row *row)
{
	return (size_t)row->class << 9 | row->slice; /* slices are 1..256 */
}

static int spilled_compare(const void *left, const void *right)
{
	size_t a = row_group(left), b = row_group(right);

	return a != b ? (a > b) - (a < b) : row_compare(left, right);
}

static void spilled_add(void *row, const void *other)
{
	struct span_row *sum = row;
	const struct span_row *more = other;

	sum->count += more->count;
	sum->amount += more->amount;
}

const struct spill_kind span_spill = { sizeof(struct span_row), spilled_compare, spilled_add };

/* Rows by class and slice; starts[g] .. starts[g + 1] is a group. */
static void rows_group(struct spans *s, size_t starts[ROW_GROUPS + 1])
{
	struct span_row *grouped = memory_resized(NULL, s->row_room, sizeof(*grouped));
	size_t at[ROW_GROUPS];

	memset(starts, 0, (ROW_GROUPS + 1) * sizeof(*starts));
	for (size_t i = 0; i < s->row_count; i++)
		starts[row_group(&s->rows[i]) + 1]++;
	for (size_t g = 0; g < ROW_GROUPS; g++) {
		starts[g + 1] += starts[g];
		at[g] = starts[g];
	}
	for (size_t i = 0; i < s->row_count; i++)
		grouped[at[row_group(&s->rows[i])]++] = s->rows[i];
	free(s->rows);
	s->rows = grouped;
}

void spans_sort(struct spans *s)
{
	size_t starts[ROW_GROUPS + 1], kept = 0;

	if (s->row_count < 2)
		return;
	rows_group(s, starts);
	for (size_t g = 0; g < ROW_GROUPS; g++)
		if (starts[g + 1] - starts[g] > 1)
			qsort(s->rows + starts[g], starts[g + 1] - starts[g], sizeof(*s->rows), row_compare);
	for (size_t i = 1; i < s->row_count; i++) {
		struct span_row *last = &s->rows[kept], *row = &s->rows[i];

		if (row_group(last) != row_group(row) || row_compare(last, row)) {
			s->rows[++kept] = *row;
		} else {
			last->count += row->count;
			last->amount += row->amount;
		}
	}
	s->row_count = kept + 1;
}

void spans_release(struct spans *s)
{
	free(s->sums);
	free(s->touched);
	free(s->rows);
	*s = (struct spans){ 0 };
}
