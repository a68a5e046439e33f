/* SPDX-License-Identifier: MIT
 *
 * Tables of the living. A slot belongs to the target until it is found live, then to both, and is
 * given back when the kernel says that its owner is gone and everything it wrote has been read.
 */
#include "collector/roster.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "collector/proc.h"

#define MAX_IMAGES (1u << 20) /* more are recorded, but their children do not find them */
#define POPULATE_STEP 8192u   /* events: 256 KiB of a ring at a time */
#define POPULATE_FIRST 2048u  /* of a ring nobody has claimed yet */
#define POPULATE_RINGS 2u     /* so many of those */
#define POPULATE_LEVELS 4u    /* levels of the node table that are worth it */

void roster_init(struct roster *r, struct segment *segment, struct drain *drain)
{
	memset(r, 0, sizeof(*r));
	r->segment = segment;
	r->drain = drain;
}

void roster_release(struct roster *r)
{
	for (uint32_t i = 0; i < r->thread_count; i++)
		free(r->threads[i]);
	for (uint32_t i = 0; i < r->image_count; i++)
		free(r->images[i]);
	free(r->id_of_image);
}

/* --- ends ------------------------------------------------------------------------------------ */

static void drop_thread(struct roster *r, uint32_t at)
{
	struct thread *t = r->threads[at];
	thread_close(t, r->drain);
	r->thread_at[t->index] = NULL;
	r->threads[at] = r->threads[--r->thread_count];
	free(t);
}

static void find_threads(struct roster *r);

static void drop_process(struct roster *r, uint32_t at)
{
	struct image *p = r->images[at];
	find_threads(r); /* those that claimed just before the end */
	for (uint32_t i = r->thread_count; i-- > 0;)
		if (r->threads[i]->image == p)
			drop_thread(r, i);
	image_close(p, r->drain);
	r->image_at[p->index] = NULL;
	r->images[at] = r->images[--r->image_count];
	free(p);
}

void roster_find_ends(struct roster *r)
{
	static struct pollfd polled[SEGMENT_PROCESSES];
	uint32_t n = r->image_count;
	for (uint32_t i = 0; i < n; i++)
		polled[i] = (struct pollfd){ .fd = r->images[i]->pidfd, .events = POLLIN };
	if (!n)
		return;
	poll(polled, n, 0);
	for (uint32_t i = n; i-- > 0;) {
		struct image *p = r->images[i];
		if (!p->gone && !polled[i].revents)
			continue;
		if (p->pid == r->launched_pid)
			image_ended(p, r->launched_status);
		else if (!image_find_end(p))
			continue;
		drop_process(r, i);
	}
}

void roster_find_thread_ends(struct roster *r, uint64_t idle_ns)
{
	for (uint32_t i = r->thread_count; i-- > 0;) {
		struct thread *t = r->threads[i];
		if (r->drain->now_ns - t->active_ns >= idle_ns && proc_thread_gone(t->image->pid, t->tid))
			drop_thread(r, i);
	}
}

/* --- beginnings ------------------------------------------------------------------------------ */

/* Remembers the id of an image for children that outlive it. */
static void remember_image(struct roster *r, const struct image *p)
{
	if (p->number >= r->ids_room && p->number < MAX_IMAGES) {
		uint32_t count = p->number * 2 > 64 ? p->number * 2 : 64;
		uint32_t *ids = realloc(r->id_of_image, count * sizeof(*ids));
		if (!ids)
			return;
		memset(ids + r->ids_room, 0, (count - r->ids_room) * sizeof(*ids));
		r->id_of_image = ids;
		r->ids_room = count;
	}
	if (p->number < r->ids_room)
		r->id_of_image[p->number] = p->id;
}

/* Forked: from the image it names. Fresh: the image it replaced, or else that of the process that started it. */
static uint32_t parent_of(const struct roster *r, const struct image *child)
{
	uint32_t forked_from = child->slot->parent_image, starter = 0;
	if (forked_from)
		return forked_from < r->ids_room ? r->id_of_image[forked_from] : 0;
	for (uint32_t i = 0; i < r->image_count; i++) {
		const struct image *p = r->images[i];
		if (p->pid == child->pid)
			return p->id;
		if (p->pid == child->ppid)
			starter = p->id;
	}
	return starter;
}

/* An image that has the pid of another one has replaced it. */
static void end_replaced(struct roster *r, const struct image *fresh)
{
	for (uint32_t i = r->image_count; i-- > 0;) {
		struct image *p = r->images[i];
		if (p->pid != fresh->pid)
			continue;
		if (!p->gone)
			p->how = ENDED_EXEC;
		drop_process(r, i);
	}
}

static void find_process(struct roster *r, uint32_t index)
{
	struct segment_process *slot = segment_process(r->segment, index);
	if (r->image_at[index] || atomic_load_explicit(&slot->state, memory_order_acquire) != SLOT_LIVE)
		return;
	struct image *p = calloc(1, sizeof(*p));
	if (!p)
		return;
	p->slot = slot;
	p->index = index;
	image_open(p, r->drain->clock);
	p->id = ++r->last_process;
	uint32_t parent = parent_of(r, p);
	end_replaced(r, p);
	r->drain->now_stamp = clock_stamp();
	remember_image(r, p);
	image_tell_start(p, r->drain, parent);
	image_tell_sample(p, r->drain);
	r->image_at[index] = p;
	r->images[r->image_count++] = p;
}

