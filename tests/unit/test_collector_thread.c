/* SPDX-License-Identifier: MIT
 *
 * One ring, drained: what comes out is what was put in, in order, whatever the ring's edge does to it, and a target
 * that writes nonsense harms nothing but its own events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "collected_trace.h"
#include "collector/image.h"
#include "collector/thread.h"
#include "segment_fixture.h"

static char path[64];
#define SHIFT 4

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

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct file_header header = { .version = TRACE_VERSION };
	f->segment = segment_fixture(0);
	assert_int_equal(writer_open(&f->writer, path, 1), 0);
	assert_int_equal(writer_start(&f->writer, &header), 0);
	assert_int_equal(drain_init(&f->drain), 0);
	assert_int_equal(tree_init(&f->tree, f->segment, &f->writer, f->drain.raw), 0);
	f->journal.writer = &f->writer;
	f->clock.tick_shift = SHIFT;
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
	atomic_store(&f->slot->state, SLOT_LIVE);
	f->thread = (struct thread){ .slot = f->slot, .image = &f->image, .index = 3, .id = 5, .tid = getpid() };
	thread_open(&f->thread, &f->drain);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	thread_flush(&f->thread, &f->drain);
	tree_release(&f->tree);
	drain_release(&f->drain);
	writer_close(&f->writer);
	segment_fixture_free(f->segment);
	free(f);
	unlink(path);
	return 0;
}

static void put(struct fixture *f, struct event e)
{
	uint64_t head = atomic_load(&f->slot->head);
	f->slot->events[head % RING_EVENTS] = e;
	atomic_store(&f->slot->head, head + 1);
}

static struct event allocation(uint64_t n)
{
	return (struct event){ .stamp = (n + 1) << SHIFT, .address = n << 4, .kind = EVENT_MALLOC, .size = n, .shared = (uint16_t)n };
}

static struct collected *read_back(struct fixture *f)
{
	thread_flush(&f->thread, &f->drain);
	drain_flush_remains(&f->drain);
	journal_flush(&f->journal);
	return collected_read(path);
}

static void every_event_arrives_in_order(void **state)
{
	struct fixture *f = *state;
	const uint64_t total = 5 * RING_EVENTS + 1234;
	for (uint64_t n = 0, step = 1; n < total; step = step * 7 % 30011) {
		for (uint64_t i = 0; i < step && n < total; i++)
			put(f, allocation(n++));
		thread_drain(&f->thread, &f->drain);
		assert_int_equal(atomic_load(&f->slot->tail), n);
	}
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, total);
	assert_int_equal(f->drain.events, total);
	for (uint64_t n = 0; n < total; n++) {
		assert_int_equal(c->events[n].address, n << 4);
		assert_int_equal(c->events[n].size, n);
		assert_int_equal(c->events[n].stamp, n + 1);
		assert_int_equal(c->events[n].shared, (uint16_t)n);
		assert_int_equal(c->threads[n], 5);
	}
	assert_int_equal(collected_fact(c, META_THREAD, 0)->process, 9);
	assert_true(collected_text_is(collected_fact(c, META_THREAD, 0)->u.thread_start.name, "worker"));
	collected_free(c);
}

static void stamps_never_run_backwards_nor_ahead(void **state)
{
	struct fixture *f = *state;
	const uint64_t stamps[] = { 100, 200, 150, UINT64_MAX, 300, 0 };
	for (size_t i = 0; i < 6; i++) {
		struct event e = allocation(i);
		e.stamp = stamps[i] << SHIFT;
		put(f, e);
	}
	thread_drain(&f->thread, &f->drain);
	uint64_t latest = clock_stamp() >> SHIFT;
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, 6);
	assert_int_equal(c->events[0].stamp, 100);
	assert_int_equal(c->events[2].stamp, 200);
	assert_in_range(c->events[3].stamp, 201, latest);
	assert_int_equal(c->events[5].stamp, c->events[3].stamp);
	collected_free(c);
}

static void nonsense_is_counted_and_left_out(void **state)
{
	struct fixture *f = *state;
	put(f, allocation(1));
	for (unsigned kind = 0; kind < 256; kind++)
		if (!event_is_alloc(kind) && !event_is_free(kind) && !event_is_lock(kind))
			put(f, (struct event){ .kind = kind, .shared = 0xffff, .stamp = 1 });
	struct event e = allocation(2);
	e.stack = 12345; /* no such node */
	e.flags = 0xff;
	e.spare = 0xffff;
	put(f, e);
	thread_drain(&f->thread, &f->drain);
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, 2);
	assert_int_equal(c->events[1].size, 2);
	assert_int_equal(c->events[1].stack, 0);
	assert_int_equal(c->events[1].flags, 0);
	assert_int_equal(f->tree.refused, 1);
	assert_in_range(f->drain.nonsense, 100, 256);
	collected_free(c);
}

