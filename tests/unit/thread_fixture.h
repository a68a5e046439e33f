/* SPDX-License-Identifier: MIT
 *
 * One recorded thread in a segment of its own, and all that the collector needs to write what it says to a trace. The
 * test plays the thread: it fills the slot, and reads back the file.
 */
#ifndef UNIT_THREAD_FIXTURE_H
#define UNIT_THREAD_FIXTURE_H

#include <unistd.h>

#include "collected_trace.h"
#include "collector/image.h"
#include "collector/lock_table.h"
#include "collector/thread.h"
#include "segment_fixture.h"

static char fixture_path[64];
#define FIXTURE_SHIFT 4

struct fixture {
	struct segment *segment;
	struct segment_thread *slot;
	struct writer writer;
	struct journal journal;
	struct tree tree;
	struct clock clock;
	struct drain drain;
	struct image image;
	struct thread thread;
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct file_header header = { .version = TRACE_VERSION };
	f->segment = segment_fixture(0);
	assert_int_equal(writer_open(&f->writer, fixture_path, 1), 0);
	assert_int_equal(writer_start(&f->writer, &header), 0);
	assert_int_equal(drain_init(&f->drain), 0);
	assert_int_equal(tree_init(&f->tree, f->segment, &f->writer, f->drain.raw), 0);
	f->journal.writer = &f->writer;
	f->clock.tick_shift = FIXTURE_SHIFT;
	f->drain.writer = &f->writer;
	f->drain.journal = &f->journal;
	f->drain.tree = &f->tree;
	f->drain.clock = &f->clock;
	f->drain.now_stamp = clock_stamp();
	f->image.id = 9;
	f->image.sure = 1;
	f->image.pid = getpid();
	f->slot = segment_thread(f->segment, 3);
	f->slot->tid = getpid();
	strcpy(f->slot->name, "worker");
	atomic_store(&f->segment->thread_states[3], SLOT_LIVE);
	f->thread = (struct thread){ .slot = f->slot, .state = &f->segment->thread_states[3], .image = &f->image, .index = 3, .id = 5, .tid = getpid() };
	thread_open(&f->thread, &f->drain);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	thread_flush(&f->thread, &f->drain);
	lock_table_free(f->thread.locks);
	tree_release(&f->tree);
	drain_release(&f->drain);
	writer_close(&f->writer);
	segment_fixture_free(f->segment);
	free(f);
	unlink(fixture_path);
	return 0;
}

static inline void fixture_put(struct fixture *f, struct event e)
{
	uint64_t head = atomic_load(&f->slot->head);
	f->slot->events[head % RING_EVENTS] = e;
	atomic_store(&f->slot->head, head + 1);
}

/* The nth of a row of events that tell each other apart. */
static inline struct event fixture_allocation(uint64_t n)
{
	return (struct event){ .stamp = (n + 1) << FIXTURE_SHIFT, .address = n << 4, .kind = EVENT_MALLOC, .size = n,
	                       .shared = (uint16_t)n };
}

static inline struct collected *fixture_read_back(struct fixture *f)
{
	thread_flush(&f->thread, &f->drain);
	drain_flush_remains(&f->drain);
	journal_flush(&f->journal);
	return collected_read(fixture_path);
}

#endif