/* A thread that has the tid of another one of its process proves that one dead. */
static void end_namesakes(struct roster *r, const struct image *image, int32_t tid)
{
	for (uint32_t i = r->thread_count; i-- > 0;)
		if (r->threads[i]->image == image && r->threads[i]->tid == tid)
			drop_thread(r, i);
}

static void find_thread(struct roster *r, uint32_t index)
{
	struct segment_thread *slot = segment_thread(r->segment, index);
	if (r->thread_at[index] || atomic_load_explicit(&slot->state, memory_order_acquire) != SLOT_LIVE)
		return;
	uint32_t at = slot->process;
	struct image *p = at < SEGMENT_PROCESSES ? r->image_at[at] : NULL;
	if (!p || p->number != slot->image)
		return; /* its process comes with the next look */
	struct thread *t = calloc(1, sizeof(*t));
	if (!t)
		return;
	t->slot = slot;
	t->image = p;
	t->index = index;
	t->tid = p->nested ? proc_host_tid(p->pid, slot->tid) : slot->tid;
	end_namesakes(r, p, t->tid);
	t->id = ++r->last_thread;
	r->drain->now_stamp = clock_stamp();
	thread_open(t, r->drain);
	r->thread_at[index] = t;
	r->threads[r->thread_count++] = t;
}

static void find_threads(struct roster *r)
{
	uint32_t high = atomic_load(&r->segment->thread_high);
	for (uint32_t i = 0; i < high && i < SEGMENT_THREADS; i++)
		find_thread(r, i);
}

void roster_find(struct roster *r)
{
	uint32_t high = atomic_load(&r->segment->process_high);
	for (uint32_t i = 0; i < high && i < SEGMENT_PROCESSES; i++)
		find_process(r, i);
	find_threads(r);
}

/* --- the living ------------------------------------------------------------------------------ */

uint64_t roster_drain(struct roster *r)
{
	uint64_t most = 0;
	for (uint32_t i = 0; i < r->thread_count; i++) {
		uint64_t n = thread_drain(r->threads[i], r->drain);
		most = n > most ? n : most;
	}
	return most;
}

void roster_flush(struct roster *r, uint64_t age_ns)
{
	for (uint32_t i = 0; i < r->thread_count; i++) {
		struct thread *t = r->threads[i];
		if (t->pending && r->drain->now_ns - t->pending_since_ns >= age_ns)
			thread_flush(t, r->drain);
	}
	if (r->drain->remains.threads && r->drain->now_ns - r->drain->remains.since_ns >= age_ns)
		drain_flush_remains(r->drain);
}

void roster_tell_samples(struct roster *r)
{
	for (uint32_t i = 0; i < r->image_count; i++)
		image_tell_sample(r->images[i], r->drain);
}

void roster_tell_rest(struct roster *r)
{
	r->drain->now_stamp = clock_stamp();
	for (uint32_t i = 0; i < r->image_count; i++)
		image_tell_checks(r->images[i], r->drain);
	for (uint32_t i = 0; i < r->thread_count; i++) {
		thread_tell_loss(r->threads[i], r->drain);
		thread_tell_name(r->threads[i], r->drain);
	}
}

void roster_leave(struct roster *r)
{
	roster_find(r);
	roster_drain(r);
	roster_flush(r, 0);
	roster_tell_rest(r);
}

/* --- pages ----------------------------------------------------------------------------------- */

static void populate_ring(struct roster *r, uint32_t index, uint64_t wanted)
{
	struct segment_thread *slot = segment_thread(r->segment, index);
	uint32_t had = r->populated[index];
	wanted = wanted > RING_EVENTS ? RING_EVENTS : wanted;
	if (wanted <= had)
		return;
	share_populate(slot->events + had, (wanted - had) * sizeof(struct event));
	r->populated[index] = (uint32_t)wanted;
}

static void populate_nodes(struct roster *r)
{
	uint32_t level = atomic_load_explicit(&r->segment->node_level, memory_order_relaxed);
	if (level >= NODE_LEVELS || r->levels_populated > level + 1 || r->levels_populated >= POPULATE_LEVELS)
		return;
	uint32_t inserted = atomic_load_explicit(&r->segment->node_counts[level], memory_order_relaxed);
	if (r->levels_populated == level + 1 && inserted < node_level_size(level) / 4)
		return;
	uint32_t next = r->levels_populated++;
	struct segment_node *first = segment_nodes(r->segment) + node_level_first(next);
	share_populate((void *)((uintptr_t)first & ~4095ull), node_level_size(next) * sizeof(*first));
}

void roster_populate(struct roster *r)
{
	uint32_t high = atomic_load_explicit(&r->segment->thread_high, memory_order_relaxed);
	populate_nodes(r);
	for (uint32_t i = 0; i < r->thread_count; i++) {
		struct thread *t = r->threads[i];
		if (r->populated[t->index] < RING_EVENTS)
			populate_ring(r, t->index, t->tail + POPULATE_STEP);
	}
	for (uint32_t i = high; i < high + POPULATE_RINGS && i < SEGMENT_THREADS; i++)
		populate_ring(r, i, i ? POPULATE_FIRST : RING_EVENTS);
}
