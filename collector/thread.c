/* SPDX-License-Identifier: MIT
 *
 * From ring to block. Cells are copied in batches to memory of our own and checked there; the ring
 * gets its room back as we go, so that a thread that waits waits for a part of a block only.
 */
#include "collector/thread.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collector/message.h"
#include "collector/proc.h"
#include "collector/image.h"
#include "trace/events.h"

#define BATCH 256u
#define GIVE_BACK 4096u /* cells read before the ring gets their room back */
#define POOL_KEPT 16u
#define ARRAY_SIZE (BLOCK_MAX_EVENTS * sizeof(struct event))

int drain_init(struct drain *d)
{
	memset(d, 0, sizeof(*d));
	d->raw = malloc(BLOCK_MAX_RAW);
	d->scratch = malloc(events_scratch_size());
	d->pool = malloc(POOL_KEPT * sizeof(*d->pool));
	d->remains.events = malloc(ARRAY_SIZE);
	if (d->raw && d->scratch && d->pool && d->remains.events)
		return 0;
	drain_release(d);
	return -1;
}

void drain_release(struct drain *d)
{
	while (d->pooled)
		munmap(d->pool[--d->pooled], ARRAY_SIZE);
	free(d->raw);
	free(d->scratch);
	free(d->pool);
	free(d->remains.events);
	memset(d, 0, sizeof(*d));
}

