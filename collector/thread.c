/* SPDX-License-Identifier: MIT
 *
 * From ring to block. Cells are copied in batches to memory of our own and checked there; the ring
 * gets its room back as we go, so that a thread that waits waits for a part of a block only.
 */
#include "collector/thread.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collector/image.h"
#include "collector/lock_table.h"
#include "collector/message.h"
#include "collector/proc.h"

#define BATCH 256u
#define GIVE_BACK 4096u /* cells read before the ring gets their room back */
#define PARKED_TRIES 4  /* for parked events that stand still */

static void tell_thread(struct thread *t, struct drain *d, enum meta_kind kind, uint64_t tick, const char *name)
{
	struct meta m = { .kind = kind, .tick = tick, .process = t->image->id, .thread = t->id };
	m.u.thread_start.tid = t->tid;
	m.u.thread_start.name = (struct meta_text){ name, strlen(name) };
	journal_add(d->journal, &m);
}

/* The name in the slot, which may be changing. 1: it has changed since we looked. */
static int look_at_name(struct thread *t)
{
	char name[sizeof(t->slot_name)];
	memcpy(name, t->slot->name, sizeof(name));
	name[sizeof(name) - 1] = 0;
	if (strcmp(name, t->slot_name) == 0)
		return 0;
	memcpy(t->slot_name, name, sizeof(name));
	return 1;
}

void thread_open(struct thread *t, struct drain *d)
{
	uint64_t start = t->start_stamp < d->now_stamp ? t->start_stamp : d->now_stamp;
	look_at_name(t);
	memcpy(t->name, t->slot_name, sizeof(t->name));
	t->last_tick = drain_tick(d, start);
	t->active_ns = d->now_ns;
	tell_thread(t, d, META_THREAD, t->last_tick, t->name);
}

/* --- reading --------------------------------------------------------------------------------- */

static void give_room(struct thread *t, uint64_t tail)
{
	atomic_store_explicit(&t->slot->tail, tail, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&t->slot->waiting, memory_order_relaxed)) {
		atomic_store(&t->slot->waiting, 0);
		syscall(SYS_futex, &t->slot->waiting, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	}
}

static void give_back(struct thread *t, uint64_t tail)
{
	t->tail = tail;
	give_room(t, tail);
}

/* Events that this version knows. */
static const unsigned char known[256] = {
	[EVENT_MALLOC ... EVENT_REALLOC_ALLOC] = 1,
	[EVENT_FREE ... EVENT_REALLOC_FREE] = 1,
	[EVENT_LOCK ... EVENT_ORDER] = 1,
	[EVENT_CONTEXT ... EVENT_HOLDING] = 1,
	[EVENT_THREAD_CREATE ... EVENT_THREAD_DETACH] = 1,
	[EVENT_USABLE] = 1,
	[EVENT_MAP ... EVENT_MAP_BREAK] = 1,
	[EVENT_UNMAP ... EVENT_REMAP_TO] = 1,
	[EVENT_POOL ... EVENT_POOL_FREE] = 1,
};

/* Makes a copied cell an event of the trace. 0: it cannot be one. */
static inline int settle(struct thread *t, struct drain *d, struct event *e, uint64_t latest)
{
	int is_total = e->kind == EVENT_LOCK_TOTAL; /* its stack is no stack */
	uint64_t tick = drain_tick(d, e->stamp);
	if (!known[e->kind] || (is_total && e->stack >= LOCK_TOTALS)) {
		d->nonsense++;
		return 0;
	}
	tick = tick > latest ? latest : tick;
	t->last_tick = tick < t->last_tick ? t->last_tick : tick;
	e->stamp = t->last_tick;
	d->tree->family = t->image->family;
	if (!is_total)
		e->stack = tree_id(d->tree, e->stack);
	e->flags = 0;
	e->spare = 0;
	t->in_group = e->kind >= EVENT_CONTEXT && e->kind <= EVENT_HOLDING;
	if (e->kind == EVENT_THREAD_END) {
		t->ending = 1;
		t->end_tick = t->last_tick;
	}
	return 1;
}

/* Turns the copied cells at `batch` into events, in place. Returns how many cells were used up; fewer than n where a
 * message begins. *kept: events left. */
static uint32_t translate(struct thread *t, struct drain *d, struct event *batch, uint32_t n, uint32_t *kept)
{
	uint64_t latest = drain_tick(d, d->now_stamp);
	uint32_t out = 0, i;
	for (i = 0; i < n && batch[i].kind < EVENT_MESSAGE_FIRST; i++) {
		if (!settle(t, d, &batch[i], latest))
			continue;
		if (out != i)
			batch[out] = batch[i];
		out++;
	}
	*kept = out;
	return i;
}

