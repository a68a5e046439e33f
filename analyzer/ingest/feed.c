/* SPDX-License-Identifier: MIT
 *
 * The reading thread. It stops ahead of the merge when enough events wait, unless the merge waits for
 * a block further on (events at one tick can be wanted in another order than they were sorted in):
 * so neither ever waits for the other.
 */
#include "analyzer/ingest/feed.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/escape_meet.h"
#include "trace/events.h"

#define LARGEST ((uint64_t)1 << 47) /* no block is larger than what a process can address: it would not add up */

struct feed {
	const struct trace_file *trace;
	const struct recording *recording;
	const uint32_t *order, *of_node;
	const struct escape_places *places;
	size_t count;
	struct block_reader reader; /* the thread's, like the next */
	void *scratch;
	struct escape_meet *meets;  /* [thread] */
	struct event **ready;       /* [block]; the rest is under the lock */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t ahead; /* events ready and not taken */
	int wanted;     /* the merge waits */
	int stopping;
	int failed;
	struct err err;
};

/* Stacks become the naming's; stamps must be where the header says. */
static int feed_adopt(const struct feed *f, const struct recorded_block *b, struct event *events)
{
	uint64_t before = b->first_tick;
	size_t nodes = f->recording->node_count;

	for (uint32_t i = 0; i < b->count; i++) {
		uint32_t node = events[i].stack;

		if (events[i].stamp < before)
			return -1;
		before = events[i].stamp;
		if (!event_is_lock(events[i].kind)) {
			events[i].stack = f->of_node[node <= nodes ? node : 0];
			if (events[i].size > LARGEST && !event_is_map(events[i].kind))
				events[i].size = 0;
			if (event_is_alloc(events[i].kind) || event_is_free(events[i].kind))
				escape_meet_event(&f->meets[b->thread], f->places, &events[i]);
		} else if (node > nodes && events[i].kind != EVENT_LOCK_TOTAL) {
			events[i].stack = 0;
		}
	}
	return before <= b->last_tick ? 0 : -1;
}

static struct event *feed_decode(struct feed *f, const struct recorded_block *b, struct err *err)
{
	struct trace_block block = {
		.offset = b->offset,
		.header = { .kind = BLOCK_EVENTS, .packed_size = b->packed_size, .raw_size = b->raw_size, .count = b->count },
	};
	const unsigned char *payload;
	struct event *events;

	if (block_reader_load(&f->reader, f->trace, &block, &payload, err))
		return NULL;
	events = memory_resized(NULL, b->count, sizeof(*events));
	if (events_decode(f->scratch, payload, b->raw_size, b->first_tick, events, b->count) == TRACE_OK &&
	    !feed_adopt(f, b, events))
		return events;
	trace_file_damaged(f->trace, b->offset, "its events cannot be", err);
	free(events);
	return NULL;
}

/* Waits until there is room ahead. 0: stop. */
static int feed_may_go_on(struct feed *f)
{
	int stopping;

	pthread_mutex_lock(&f->lock);
	while (!f->stopping && f->ahead >= FEED_AHEAD && !f->wanted)
		pthread_cond_wait(&f->changed, &f->lock);
	stopping = f->stopping;
	pthread_mutex_unlock(&f->lock);
	return !stopping;
}

static void feed_put(struct feed *f, uint32_t block, struct event *events, const struct err *err)
{
	pthread_mutex_lock(&f->lock);
	if (events) {
		f->ready[block] = events;
		f->ahead += f->recording->blocks[block].count;
	} else {
		f->failed = 1;
		f->err = *err;
	}
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

static void *feed_main(void *arg)
{
	struct feed *f = arg;
	struct err err = { 0 };

	for (size_t i = 0; i < f->count && err.kind == ERR_NONE && feed_may_go_on(f); i++) {
		uint32_t block = f->order[i];

		feed_put(f, block, feed_decode(f, &f->recording->blocks[block], &err), &err);
	}
	return NULL;
}

/* Signals are the calling thread's. */
static int feed_spawn(struct feed *f)
{
	sigset_t all, old;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(&f->thread, NULL, feed_main, f);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return failed;
}

struct feed *feed_start(const struct trace_file *t, const struct recording *r, const uint32_t *order, size_t count,
                        const uint32_t *of_node, const struct escape_places *places, struct err *err)
{
	struct feed *f = memory_zeroed(1, sizeof(*f));

	f->trace = t;
	f->recording = r;
	f->order = order;
	f->of_node = of_node;
	f->places = places;
	f->meets = memory_zeroed(r->thread_count + 1, sizeof(*f->meets));
	f->count = count;
	f->scratch = memory_resized(NULL, 1, events_scratch_size());
	f->ready = memory_zeroed(r->block_count, sizeof(*f->ready));
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	if (!feed_spawn(f))
		return f;
	err_set(err, ERR_FAILED, "cannot start a thread to read %s", t->path);
	free(f->scratch);
	free(f->meets);
	free(f->ready);
	free(f);
	return NULL;
}

struct event *feed_take(struct feed *f, uint32_t block, struct err *err)
{
	struct event *events;

	pthread_mutex_lock(&f->lock);
	while (!f->ready[block] && !f->failed) {
		f->wanted = 1;
		pthread_cond_broadcast(&f->changed);
		pthread_cond_wait(&f->changed, &f->lock);
	}
	f->wanted = 0;
	events = f->ready[block];
	f->ready[block] = NULL;
	if (events)
		f->ahead -= f->recording->blocks[block].count;
	else
		err_set(err, f->err.kind, "%s", f->err.text);
	if (f->ahead < FEED_AHEAD)
		pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return events;
}

void feed_stop(struct feed *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->stopping = 1;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	for (size_t i = 0; i < f->recording->block_count; i++)
		free(f->ready[i]);
	block_reader_release(&f->reader);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->changed);
	free(f->scratch);
	free(f->meets);
	free(f->ready);
	free(f);
}
