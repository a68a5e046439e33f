/* SPDX-License-Identifier: MIT
 *
 * The k-way merge: a binary heap of streams, by the key of each one's next event. A stream whose next
 * block is not open yet stands in the heap with the block's first tick, so a block is decoded no
 * earlier than needed, and memory follows the number of threads at work at the same time. The
 * stream at the top runs until another one's event is due; that takes no heap operation.
 */
#include "analyzer/ingest/merge.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/feed.h"

#define PROGRESS_BYTES (256u << 10)

/* A block's place in time. */
struct due {
	uint64_t tick;
	uint32_t block, thread;
};

struct stream {
	uint64_t key;         /* of the next event */
	struct replay_thread *thread;
	const uint32_t *next; /* blocks left, each an index into recording->blocks */
	const uint32_t *last; /* one past them */
	struct event *events; /* the open block; NULL: none */
	const struct event *at, *end;
};

struct merge {
	const struct recording *recording;
	struct replay *replay;
	struct feed *feed;
	struct stream *streams; /* one a thread with events */
	struct stream **heap;
	size_t heap_count;
	uint32_t *order;        /* blocks in the order of decoding */
	uint32_t *by_thread;    /* blocks of a thread after each other */
	uint64_t *due;          /* [block]: when it is wanted */
};

/* --- the heap -------------------------------------------------------------------------------- */

static void heap_down(struct merge *m, size_t i)
{
	struct stream *moving = m->heap[i];

	for (size_t child; (child = 2 * i + 1) < m->heap_count; i = child) {
		if (child + 1 < m->heap_count && m->heap[child + 1]->key < m->heap[child]->key)
			child++;
		if (moving->key <= m->heap[child]->key)
			break;
		m->heap[i] = m->heap[child];
	}
	m->heap[i] = moving;
}

/* The least key but the top's. */
static uint64_t heap_second(const struct merge *m)
{
	uint64_t key = UINT64_MAX;

	if (m->heap_count > 1)
		key = m->heap[1]->key;
	if (m->heap_count > 2 && m->heap[2]->key < key)
		key = m->heap[2]->key;
	return key;
}

/* --- set-up ---------------------------------------------------------------------------------- */

static int due_compare(const void *left, const void *right)
{
	const struct due *a = left, *b = right;

	if (a->tick != b->tick)
		return a->tick < b->tick ? -1 : 1;
	return (a->block > b->block) - (a->block < b->block);
}

/* When each block is wanted: at its first tick, but never before the block before it in its thread. */
static void merge_order(struct merge *m)
{
	const struct recording *r = m->recording;
	struct due *due = memory_resized(NULL, r->block_count, sizeof(*due));
	uint64_t *latest = memory_zeroed(r->thread_count + 1, sizeof(*latest));

	for (uint32_t i = 0; i < r->block_count; i++) {
		uint64_t *tick = &latest[r->blocks[i].thread];

		if (r->blocks[i].first_tick > *tick)
			*tick = r->blocks[i].first_tick;
		due[i] = (struct due){ .tick = *tick, .block = i };
		m->due[i] = *tick;
	}
	if (r->block_count)
		qsort(due, r->block_count, sizeof(*due), due_compare);
	for (size_t i = 0; i < r->block_count; i++)
		m->order[i] = due[i].block;
	free(due);
	free(latest);
}

static void merge_streams(struct merge *m)
{
	const struct recording *r = m->recording;
	uint32_t *at = m->by_thread, **fill = memory_zeroed(r->thread_count + 1, sizeof(*fill));
	struct stream *s = m->streams;

	for (size_t i = 1; i <= r->thread_count; i++) {
		if (!r->threads[i].blocks)
			continue;
		*s = (struct stream){ .thread = &m->replay->threads[i], .next = at, .last = at + r->threads[i].blocks };
		fill[i] = at;
		at += r->threads[i].blocks;
		m->heap[m->heap_count++] = s++;
	}
	for (uint32_t i = 0; i < r->block_count; i++)
		*fill[r->blocks[i].thread]++ = i;
	free(fill);
	for (size_t i = 0; i < m->heap_count; i++)
		m->heap[i]->key = m->due[*m->heap[i]->next] << 1;
	for (size_t i = m->heap_count / 2; i-- > 0;)
		heap_down(m, i);
}

