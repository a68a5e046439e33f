/* SPDX-License-Identifier: MIT
 *
 * What a thread has told of its counters (EVENT_LOCK_TOTAL): each value is the whole since the round began, so what
 * it adds is the difference to the last one told. A round that has passed is told no more, but for what the thread's ring
 * still holds when the first counters of the next arrive: two are kept.
 */
#ifndef INGEST_LOCK_COUNTER_H
#define INGEST_LOCK_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/map.h"

struct lock_round {
	struct map index; /* life and total: place in `last`, from 1 */
	uint64_t *last;
	size_t count, room;
	uint8_t number;
};

struct lock_counters {
	struct lock_round now, before;
};

/* A thread tells a total of a life: by how much it has grown since it was told last. */
uint64_t lock_counters_grown(struct lock_counters *c, uint32_t life, unsigned total, unsigned round, uint64_t value);
void lock_counters_release(struct lock_counters *c);

#endif
