/* SPDX-License-Identifier: MIT
 *
 * When the ring is full. The thread sleeps on its slot's `waiting` word until the collector has
 * moved tail; the robust futex the collector holds tells at once when it has died, and a heartbeat
 * that stands still for long tells when it hangs. That it lives but makes no room either is when it does not know of this
 * thread, because something has overwritten what says so. Either way the recording ends, not the service.
 */
#include "preload/ring.h"

#include <string.h>

#include "preload/join.h"
#include "preload/process.h"
#include "preload/sys.h"

#define NAP_MS 100
#define PATIENCE_US 5000000 /* without a heartbeat */
#define ROUNDS_US 10000000  /* with one: its rounds are shorter than that, and each makes room */

void ring_init(struct ring *r, struct segment *s, struct segment_thread *slot)
{
	r->segment = s;
	r->slot = slot;
	r->head = atomic_load_explicit(&slot->head, memory_order_relaxed);
	r->tail_seen = atomic_load_explicit(&slot->tail, memory_order_acquire);
}

__attribute__((cold, noinline)) void ring_nudge(struct segment *s)
{
	if (!atomic_load_explicit(&s->sleeping, memory_order_relaxed))
		return;
	atomic_fetch_add_explicit(&s->wake, 1, memory_order_release);
	sys_futex_wake(&s->wake);
}

static int look(struct ring *r, uint32_t count)
{
	r->tail_seen = atomic_load_explicit(&r->slot->tail, memory_order_acquire);
	return r->head + count - r->tail_seen <= RING_EVENTS;
}

static int collector_is_gone(struct segment *s)
{
	return (atomic_load(&s->collector_lock) & FUTEX_OWNER_DIED) || atomic_load(&s->state) == SEGMENT_OFF;
}

/* Sleeps until the collector has made room, a signal came or a nap is over. Its length in microseconds: no more than a
 * nap's even if the whole process was stopped meanwhile, and the collector with it. */
static int64_t nap(struct ring *r)
{
	uint64_t begin = sys_now_us();
	sys_futex_wait(&r->slot->waiting, 1, NAP_MS);
	uint64_t us = sys_now_us() - begin;
	return us < NAP_MS * 1000 ? (int64_t)us : NAP_MS * 1000;
}

/* 1: there is room. 0: the collector is gone, or does not serve us, and recording is over. */
static int wait_for_room(struct ring *r, uint32_t count)
{
	struct segment *s = r->segment;
	uint64_t beat = atomic_load(&s->heartbeat);
	for (int64_t patience = PATIENCE_US, left = ROUNDS_US; patience > 0 && left > 0 && !collector_is_gone(s);) {
		atomic_store(&r->slot->waiting, 1);
		if (look(r, count))
			return 1;
		ring_nudge(s);
		int64_t us = nap(r);
		patience -= us;
		left -= us;
		if (!atomic_load(&s->collector_lock) && !join_is_answered()) /* it has not come to say that it lives */
			break;
		if (look(r, count))
			return 1;
		uint64_t now = atomic_load(&s->heartbeat);
		if (now != beat) {
			beat = now;
			patience = PATIENCE_US;
		}
	}
	process_stop();
	return 0;
}

void ring_count_drop(struct ring *r)
{
	_Atomic uint64_t *d = &r->slot->dropped;
	atomic_store_explicit(d, atomic_load_explicit(d, memory_order_relaxed) + 1, memory_order_relaxed);
}

__attribute__((cold, noinline)) int ring_make_room(struct ring *r, uint32_t count)
{
	if (look(r, count))
		return 1;
	if (!(r->segment->flags & SEGMENT_DROP_ON_FULL) && wait_for_room(r, count))
		return 1;
	ring_count_drop(r);
	return 0;
}

/* Copies into the cells from count `first` on, `at` bytes behind its start. */
static void put_payload(struct ring *r, uint64_t first, uint32_t at, const struct message_part *part)
{
	for (uint32_t done = 0; done < part->size;) {
		uint32_t cell = (at + done) / sizeof(struct event), offset = (at + done) % sizeof(struct event);
		uint32_t room = (uint32_t)sizeof(struct event) - offset, left = part->size - done;
		uint32_t n = left < room ? left : room;
		memcpy((char *)&r->slot->events[(first + cell) % RING_EVENTS] + offset, (const char *)part->data + done, n);
		done += n;
	}
}

void ring_message(struct ring *r, struct event *head, const struct message_part *parts, unsigned part_count)
{
	uint32_t size = 0, at = 0;
	for (unsigned i = 0; i < part_count; i++)
		size += parts[i].size;
	uint32_t cells = 1 + (size + sizeof *head - 1) / sizeof *head;
	if (!look(r, cells) && !wait_for_room(r, cells)) {
		ring_count_drop(r);
		return;
	}
	head->shared = (uint16_t)size;
	r->slot->events[r->head % RING_EVENTS] = *head;
	for (unsigned i = 0; i < part_count; at += parts[i++].size)
		put_payload(r, r->head + 1, at, &parts[i]);
	ring_publish(r, cells);
}
