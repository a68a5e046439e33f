/* SPDX-License-Identifier: MIT
 *
 * The producer's end of a thread's ring (trace/segment.h). Owner thread only, inside the guard.
 */
#ifndef PRELOAD_RING_H
#define PRELOAD_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "trace/segment.h"

struct ring {
	struct segment *segment;
	struct segment_thread *slot;
	uint64_t head;      /* = slot->head */
	uint64_t tail_seen; /* slot->tail when last looked at */
};

#define RING_AHEAD 8u
#define RING_NUDGE (RING_EVENTS / 4) /* a sleeping collector is woken after this many events */

void ring_init(struct ring *r, struct segment *s, struct segment_thread *slot);

/* Makes room for `count` cells: looks, then waits or drops as the recording wants. 0: there is none. */
int ring_make_room(struct ring *r, uint32_t count);
/* An event is lost. */
void ring_count_drop(struct ring *r);
/* Wakes the collector if it sleeps. Any thread. */
void ring_nudge(struct segment *s);

/* The next cell to fill, or NULL when the event is dropped (and counted). */
static inline struct event *ring_reserve(struct ring *r)
{
	if (__builtin_expect(r->head - r->tail_seen >= RING_EVENTS, 0) && !ring_make_room(r, 1))
		return NULL;
	/* the collector has read the cells ahead: their lines are on another processor */
	__builtin_prefetch(&r->slot->events[(r->head + RING_AHEAD) % RING_EVENTS], 1);
	return &r->slot->events[r->head % RING_EVENTS];
}

/* 1: there may be no room. Looks at nothing that the collector writes. */
static inline int ring_seems_full(const struct ring *r) { return r->head - r->tail_seen >= RING_EVENTS; }

/* Whether `count` cells can be filled, waiting for room if that is wanted; else the events are dropped (and counted as one). */
static inline int ring_has_room(struct ring *r, uint32_t count)
{
	return r->head + count - r->tail_seen <= RING_EVENTS || ring_make_room(r, count);
}

/* The cell that is n behind the next. */
static inline struct event *ring_cell(struct ring *r, uint32_t n)
{
	return &r->slot->events[(r->head + n) % RING_EVENTS];
}

/* Publishes the cells filled since. */
static inline void ring_publish(struct ring *r, uint32_t count)
{
	r->head += count;
	atomic_store_explicit(&r->slot->head, r->head, memory_order_release);
	if (__builtin_expect(r->head % RING_NUDGE < count, 0))
		ring_nudge(r->segment);
}

struct message_part {
	const void *data;
	uint32_t size;
};

/* A message and its payload (the parts, one after the other), published at once; waits for room even where events are
 * dropped, but gives it up (counted) when the collector is gone. Sets head's size of payload. */
void ring_message(struct ring *r, struct event *head, const struct message_part *parts, unsigned part_count);

#endif
