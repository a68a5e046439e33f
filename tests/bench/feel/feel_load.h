/* SPDX-License-Identifier: MIT
 *
 * What the stacks of the made-up program do: a load is what one of them allocated in one thread. All figures of a load follow
 * from its number, and all sums of the database from the loads, so that they agree with each other.
 */
#ifndef FEEL_FEEL_LOAD_H
#define FEEL_FEEL_LOAD_H

#include "feel_tree.h"

enum { FEEL_PROCESSES = 6, FEEL_THREADS = 36, FEEL_SLICES = 256, FEEL_SLICE_NS = 50000000, FEEL_KINDS = 4 };

enum feel_fate { FATE_LOCAL = 1, FATE_CALLER = 2, FATE_THREAD = 3 };

/* Blocks of a load that were allocated in one slice and freed in another, or (end 0) never. */
struct feel_part {
	uint16_t slice, end; /* slices count from 1 */
	uint32_t blocks;
};

struct feel_load {
	uint32_t stack, site, size;
	uint32_t blocks, live, temporary, at_peak;
	uint32_t owner;      /* local, caller: node; thread: stack that freed */
	uint8_t thread, process, freed_in; /* ids */
	uint8_t kind;        /* 0 malloc, 1 calloc, 2 new, 3 realloc */
	uint8_t fate, level;
	struct feel_part parts[3]; /* the last: what lives on. Blocks 0: none */
};

struct feel_process {
	int64_t allocations, bytes, frees, reallocations, leaked, leaked_bytes, temporary, peak_bytes;
	uint16_t first, last, peak; /* slices */
	struct feel_course {
		int64_t live_end, allocations, bytes, frees;
	} course[FEEL_SLICES + 2];  /* [slice] */
};

struct feel_loads {
	const struct feel_tree *tree;
	struct feel_load *at;
	uint32_t count;
	struct feel_process processes[FEEL_PROCESSES + 1]; /* [id] */
};

static inline uint32_t feel_process_of(uint32_t thread)
{
	return (thread - 1) % FEEL_PROCESSES + 1;
}

void feel_loads_make(struct feel_loads *l, const struct feel_tree *tree);
void feel_loads_release(struct feel_loads *l);
/* Writes total and site_total (feel_costs.c), and the rest of what follows from the loads (feel_sums.c). 0 or -1. */
int feel_costs_write(const struct feel_loads *l, struct store *s, struct err *err);
int feel_sums_write(const struct feel_loads *l, struct store *s, struct err *err);

#endif