/* Reads from `at` on, to `to` at the most, but no further than a batch. Returns where to go on. */
static uint64_t read_batch(struct thread *t, struct drain *d, uint64_t at, uint64_t to)
{
	uint32_t n = to - at < BATCH ? (uint32_t)(to - at) : BATCH, first = (uint32_t)(at % RING_EVENTS), kept;
	if (n > RING_EVENTS - first)
		n = RING_EVENTS - first;
	if (n > t->room - t->count)
		n = t->room - t->count;
	struct event *batch = t->pending + t->count;
	memcpy(batch, t->slot->events + first, n * sizeof(*batch));
	__asm__ volatile("" ::: "memory"); /* what was checked is what is used: not read from the ring again */
	uint32_t used = translate(t, d, batch, n, &kept);
	t->count += kept;
	at += used;
	if (used < n)
		at += message_read(t, d, at, to);
	return at;
}

/* 1: there is room for an event; 0: there is no memory. */
static int make_room(struct thread *t, struct drain *d)
{
	if (t->count == BLOCK_MAX_EVENTS)
		thread_flush(t, d);
	if (t->pending && t->count < t->room)
		return 1;
	uint32_t room = t->pending ? BLOCK_MAX_EVENTS : ARRAY_SMALL;
	struct event *array = drain_take_array(d, room);
	if (!array)
		return 0;
	if (t->pending) {
		memcpy(array, t->pending, t->count * sizeof(*array));
		drain_give_array(d, t->pending, t->room);
	} else {
		t->pending_since_ns = d->now_ns;
	}
	t->pending = array;
	t->room = room;
	return 1;
}

uint64_t thread_drain(struct thread *t, struct drain *d)
{
	uint64_t head = atomic_load_explicit(&t->slot->head, memory_order_acquire), from = t->tail, given = from;
	if (t->broken) {
		give_room(t, head); /* not read, but not held up either */
		return 0;
	}
	if (head == from) {
		if (atomic_load_explicit(&t->slot->waiting, memory_order_relaxed))
			give_room(t, from); /* it should have found room: what says so in its slot has been overwritten */
		return 0;
	}
	if (head - from > RING_EVENTS) {
		t->broken = 1;
		journal_note(d->journal, drain_tick(d, d->now_stamp), t->image->id,
		             "thread %d has damaged its ring; what it does from here on is not recorded", t->tid);
		return 0;
	}
	d->now_stamp = clock_stamp();
	t->active_ns = d->now_ns;
	for (uint64_t at = from; at < head;) {
		if (!make_room(t, d))
			return at - from;
		at = read_batch(t, d, at, head);
		if (at - given >= GIVE_BACK || at == head) {
			give_back(t, at);
			given = at;
		}
	}
	return head - from;
}

int thread_append(struct thread *t, struct drain *d, struct event *e, uint64_t tick)
{
	if (!make_room(t, d))
		return -1;
	t->last_tick = tick < t->last_tick ? t->last_tick : tick;
	e->stamp = t->last_tick;
	t->pending[t->count++] = *e;
	return 0;
}

/* --- the end --------------------------------------------------------------------------------- */

/* How many of the parked events the ring ends with: the thread was interrupted while it published them. */
static uint32_t count_published(const struct thread *t, const struct event *parked, uint32_t n)
{
	for (uint32_t k = n < t->tail ? n : (uint32_t)t->tail; k; k--) {
		uint32_t i = 0;
		while (i < k && memcmp(&t->slot->events[(t->tail - k + i) % RING_EVENTS], &parked[i], sizeof(*parked)) == 0)
			i++;
		if (i == k)
			return k;
	}
	return 0;
}

/* Drains the ring and copies what is parked. The number of events; 0 also if they do not stand still. */
static uint32_t copy_parked(struct thread *t, struct drain *d, struct event out[SEGMENT_PARKED])
{
	const struct segment_locks *locks = &t->slot->locks;
	for (int tries = 0; tries < PARKED_TRIES; tries++) {
		thread_drain(t, d);
		uint32_t n = atomic_load_explicit(&locks->parked_count, memory_order_acquire);
		uint32_t bounded = n < SEGMENT_PARKED ? n : SEGMENT_PARKED;
		memcpy(out, locks->parked, bounded * sizeof(*out));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&t->slot->head, memory_order_relaxed) == t->tail &&
		    atomic_load_explicit(&locks->parked_count, memory_order_relaxed) == n)
			return bounded;
	}
	return 0;
}

/* How long ago it was is known only now: the stamp may have to move, so as not to fall. */
static void take_parked(struct thread *t, struct drain *d)
{
	struct event parked[SEGMENT_PARKED];
	uint32_t n = copy_parked(t, d, parked);
	uint64_t latest = drain_tick(d, d->now_stamp);
	for (uint32_t i = count_published(t, parked, n); i < n; i++) {
		struct event *e = &parked[i];
		uint64_t happened = drain_tick(d, e->stamp);
		if (!event_is_lock(e->kind)) {
			d->nonsense++;
			continue;
		}
		if (!settle(t, d, e, latest))
			continue;
		if (e->kind == EVENT_CONTEXT && e->stamp > happened)
			e->size += (e->stamp - happened) << d->clock->tick_shift;
		if (thread_append(t, d, e, e->stamp) < 0)
			return;
	}
}

