/* SPDX-License-Identifier: MIT
 *
 * A recorded thread as the collector sees it: the reading end of its ring, and the events read but
 * not written yet. Everything the target may have changed is checked on the way from the ring.
 */
#ifndef COLLECTOR_THREAD_H
#define COLLECTOR_THREAD_H

#include "collector/clock.h"
#include "collector/journal.h"
#include "collector/tree.h"
#include "trace/event.h"
#include "trace/segment.h"

struct image;

#define REMAINS_THREADS 256u

/* Events of threads that have ended, waiting to be written together: many short threads would make many small blocks of
 * facts between their events otherwise. */
struct remains {
	struct event *events; /* BLOCK_MAX_EVENTS */
	uint32_t count;
	struct {
		uint32_t id, count;
	} of[REMAINS_THREADS];
	uint32_t threads;
	uint64_t since_ns;
};

/* What threads need to turn ring cells into blocks; one for the collector. */
struct drain {
	struct writer *writer;
	struct journal *journal;
	struct tree *tree;
	const struct clock *clock;
	unsigned char *raw;      /* BLOCK_MAX_RAW */
	void *scratch;           /* of the events codec */
	struct event **pool;     /* arrays of BLOCK_MAX_EVENTS not in use, a few */
	uint32_t pooled;
	struct remains remains;
	uint64_t events;         /* ever put into a block */
	uint64_t nonsense;       /* cells that no well-behaved shim writes */
	uint64_t now_ns, now_stamp;
};

/* Memory for blocks and arrays; the pointers to others are the caller's to set. 0 or -1. */
int drain_init(struct drain *d);
void drain_release(struct drain *d);
/* Writes what threads that have ended have left. */
void drain_flush_remains(struct drain *d);

struct thread {
	struct segment_thread *slot;
	struct image *image;
	uint32_t index;           /* of the slot */
	uint32_t id;              /* in the trace */
	int32_t tid;              /* as the host knows it */
	int broken;               /* its ring cannot be: not read any more */
	uint64_t start_stamp;
	uint64_t tail;            /* ours; what stands in the slot is for the shim */
	uint64_t last_tick;
	struct event *pending;    /* NULL: none */
	uint32_t count;           /* of pending */
	uint64_t pending_since_ns;
	uint64_t active_ns;       /* when it last had something */
	uint64_t dropped;         /* as last told */
	char name[16];
};

/* Takes over a slot that has been found live (slot, process, index, id and tid are set, the rest is zero); tells the
 * journal. */
void thread_open(struct thread *t, struct drain *d);

/* Reads what the ring holds; writes blocks as they fill. Returns the number of cells read. */
uint64_t thread_drain(struct thread *t, struct drain *d);

/* Writes the pending events, preceded by what they refer to. */
void thread_flush(struct thread *t, struct drain *d);

/* Tells the journal how many events were dropped, where that changed. */
void thread_tell_loss(struct thread *t, struct drain *d);

/* Tells the journal the thread's name, where it changed. */
void thread_tell_name(struct thread *t, struct drain *d);

/* The thread has ended: tells so and frees the slot where that is safe. What it left is written now or with other remains. */
void thread_close(struct thread *t, struct drain *d);

#endif