static void a_damaged_ring_is_read_no_more(void **state)
{
	struct fixture *f = *state;
	put(f, allocation(1));
	thread_drain(&f->thread, &f->drain);
	atomic_store(&f->slot->head, 1 + RING_EVENTS + 1);
	assert_int_equal(thread_drain(&f->thread, &f->drain), 0);
	atomic_store(&f->slot->head, 2);
	assert_int_equal(thread_drain(&f->thread, &f->drain), 0);
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, 1);
	assert_non_null(collected_fact(c, META_NOTE, 0));
	assert_null(collected_fact(c, META_NOTE, 1));
	collected_free(c);
}

/* A message of `size` payload bytes, published at once. */
static void put_message(struct fixture *f, struct event head, const unsigned char *payload, uint16_t size)
{
	uint64_t at = atomic_load(&f->slot->head);
	uint32_t cells = (size + 31u) / 32;
	head.shared = size;
	f->slot->events[at % RING_EVENTS] = head;
	for (uint32_t i = 0; i < cells; i++) {
		uint32_t part = size - i * 32 < 32 ? size - i * 32 : 32;
		memcpy(&f->slot->events[(at + 1 + i) % RING_EVENTS], payload + i * 32, part);
	}
	atomic_store(&f->slot->head, at + 1 + cells);
}

static void messages_cross_the_edge_of_the_ring(void **state)
{
	struct fixture *f = *state;
	static const unsigned char payload[] = "\x04\xde\xad\xbe\xef/usr/lib/a/library/with/a/rather/long/path.so";
	struct event module = { .kind = EVENT_MODULE, .address = 0x7000, .size = 0x2000, .stack = 2, .stamp = 32 };
	struct event unload = { .kind = EVENT_UNLOAD, .address = 0x7000, .stack = 2, .stamp = 48 };
	for (uint64_t n = 0; n < RING_EVENTS - 2; n++)
		put(f, allocation(n));
	thread_drain(&f->thread, &f->drain);
	put_message(f, module, payload, sizeof(payload) - 1);
	put(f, allocation(77777));
	put_message(f, unload, NULL, 0);
	put(f, allocation(88888));
	thread_drain(&f->thread, &f->drain);
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, RING_EVENTS);
	assert_int_equal(c->events[RING_EVENTS - 2].size, 77777);
	assert_int_equal(c->events[RING_EVENTS - 1].size, 88888);
	const struct meta *m = collected_fact(c, META_MODULE, 0);
	assert_non_null(m);
	assert_int_equal(m->process, 9);
	assert_int_equal(m->tick, 2);
	assert_int_equal(m->u.module.base, 0x7000);
	assert_int_equal(m->u.module.size, 0x2000);
	assert_int_equal(m->u.module.epoch, 2);
	assert_true(collected_text_is(m->u.module.build_id, "\xde\xad\xbe\xef"));
	assert_true(collected_text_is(m->u.module.path, "/usr/lib/a/library/with/a/rather/long/path.so"));
	m = collected_fact(c, META_UNLOAD, 0);
	assert_int_equal(m->u.module.base, 0x7000);
	assert_int_equal(f->drain.nonsense, 0);
	collected_free(c);
}

