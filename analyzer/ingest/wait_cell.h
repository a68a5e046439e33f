/* SPDX-License-Identifier: MIT
 *
 * Cells of waits: what the events of locks say, added up by what the database tells apart. Durations are in raw units of
 * the time stamp counter. A recorded wait may stand for others like it: `weight` counts events in 1/WAIT_ONE, `extra` is the time
 * beyond that of the recorded ones.
 */
#ifndef INGEST_WAIT_CELL_H
#define INGEST_WAIT_CELL_H

#include <stdint.h>

#define WAIT_ONE 256u

/* Waits for a lock, or on it for work. The key ends before `events`. Slices from 1; owner 0: not known. */
struct wait_cell {
	uint32_t life, stack, thread, owner, slice, reading;
	uint64_t events, weight;
	uint64_t time, extra;
	uint64_t max;
	uint64_t timeouts, timeouts_weight;
	uint64_t unfinished; /* went on at the end */
};

/* Releases that let others wait. The key ends before `releases`. */
struct hold_cell {
	uint32_t life, stack, thread, slice;
	uint64_t releases;
	uint64_t caused;
	uint64_t held, held_max; /* where it is known */
	uint64_t allocations;
};

/* What a thread has counted of its waits for a lock. The key ends before `waits`. */
struct counted_cell {
	uint32_t life, thread;
	uint64_t waits, time;
	uint64_t read_waits, read_time;
	uint64_t timeouts, max;
	uint64_t tick; /* when it was told last */
};

/* Lock `life` was asked for while `held` was held. The key ends before `tick`. Stack 0: not known. */
struct order_cell {
	uint32_t held, life, held_stack, stack;
	uint64_t tick;   /* first seen */
	uint32_t thread; /* in */
	uint32_t cycle;  /* 0: in none; set by lock_cycles */
};

#define WAIT_KEY offsetof(struct wait_cell, events)
#define HOLD_KEY offsetof(struct hold_cell, releases)
#define COUNTED_KEY offsetof(struct counted_cell, waits)
#define ORDER_KEY offsetof(struct order_cell, tick)

#endif
