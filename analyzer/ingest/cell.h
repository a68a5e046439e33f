/* SPDX-License-Identifier: MIT
 *
 * Cells: what a stack did in a thread. Every cost of the database is the sum of some member over some
 * cells. A cell is found by its thread's own small map from stack to cell.
 *
 * At peak. A cell's live figures at the instant of its process's peak are not copied when the peak
 * comes (there may be many cells and many peaks), but before the cell's first change after it:
 * `epoch` is the peak for which at_peak was taken; when it is not the process's, nothing changed
 * since, and at_peak is live.
 */
#ifndef INGEST_CELL_H
#define INGEST_CELL_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/map.h"

/* What is summed by time slice; numbers are those of the database's span_sum. Of allocations, here, those that have ended. */
enum span_class {
	SPAN_ALLOCATIONS = 1,
	SPAN_TEMPORARY,     /* these and the last three are allocations too */
	SPAN_REALLOCATIONS,
	SPAN_HANDED,        /* freed by another thread */
	SPAN_LOCAL,         /* dead before the call that asked for them returned */
	SPAN_UNCERTAIN,     /* might have died further in than is known */
	SPAN_CLASSES,
};

/* Blocks and their bytes. */
struct cell_sum {
	uint64_t count, amount;
};

static inline void cell_sum_add(struct cell_sum *s, uint64_t count, uint64_t amount)
{
	s->count += count;
	s->amount += amount;
}

/* Of its blocks, the last ones to end, all in the same way; see escape_sum.h. */
struct cell_ends {
	uint32_t freed, owner;
	uint64_t blocks, bytes;
};

struct cell {
	uint32_t stack, thread;
	uint32_t site;        /* site cell of its site in the process */
	uint32_t thread_site; /* and in the thread; 0: the process has one thread only */
	uint64_t live, live_bytes;
	uint64_t epoch;
	struct cell_ends ends;
	uint64_t allocations, allocated_bytes;
	uint32_t slice;       /* slice + 1 that `now` is about; 0: none */
	uint32_t site_depth;  /* in its stack */
	struct cell_sum now[SPAN_CLASSES]; /* [class]: what happened in that slice, not yet added up */
	uint64_t temporary, temporary_bytes, reallocations; /* of slices gone by */
	uint64_t frees, freed_bytes;                        /* by this stack, whoever allocated */
	uint64_t at_peak, at_peak_bytes;
	uint64_t local_bytes, escaped_bytes;                /* set by output_escapes */
};

struct cells {
	struct cell *at; /* [0] unused */
	size_t count, room;
};

/* A thread's map: stack to cell. */
struct cell_index {
	struct cell_slot {
		uint32_t stack, cell; /* cell 0: empty */
	} *slots;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t count;
};

static inline uint32_t cell_home(const struct cell_index *x, uint32_t stack)
{
	return (stack * 0x9e3779b1u >> 7) & (x->capacity - 1);
}

/* The cell of a stack, or 0. */
static inline uint32_t cell_index_find(const struct cell_index *x, uint32_t stack)
{
	uint32_t i;

	if (!x->capacity)
		return 0;
	for (i = cell_home(x, stack); x->slots[i].cell; i = (i + 1) & (x->capacity - 1))
		if (x->slots[i].stack == stack)
			return x->slots[i].cell;
	return 0;
}

/* Adds a stack that is not there. */
void cell_index_add(struct cell_index *x, uint32_t stack, uint32_t cell);
void cell_index_release(struct cell_index *x);

/* A new zeroed cell; its number. */
uint32_t cells_add(struct cells *c);
void cells_release(struct cells *c);

/* Before any change of live: keeps what it was at the process's peak number `epoch`. */
static inline void cell_keep_peak(struct cell *c, uint64_t epoch)
{
	if (c->epoch == epoch)
		return;
	c->epoch = epoch;
	c->at_peak = c->live;
	c->at_peak_bytes = c->live_bytes;
}

#endif
