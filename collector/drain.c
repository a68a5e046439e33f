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

struct event *drain_take_array(struct drain *d)
{
	if (d->pooled)
		return d->pool[--d->pooled];
	void *at = mmap(NULL, ARRAY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

void drain_give_array(struct drain *d, struct event *array)
{
	if (d->pooled < POOL_KEPT)
		d->pool[d->pooled++] = array;
	else
		munmap(array, ARRAY_SIZE);
}

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
	tree_flush(d->tree, drain_tick(d, d->now_stamp));
}

void drain_write(struct drain *d, uint32_t thread, const struct event *events, uint32_t n)
{
	write_referred(d);
	write_events(d, thread, events, n);
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

void drain_leave(struct drain *d, uint32_t thread, const struct event *events, uint32_t n, uint64_t since_ns)
{
	struct remains *r = &d->remains;
	if (r->threads == REMAINS_THREADS || r->count + n > BLOCK_MAX_EVENTS)
		drain_flush_remains(d);
	if (!r->threads)
		r->since_ns = since_ns;
	memcpy(r->events + r->count, events, n * sizeof(*events));
	r->of[r->threads].id = thread;
	r->of[r->threads++].count = n;
	r->count += n;
}