static void a_message_that_is_cut_or_lies_is_nonsense(void **state)
{
	struct fixture *f = *state;
	unsigned char payload[64] = { 200 }; /* a build id longer than the message */
	put_message(f, (struct event){ .kind = EVENT_MODULE }, payload, 64);
	put_message(f, (struct event){ .kind = EVENT_MODULE }, payload, 0);
	put(f, (struct event){ .kind = EVENT_MODULE, .shared = MESSAGE_MAX_PAYLOAD + 1 });
	put(f, allocation(1));
	put(f, (struct event){ .kind = EVENT_MODULE, .shared = 4000 }); /* more than is published */
	thread_drain(&f->thread, &f->drain);
	assert_int_equal(atomic_load(&f->slot->tail), atomic_load(&f->slot->head));
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, 1);
	assert_null(collected_fact(c, META_MODULE, 0));
	assert_int_equal(f->drain.nonsense, 4);
	collected_free(c);
}

static void a_waiting_thread_is_released(void **state)
{
	struct fixture *f = *state;
	for (uint64_t n = 0; n < RING_EVENTS; n++)
		put(f, allocation(n));
	atomic_store(&f->slot->waiting, 1);
	assert_int_equal(thread_drain(&f->thread, &f->drain), RING_EVENTS);
	assert_int_equal(atomic_load(&f->slot->waiting), 0);
}

static void a_slot_is_given_back_clean(void **state)
{
	struct fixture *f = *state;
	for (uint64_t n = 0; n < 10; n++)
		put(f, allocation(n));
	atomic_store(&f->slot->dropped, 4);
	thread_close(&f->thread, &f->drain);
	assert_int_equal(atomic_load(&f->slot->state), SLOT_FREE);
	assert_int_equal(atomic_load(&f->slot->head), 0);
	assert_int_equal(atomic_load(&f->slot->tail), 0);
	assert_int_equal(atomic_load(&f->slot->dropped), 0);
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, 10);
	assert_int_equal(collected_fact(c, META_LOSS, 0)->u.loss.dropped, 4);
	assert_int_equal(collected_fact(c, META_LOSS, 0)->thread, 5);
	assert_int_equal(collected_fact(c, META_THREAD_END, 0)->thread, 5);
	collected_free(c);
}

static void many_short_threads_share_their_blocks_of_facts(void **state)
{
	struct fixture *f = *state;
	enum { THREADS = 1000, EVENTS = 50 };
	for (uint32_t i = 0; i < THREADS; i++) {
		struct thread t = { .slot = segment_thread(f->segment, 4), .image = &f->image, .index = 4, .id = 6 + i, .tid = 1 };
		thread_open(&t, &f->drain);
		for (uint64_t n = 0; n < EVENTS; n++)
			t.slot->events[n] = allocation(i);
		atomic_store(&t.slot->head, EVENTS);
		thread_close(&t, &f->drain);
	}
	struct collected *c = read_back(f);
	assert_int_equal(c->event_count, THREADS * EVENTS);
	for (size_t n = 0; n < c->event_count; n++)
		assert_int_equal(c->threads[n], 6 + c->events[n].size);
	assert_in_range(c->block_count, THREADS, THREADS + 20);
	collected_free(c);
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test_collector_thread.%d.trace", getpid());
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_event_arrives_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(stamps_never_run_backwards_nor_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_counted_and_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_ring_is_read_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_cross_the_edge_of_the_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(a_message_that_is_cut_or_lies_is_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(a_waiting_thread_is_released, setup, teardown),
		cmocka_unit_test_setup_teardown(a_slot_is_given_back_clean, setup, teardown),
		cmocka_unit_test_setup_teardown(many_short_threads_share_their_blocks_of_facts, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
