/* SPDX-License-Identifier: MIT
 *
 * A recorded thread as the collector sees it: the reading end of its ring, and the events read but
 * not written yet. Everything the target may have changed is checked on the way from the ring.
 */
#ifndef COLLECTOR_THREAD_H
#define COLLECTOR_THREAD_H

#include "collector/drain.h"
#include "trace/segment.h"

struct image;
struct lock_table;

struct thread {
	struct segment_thread *slot;
	struct image *image;
	uint32_t index;           /* of the slot */
	_Atomic uint32_t *state;  /* the slot's */
	uint32_t id;              /* in the trace */
	int32_t tid;              /* as the host knows it */
	int broken;               /* its ring cannot be: not read any more */
	int ending;               /* it has said so; it may take a moment yet */
	int in_group;             /* its last event is one that another one belongs to (trace/waits.h) */
	uint64_t start_stamp;
	uint64_t tail;            /* ours; what stands in the slot is for the shim */
	uint64_t last_tick;
	uint64_t end_tick;        /* when it said that it was ending */
	struct event *pending;    /* NULL: none */
	uint32_t count, room;     /* of pending */
	uint64_t pending_since_ns;
	uint64_t active_ns;       /* when it last had something */
	uint64_t unwritten;       /* events read that could not be written */
	uint64_t lost;            /* these and those it has dropped, as last told */
	char name[16];            /* as last told */
	char slot_name[16];       /* as last seen in the slot */
	struct lock_table *locks; /* its counters as last told; NULL: none */
};

/* Takes over a slot that has been found live (slot, state, process, index, id and tid are set, the rest is zero); tells the
 * journal. */
void thread_open(struct thread *t, struct drain *d);

/* Reads what the ring holds; writes blocks as they fill. Returns the number of cells read. */
uint64_t thread_drain(struct thread *t, struct drain *d);

/* Adds an event of the collector's own, fit for the trace but for its stamp: that is at least `tick`, and no earlier
 * than the event before. 0, or -1 (no memory). */
int thread_append(struct thread *t, struct drain *d, struct event *e, uint64_t tick);

/* Writes the pending events, preceded by what they refer to. */
void thread_flush(struct thread *t, struct drain *d);

/* Tells the journal how many events were dropped or not written, where that changed. */
void thread_tell_loss(struct thread *t, struct drain *d);

/* Tells the journal the thread's name, where it changed: as the kernel has it, or else as its slot says. */
void thread_tell_name(struct thread *t, struct drain *d);

/* Nothing more will be read from the thread, which may be running: reads its ring, its counters and what it has parked. */
void thread_read_last(struct thread *t, struct drain *d);

/* The thread has ended: tells so and frees the slot where that is safe. What it left is written now or with other remains. */
void thread_close(struct thread *t, struct drain *d);

#endif