static void merge_init(struct merge *m, const struct recording *r, struct replay *replay)
{
	*m = (struct merge){ .recording = r, .replay = replay };
	m->streams = memory_zeroed(r->thread_count, sizeof(*m->streams));
	m->heap = memory_zeroed(r->thread_count, sizeof(*m->heap));
	m->order = memory_zeroed(r->block_count, sizeof(*m->order));
	m->by_thread = memory_zeroed(r->block_count, sizeof(*m->by_thread));
	m->due = memory_zeroed(r->block_count, sizeof(*m->due));
	merge_order(m);
	merge_streams(m);
}

static void merge_release(struct merge *m)
{
	feed_stop(m->feed);
	for (size_t i = 0; i < m->heap_count; i++)
		free(m->heap[i]->events);
	free(m->streams);
	free(m->heap);
	free(m->order);
	free(m->by_thread);
	free(m->due);
}

/* --- running --------------------------------------------------------------------------------- */

static int stream_open(struct merge *m, struct stream *s, struct err *err)
{
	uint32_t block = *s->next++;

	s->events = feed_take(m->feed, block, err);
	if (!s->events)
		return -1;
	s->at = s->events;
	s->end = s->events + m->recording->blocks[block].count;
	s->key = replay_key(s->at);
	return 0;
}

/* The stream's open block is used up. */
static void stream_close(struct merge *m, struct stream *s)
{
	free(s->events);
	s->events = NULL;
	if (s->next < s->last) {
		s->key = m->due[*s->next] << 1;
		return;
	}
	replay_thread_done(m->replay, s->thread);
	m->heap[0] = m->heap[--m->heap_count];
}

static void stream_run(struct merge *m, struct stream *s)
{
	s->at = replay_run(m->replay, s->thread, s->at, s->end, heap_second(m));
	if (s->at == s->end)
		stream_close(m, s);
	else
		s->key = s->thread->conflict.again ? s->thread->conflict.again : replay_key(s->at);
}

struct telling {
	const struct ingest_options *options;
	uint64_t done, told, total;
};

static void tell(struct telling *p, uint64_t bytes)
{
	p->done += bytes;
	if (!p->options->progress || p->done - p->told < PROGRESS_BYTES)
		return;
	p->told = p->done;
	p->options->progress(p->options->progress_arg, "events", p->done, p->total);
}

static int merge_step(struct merge *m, struct telling *telling, int (*between)(void *arg, uint64_t done, struct err *err),
                      void *arg, struct err *err)
{
	struct stream *s = m->heap[0];
	int ends;

	if (s->events) {
		stream_run(m, s);
	} else {
		ends = between(arg, telling->done, err);
		tell(telling, m->recording->blocks[*s->next].packed_size);
		if (ends || stream_open(m, s, err))
			return ends ? ends : -1;
	}
	if (m->heap_count)
		heap_down(m, 0);
	return 0;
}

/* The course ends with the events. Nothing is released: the reading thread is the original's, and what it was at is as it was. */
static int merge_cut(struct merge *m)
{
	struct replay *r = m->replay;
	uint32_t last = r->slice;

	for (size_t i = 0; i < m->heap_count; i++)
		replay_thread_done(r, m->heap[i]->thread);
	replay_finish(r);
	while (r->timeline_count && r->timeline[r->timeline_count - 1].slice > last)
		r->timeline_count--;
	return 1;
}

int merge_run(const struct trace_file *t, const struct recording *recording, struct replay *replay,
              const struct ingest_options *options, int (*between)(void *arg, uint64_t done, struct err *err), void *arg,
              struct err *err)
{
	struct telling telling = { .options = options, .total = t->size };
	struct merge m;
	int result = 0;

	merge_init(&m, recording, replay);
	m.feed = feed_start(t, recording, m.order, recording->block_count, replay->naming->of_node,
	                    &replay->places, err);
	if (!m.feed)
		result = -1;
	while (!result && m.heap_count)
		result = merge_step(&m, &telling, between, arg, err);
	if (result > 0)
		return merge_cut(&m);
	merge_release(&m);
	if (!result)
		replay_finish(replay);
	return result;
}
