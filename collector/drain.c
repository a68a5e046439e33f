/* SPDX-License-Identifier: MIT
 *
 * Arrays of events come from a small pool: a thread that falls silent has none. Blocks go through one buffer, as there is
 * one writer. Failures to write are the writer's to remember.
 */
#include "collector/drain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "trace/events.h"

#define SMALL_KEPT 1024u
#define LARGE_KEPT 16u
#define ARRAY_SIZE(room) ((room) * sizeof(struct event))

int drain_init(struct drain *d)
{
	memset(d, 0, sizeof(*d));
	d->raw = malloc(BLOCK_MAX_RAW);
	d->scratch = malloc(events_scratch_size());
	d->small.arrays = malloc(SMALL_KEPT * sizeof(*d->small.arrays));
	d->large.arrays = malloc(LARGE_KEPT * sizeof(*d->large.arrays));
	d->remains.events = malloc(ARRAY_SIZE(BLOCK_MAX_EVENTS));
	if (d->raw && d->scratch && d->small.arrays && d->large.arrays && d->remains.events)
		return 0;
	drain_release(d);
	return -1;
}

void drain_release(struct drain *d)
{
	while (d->small.count)
		free(d->small.arrays[--d->small.count]);
	while (d->large.count)
		munmap(d->large.arrays[--d->large.count], ARRAY_SIZE(BLOCK_MAX_EVENTS));
	free(d->raw);
	free(d->scratch);
	free(d->small.arrays);
	free(d->large.arrays);
	free(d->remains.events);
	memset(d, 0, sizeof(*d));
}

struct event *drain_take_array(struct drain *d, uint32_t room)
{
	struct array_pool *p = room == ARRAY_SMALL ? &d->small : &d->large;
	if (p->count)
		return p->arrays[--p->count];
	if (room == ARRAY_SMALL)
		return malloc(ARRAY_SIZE(room));
	void *at = mmap(NULL, ARRAY_SIZE(room), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

void drain_give_array(struct drain *d, struct event *array, uint32_t room)
{
	struct array_pool *p = room == ARRAY_SMALL ? &d->small : &d->large;
	if (p->count < (room == ARRAY_SMALL ? SMALL_KEPT : LARGE_KEPT))
		p->arrays[p->count++] = array;
	else if (room == ARRAY_SMALL)
		free(array);
	else
		munmap(array, ARRAY_SIZE(room));
}

/* What the events refer to has been written. */
static int write_events(struct drain *d, uint32_t thread, const struct event *events, uint32_t n)
{
	struct block_header header = {
		.kind = BLOCK_EVENTS,
		.count = n,
		.thread = thread,
		.first_tick = events[0].stamp,
		.last_tick = events[n - 1].stamp,
	};
	long size = d->given_up ? -1 : events_encode(d->scratch, events, n, d->raw, BLOCK_MAX_RAW);
	if (size <= 0 || writer_block(d->writer, &header, d->raw, (size_t)size) < 0)
		return -1;
	d->events += n;
	return 0;
}

static void write_referred(struct drain *d)
{
	if (d->given_up)
		return;
	journal_flush(d->journal);
	tree_flush(d->tree, drain_tick(d, d->now_stamp));
}

int drain_write(struct drain *d, uint32_t thread, const struct event *events, uint32_t n)
{
	write_referred(d);
	return write_events(d, thread, events, n);
}

void drain_tell_loss(struct drain *d, uint32_t process, uint32_t thread, uint64_t lost)
{
	struct meta m = { .kind = META_LOSS, .tick = drain_tick(d, d->now_stamp), .process = process, .thread = thread };
	m.u.loss.dropped = lost;
	journal_add(d->journal, &m);
}

void drain_flush_remains(struct drain *d)
{
	struct remains *r = &d->remains;
	uint32_t at = 0;
	if (r->threads)
		write_referred(d);
	for (uint32_t i = 0; i < r->threads; i++) {
		const struct remain *of = &r->of[i];
		if (write_events(d, of->thread, r->events + at, of->count) < 0) {
			d->lost += of->count;
			drain_tell_loss(d, of->process, of->thread, of->lost + of->count);
		}
		at += of->count;
	}
	r->threads = 0;
	r->count = 0;
}

void drain_leave(struct drain *d, const struct remain *whose, const struct event *events, uint64_t since_ns)
{
	struct remains *r = &d->remains;
	if (r->threads == REMAINS_THREADS || r->count + whose->count > BLOCK_MAX_EVENTS)
		drain_flush_remains(d);
	if (!r->threads)
		r->since_ns = since_ns;
	memcpy(r->events + r->count, events, whose->count * sizeof(*events));
	r->of[r->threads++] = *whose;
	r->count += whose->count;
}
