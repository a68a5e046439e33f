/* SPDX-License-Identifier: MIT
 *
 * Blocks of a program's own pools, as it tells of them (culprit.h): sums by pool and stack. They lie in memory that the heap
 * or the kernel gave, and are in none of the heap's figures.
 */
#ifndef INGEST_POOL_H
#define INGEST_POOL_H

#include <stdint.h>

#include "analyzer/base/keyed.h"
#include "trace/event.h"

struct replay;
struct replay_thread;

/* What a stack has taken of a pool. */
struct pool_cell {
	uint64_t pool; /* key: up to here and */
	uint32_t process, stack; /* these two; of the naming */
	uint64_t allocations, bytes;
	uint64_t live, live_bytes, peak_bytes; /* as of `round` */
	uint64_t round; /* of the pool */
};

/* A pool. */
struct pool {
	uint64_t address; /* key */
	uint64_t process;
	uint64_t round;   /* times it was emptied at once */
};

struct pool_block {
	uint64_t pool, address; /* key */
	uint64_t process;
	uint64_t size, round;
	size_t cell; /* its number, from 1; 0: it is not in use */
};

struct pools {
	struct keyed pools, cells, blocks;
};

void pools_init(struct pools *p);
void pools_release(struct pools *p);

/* Takes in an event for which event_is_pool; its stack is the naming's. */
void pools_event(struct replay *r, struct replay_thread *t, const struct event *e);

/* Settles a cell whose pool was emptied since it was last looked at. For the end. */
void pools_settle(struct pools *p, struct pool_cell *cell);

#endif
