/* SPDX-License-Identifier: MIT
 *
 * What the collector's threads share on the way from rings to blocks: memory for pending events, the codec's scratch,
 * and the one way in which events are written. An event is written after everything it refers to.
 */
#ifndef COLLECTOR_DRAIN_H
#define COLLECTOR_DRAIN_H

#include "collector/clock.h"
#include "collector/journal.h"
#include "collector/tree.h"
#include "trace/event.h"

#define REMAINS_THREADS 256u
#define ARRAY_SMALL 256u /* events; most threads that have something to say at all say little */

/* Events of threads that have ended, waiting to be written together: many short threads would make many small blocks of
 * facts between their events otherwise. */
struct remain {
	uint32_t process, thread, count;
	uint64_t lost; /* events of this thread that were, so far */
};
struct remains {
	struct event *events; /* BLOCK_MAX_EVENTS */
	uint32_t count;
	struct remain of[REMAINS_THREADS];
	uint32_t threads;
	uint64_t since_ns;
};

/* Arrays that are not in use, a few. */
struct array_pool {
	struct event **arrays;
	uint32_t count;
};

/* What threads need to turn ring cells into blocks; one for the collector. */
#define DRAIN_UNRECORDED 64u

struct drain {
	struct writer *writer;
	struct journal *journal;
	struct tree *tree;
	const struct clock *clock;
	unsigned char *raw;      /* BLOCK_MAX_RAW */
	void *scratch;           /* of the events codec */
	struct array_pool small, large; /* of ARRAY_SMALL and of BLOCK_MAX_EVENTS events */
	struct remains remains;
	uint64_t events;         /* ever put into a block */
	uint64_t lost;           /* events that threads have dropped or that could not be written, as told */
	int given_up;            /* 1: no event is written any more, though there may be room for what else there is to say */
	uint64_t nonsense;       /* cells that no well-behaved shim writes */
	uint64_t now_ns, now_stamp;
	uint64_t unrecorded[DRAIN_UNRECORDED]; /* programs that were told of as such, hashed */
	uint32_t unrecorded_count;
};

/* Memory for blocks and arrays; the pointers to others are the caller's to set. 0 or -1. */
int drain_init(struct drain *d);
void drain_release(struct drain *d);

static inline uint64_t drain_tick(const struct drain *d, uint64_t stamp) { return stamp >> d->clock->tick_shift; }

/* An array of `room` events, which is ARRAY_SMALL or BLOCK_MAX_EVENTS, or NULL; to be given back. */
struct event *drain_take_array(struct drain *d, uint32_t room);
void drain_give_array(struct drain *d, struct event *array, uint32_t room);

/* Writes n (1..BLOCK_MAX_EVENTS) events of a thread as a block, preceded by what they refer to. 0, or -1: they are lost. */
int drain_write(struct drain *d, uint32_t thread, const struct event *events, uint32_t n);

/* Tells that a thread has lost so many events in all. */
void drain_tell_loss(struct drain *d, uint32_t process, uint32_t thread, uint64_t lost);

/* Keeps the last events of a thread that has ended, for a block of their own later; they may be BLOCK_MAX_EVENTS / 4 at
 * the most and have been pending since `since_ns`. */
void drain_leave(struct drain *d, const struct remain *whose, const struct event *events, uint64_t since_ns);
/* Writes what was left, or tells that it is lost. */
void drain_flush_remains(struct drain *d);

#endif