/* A wait that goes on as this thread ends, or the recording: told as far as it has come. */
static void take_wait(struct thread *t, struct drain *d)
{
	struct segment_locks *locks = &t->slot->locks;
	struct event cells[2];
	uint64_t latest = drain_tick(d, d->now_stamp);
	if (atomic_load_explicit(&locks->waiting, memory_order_acquire) != 1)
		return;
	memcpy(cells, locks->wait, sizeof(cells));
	__asm__ volatile("" ::: "memory");
	if (cells[0].kind != EVENT_CONTEXT || (cells[1].kind != EVENT_WAIT && cells[1].kind != EVENT_BLOCKED)) {
		d->nonsense++;
		return;
	}
	cells[1].size = d->now_stamp > cells[1].stamp ? d->now_stamp - cells[1].stamp : 0;
	cells[0].size = 0;
	for (unsigned i = 0; i < 2; i++) {
		cells[i].stamp = d->now_stamp;
		if (!settle(t, d, &cells[i], latest) || thread_append(t, d, &cells[i], cells[i].stamp) < 0)
			return;
	}
}

/* `tick`: the least stamp of what is told of its locks. */
static void read_last(struct thread *t, struct drain *d, uint64_t tick)
{
	if (t->broken)
		return;
	lock_table_tell(t, d, tick, 1);
	take_parked(t, d);
	if (!t->ending)
		take_wait(t, d);
}

void thread_read_last(struct thread *t, struct drain *d)
{
	d->now_stamp = clock_stamp();
	read_last(t, d, drain_tick(d, d->now_stamp));
}

void thread_flush(struct thread *t, struct drain *d)
{
	if (!t->pending)
		return;
	if (t->count && drain_write(d, t->id, t->pending, t->count) < 0)
		t->unwritten += t->count;
	t->count = 0;
	drain_give_array(d, t->pending, t->room);
	t->pending = NULL;
}

static uint64_t lost(const struct thread *t)
{
	return t->unwritten + atomic_load_explicit(&t->slot->dropped, memory_order_relaxed);
}

static void leave(struct thread *t, struct drain *d)
{
	if (t->count && t->count <= BLOCK_MAX_EVENTS / 4) {
		struct remain r = { .process = t->image->id, .thread = t->id, .count = t->count, .lost = lost(t) };
		drain_leave(d, &r, t->pending, t->pending_since_ns);
		t->count = 0;
	}
	thread_flush(t, d);
}

/* --- facts ----------------------------------------------------------------------------------- */

void thread_tell_loss(struct thread *t, struct drain *d)
{
	uint64_t now = lost(t);
	if (now == t->lost)
		return;
	d->lost += now - t->lost;
	t->lost = now;
	drain_tell_loss(d, t->image->id, t->id, now);
}

static void tell_name(struct thread *t, struct drain *d, const char name[sizeof(t->name)], uint64_t tick)
{
	if (strcmp(name, t->name) == 0)
		return;
	memcpy(t->name, name, sizeof(t->name));
	tell_thread(t, d, META_THREAD_NAME, tick, t->name);
}

void thread_tell_name(struct thread *t, struct drain *d)
{
	char path[64], name[64];
	int renamed = look_at_name(t);
	snprintf(path, sizeof(path), "task/%d/comm", t->tid);
	long size = t->image->lost ? 0 : proc_read(t->image->pid, path, name, sizeof(name));
	if (size > 1) {
		name[size - 1 < (long)sizeof(t->name) ? size - 1 : (long)sizeof(t->name) - 1] = 0;
		tell_name(t, d, name, drain_tick(d, d->now_stamp));
	} else if (renamed) {
		tell_name(t, d, t->slot_name, drain_tick(d, d->now_stamp));
	}
}

static void give_slot_back(struct segment_thread *slot, _Atomic uint32_t *state)
{
	slot->name[0] = 0;
	atomic_store_explicit(&slot->locks.round, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->locks.lock_count, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->locks.stats_count, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->locks.parked_count, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->locks.waiting, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->head, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->tail, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->dropped, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->waiting, 0, memory_order_relaxed);
	atomic_store_explicit(state, SLOT_FREE, memory_order_release);
}

void thread_close(struct thread *t, struct drain *d)
{
	thread_drain(t, d);
	d->now_stamp = clock_stamp(); /* a thread that has not said so ended with its process, or a moment ago */
	read_last(t, d, 0);
	lock_table_free(t->locks);
	t->locks = NULL;
	leave(t, d);
	thread_tell_loss(t, d);
	if (look_at_name(t))
		tell_name(t, d, t->slot_name, t->last_tick);
	tell_thread(t, d, META_THREAD_END, t->ending ? t->end_tick : drain_tick(d, d->now_stamp), "");
	if (t->image->sure)
		give_slot_back(t->slot, t->state);
}