static struct event *take_array(struct drain *d)
{
	if (d->pooled)
		return d->pool[--d->pooled];
	void *at = mmap(NULL, ARRAY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

static void give_array(struct drain *d, struct event *array)
{
	if (d->pooled < POOL_KEPT)
		d->pool[d->pooled++] = array;
	else
		munmap(array, ARRAY_SIZE);
}

static uint64_t tick_of(const struct drain *d, uint64_t stamp) { return stamp >> d->clock->tick_shift; }

static void tell_thread(struct thread *t, struct drain *d, enum meta_kind kind, uint64_t tick, const char *name)
{
	struct meta m = { .kind = kind, .tick = tick, .process = t->image->id, .thread = t->id };
	m.u.thread_start.tid = t->tid;
	m.u.thread_start.name = (struct meta_text){ name, strlen(name) };
	journal_add(d->journal, &m);
}

void thread_open(struct thread *t, struct drain *d)
{
	uint64_t start = t->start_stamp < d->now_stamp ? t->start_stamp : d->now_stamp;
	memcpy(t->name, t->slot->name, sizeof(t->name));
	t->name[sizeof(t->name) - 1] = 0;
	t->last_tick = tick_of(d, start);
	t->active_ns = d->now_ns;
	tell_thread(t, d, META_THREAD, t->last_tick, t->name);
}

/* --- reading --------------------------------------------------------------------------------- */

static void give_back(struct thread *t, uint64_t tail)
{
	t->tail = tail;
	atomic_store_explicit(&t->slot->tail, tail, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&t->slot->waiting, memory_order_relaxed)) {
		atomic_store(&t->slot->waiting, 0);
		syscall(SYS_futex, &t->slot->waiting, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	}
}

static int is_event(unsigned kind) /* that this version knows */
{
	return (kind >= EVENT_MALLOC && kind <= EVENT_REALLOC_ALLOC) || (kind >= EVENT_FREE && kind <= EVENT_REALLOC_FREE);
}

/* Turns the copied cells at `batch` into events, in place. Returns how many cells were used up; fewer than n where a
 * message begins. *kept: events left. */
static uint32_t translate(struct thread *t, struct drain *d, struct event *batch, uint32_t n, uint32_t *kept)
{
	uint64_t last = t->last_tick, latest = tick_of(d, d->now_stamp);
	uint32_t out = 0, i;
	for (i = 0; i < n; i++) {
		struct event *e = &batch[i];
		if (!is_event(e->kind)) {
			if (e->kind >= EVENT_MESSAGE_FIRST)
				break;
			d->nonsense++;
			continue;
		}
		uint64_t tick = tick_of(d, e->stamp);
		tick = tick > latest ? latest : tick;
		last = tick < last ? last : tick;
		e->stamp = last;
		e->stack = tree_id(d->tree, e->stack);
		e->flags = 0;
		e->spare = 0;
		if (out != i)
			batch[out] = *e;
		out++;
	}
	t->last_tick = last;
	*kept = out;
	return i;
}

/* Reads from `at` on, to `to` at the most, but no further than a batch. Returns where to go on. */
static uint64_t read_batch(struct thread *t, struct drain *d, uint64_t at, uint64_t to)
{
	uint32_t n = to - at < BATCH ? (uint32_t)(to - at) : BATCH, first = (uint32_t)(at % RING_EVENTS), kept;
	if (n > RING_EVENTS - first)
		n = RING_EVENTS - first;
	if (n > BLOCK_MAX_EVENTS - t->count)
		n = BLOCK_MAX_EVENTS - t->count;
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

uint64_t thread_drain(struct thread *t, struct drain *d)
{
	uint64_t head = atomic_load_explicit(&t->slot->head, memory_order_acquire), from = t->tail, given = from;
	if (head == from || t->broken)
		return 0;
	if (head - from > RING_EVENTS) {
		t->broken = 1;
		journal_note(d->journal, tick_of(d, d->now_stamp), t->image->id,
		             "thread %d has damaged its ring; what it does from here on is not recorded", t->tid);
		return 0;
	}
	d->now_stamp = clock_stamp();
	t->active_ns = d->now_ns;
	for (uint64_t at = from; at < head;) {
		if (!t->pending) {
			t->pending = take_array(d);
			if (!t->pending)
				return at - from;
			t->pending_since_ns = d->now_ns;
		}
		at = read_batch(t, d, at, head);
		if (at - given >= GIVE_BACK || at == head) {
			give_back(t, at);
			given = at;
		}
		if (t->count == BLOCK_MAX_EVENTS)
			thread_flush(t, d);
	}
	return head - from;
}

/* --- writing --------------------------------------------------------------------------------- */

/* What the events refer to has been written. */
static void write_events(struct drain *d, uint32_t thread, const struct event *events, uint32_t n)
{
	struct block_header header = {
		.kind = BLOCK_EVENTS,
		.count = n,
		.thread = thread,
		.first_tick = events[0].stamp,
		.last_tick = events[n - 1].stamp,
	};
	long size = events_encode(d->scratch, events, n, d->raw, BLOCK_MAX_RAW);
	if (size > 0)
		writer_block(d->writer, &header, d->raw, (size_t)size);
	d->events += n;
}

static void write_referred(struct drain *d)
{
	journal_flush(d->journal);
	tree_flush(d->tree, tick_of(d, d->now_stamp));
}

void thread_flush(struct thread *t, struct drain *d)
{
	if (!t->pending)
		return;
	if (t->count) {
		write_referred(d);
		write_events(d, t->id, t->pending, t->count);
	}
	t->count = 0;
	give_array(d, t->pending);
	t->pending = NULL;
}

void drain_flush_remains(struct drain *d)
{
	struct remains *r = &d->remains;
	uint32_t at = 0;
	if (r->threads)
		write_referred(d);
	for (uint32_t i = 0; i < r->threads; i++) {
		write_events(d, r->of[i].id, r->events + at, r->of[i].count);
		at += r->of[i].count;
	}
	r->threads = 0;
	r->count = 0;
}

static void leave(struct thread *t, struct drain *d)
{
	struct remains *r = &d->remains;
	if (t->count > BLOCK_MAX_EVENTS / 4 || !t->count) {
		thread_flush(t, d);
		return;
	}
	if (r->threads == REMAINS_THREADS || r->count + t->count > BLOCK_MAX_EVENTS)
		drain_flush_remains(d);
	if (!r->threads)
		r->since_ns = t->pending_since_ns;
	memcpy(r->events + r->count, t->pending, t->count * sizeof(*r->events));
	r->of[r->threads].id = t->id;
	r->of[r->threads++].count = t->count;
	r->count += t->count;
	t->count = 0;
	thread_flush(t, d);
}

void thread_tell_loss(struct thread *t, struct drain *d)
{
	uint64_t dropped = atomic_load_explicit(&t->slot->dropped, memory_order_relaxed);
	if (dropped == t->dropped)
		return;
	t->dropped = dropped;
	struct meta m = { .kind = META_LOSS, .tick = tick_of(d, d->now_stamp), .process = t->image->id, .thread = t->id };
	m.u.loss.dropped = dropped;
	journal_add(d->journal, &m);
}

void thread_tell_name(struct thread *t, struct drain *d)
{
	char path[64], name[64];
	snprintf(path, sizeof(path), "task/%d/comm", t->tid);
	long size = t->image->lost ? 0 : proc_read(t->image->pid, path, name, sizeof(name));
	if (size <= 1)
		return;
	name[size - 1 < (long)sizeof(t->name) ? size - 1 : (long)sizeof(t->name) - 1] = 0;
	if (strcmp(name, t->name) == 0)
		return;
	strcpy(t->name, name);
	tell_thread(t, d, META_THREAD_NAME, tick_of(d, d->now_stamp), t->name);
}

void thread_close(struct thread *t, struct drain *d)
{
	thread_drain(t, d);
	leave(t, d);
	thread_tell_loss(t, d);
	tell_thread(t, d, META_THREAD_END, t->last_tick, "");
	if (!t->image->sure)
		return;
	t->slot->name[0] = 0;
	atomic_store_explicit(&t->slot->head, 0, memory_order_relaxed);
	atomic_store_explicit(&t->slot->tail, 0, memory_order_relaxed);
	atomic_store_explicit(&t->slot->dropped, 0, memory_order_relaxed);
	atomic_store_explicit(&t->slot->waiting, 0, memory_order_relaxed);
	atomic_store_explicit(&t->slot->state, SLOT_FREE, memory_order_release);
}
