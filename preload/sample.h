/* SPDX-License-Identifier: MIT
 *
 * Which blocks a sampled recording follows. A point falls on every `mean` bytes allocated, at exponentially distributed
 * distances; a block that a point falls on is in the sample, which has a chance of 1 - exp(-size / mean), whatever came before.
 *
 * Whether a block being freed is in the sample is asked for every free: a small counter for each group of addresses says no
 * with one load in nearly all cases, and an exact set says the rest. A counter is never less than the number of addresses
 * of its group that are in the set, and is no more once all who are at it are done. Memory of the process alone: a forked child
 * has its copy. Lock-free. A counter or a set that is full refuses the block, so that neither is ever wrong.
 */
#ifndef PRELOAD_SAMPLE_H
#define PRELOAD_SAMPLE_H

#include <stdatomic.h>
#include <stdint.h>

#include "preload/arch.h"

#define SAMPLE_CELL_BITS 20u
#define SAMPLE_GRAIN_BITS 4u /* blocks begin at multiples of 16 bytes: neighbours in memory are neighbours among the cells */
#define SAMPLE_FOLD_BITS 24u

extern HERE _Atomic uint8_t *sample_cells; /* NULL: everything is recorded */

/* Maps the counters, if they are not there. 0: no memory. Once in a process, before anything else here. */
int sample_start(void);

static inline uint32_t sample_cell(uint64_t address)
{
	return (uint32_t)(address >> SAMPLE_GRAIN_BITS ^ address >> SAMPLE_FOLD_BITS) & ((1u << SAMPLE_CELL_BITS) - 1);
}

/* 0: the block at this address is not in the sample. Any thread. */
static inline int sample_may_hold(uint64_t address)
{
	return atomic_load_explicit(&sample_cells[sample_cell(address)], memory_order_relaxed) != 0;
}

/* Puts an address in. 1; or 0: there is no room for it. It is not added twice. Any thread. */
int sample_add(uint64_t address);
/* Takes it out. 1 if it was in. Any thread. */
int sample_remove(uint64_t address);

/* Bytes up to and including the next point: 1 or more. `random`: the state of a generator, any value at first. */
uint64_t sample_gap(uint64_t *random, uint64_t mean);

#endif
