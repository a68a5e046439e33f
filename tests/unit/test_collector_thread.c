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

#include "thread_fixture.h"

#define SHIFT FIXTURE_SHIFT

static void every_event_arrives_in_order(void **state)
{
	struct fixture *f = *state;
	const uint64_t total = 5 * RING_EVENTS + 1234;
	for (uint64_t n = 0, step = 1; n < total; step = step * 7 % 30011) {
		for (uint64_t i = 0; i < step && n < total; i++)
			fixture_put(f, fixture_allocation(n++));
		thread_drain(&f->thread, &f->drain);
		assert_int_equal(atomic_load(&f->slot->tail), n);
	}
	struct collected *c = fixture_read_back(f);
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
		struct event e = fixture_allocation(i);
		e.stamp = stamps[i] << SHIFT;
		fixture_put(f, e);
	}
	thread_drain(&f->thread, &f->drain);
	uint64_t latest = clock_stamp() >> SHIFT;
	struct collected *c = fixture_read_back(f);
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
	fixture_put(f, fixture_allocation(1));
	for (unsigned kind = 0; kind < 256; kind++)
		if (!event_is_alloc(kind) && !event_is_free(kind) && !event_is_lock(kind) && !event_is_map(kind) &&
		    !event_is_pool(kind))
			fixture_put(f, (struct event){ .kind = kind, .shared = 0xffff, .stamp = 1 });
	struct event e = fixture_allocation(2);
	e.stack = 12345; /* no such node */
	e.flags = 0xff;
	e.spare = 0xffff;
	fixture_put(f, e);
	thread_drain(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
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
	fixture_put(f, fixture_allocation(1));
	thread_drain(&f->thread, &f->drain);
	atomic_store(&f->slot->head, 1 + RING_EVENTS + 1);
	assert_int_equal(thread_drain(&f->thread, &f->drain), 0);
	atomic_store(&f->slot->head, 2);
	assert_int_equal(thread_drain(&f->thread, &f->drain), 0);
	assert_int_equal(atomic_load(&f->slot->tail), 2); /* who writes to it is not kept waiting */
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, 1);
	assert_non_null(collected_fact(c, META_NOTE, 0));
	assert_null(collected_fact(c, META_NOTE, 1));
	collected_free(c);
}

static void a_thread_that_waits_in_vain_is_let_go(void **state)
{
	struct fixture *f = *state;
	fixture_put(f, fixture_allocation(1));
	thread_drain(&f->thread, &f->drain);
	atomic_store(&f->slot->tail, 1234567); /* as something else overwrote it */
	atomic_store(&f->slot->waiting, 1);
	assert_int_equal(thread_drain(&f->thread, &f->drain), 0);
	assert_int_equal(atomic_load(&f->slot->tail), 1);
	assert_int_equal(atomic_load(&f->slot->waiting), 0);
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
		fixture_put(f, fixture_allocation(n));
	thread_drain(&f->thread, &f->drain);
	put_message(f, module, payload, sizeof(payload) - 1);
	fixture_put(f, fixture_allocation(77777));
	put_message(f, unload, NULL, 0);
	fixture_put(f, fixture_allocation(88888));
	thread_drain(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
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
	fixture_put(f, (struct event){ .kind = EVENT_MODULE, .shared = MESSAGE_MAX_PAYLOAD + 1 });
	fixture_put(f, fixture_allocation(1));
	fixture_put(f, (struct event){ .kind = EVENT_MODULE, .shared = 4000 }); /* more than is published */
	thread_drain(&f->thread, &f->drain);
	assert_int_equal(atomic_load(&f->slot->tail), atomic_load(&f->slot->head));
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, 1);
	assert_null(collected_fact(c, META_MODULE, 0));
	assert_int_equal(f->drain.nonsense, 4);
	collected_free(c);
}

static void a_waiting_thread_is_released(void **state)
{
	struct fixture *f = *state;
	for (uint64_t n = 0; n < RING_EVENTS; n++)
		fixture_put(f, fixture_allocation(n));
	atomic_store(&f->slot->waiting, 1);
	assert_int_equal(thread_drain(&f->thread, &f->drain), RING_EVENTS);
	assert_int_equal(atomic_load(&f->slot->waiting), 0);
}

static void a_slot_is_given_back_clean(void **state)
{
	struct fixture *f = *state;
	for (uint64_t n = 0; n < 10; n++)
		fixture_put(f, fixture_allocation(n));
	atomic_store(&f->slot->dropped, 4);
	atomic_store(&f->slot->locks.round, 8);
	atomic_store(&f->slot->locks.lock_count, 5);
	atomic_store(&f->slot->locks.stats_count, 6);
	atomic_store(&f->slot->locks.parked_count, 7);
	thread_close(&f->thread, &f->drain);
	assert_int_equal(atomic_load(&f->segment->thread_states[3]), SLOT_FREE);
	assert_int_equal(atomic_load(&f->slot->head), 0);
	assert_int_equal(atomic_load(&f->slot->tail), 0);
	assert_int_equal(atomic_load(&f->slot->dropped), 0);
	assert_int_equal(atomic_load(&f->slot->locks.round), 0);
	assert_int_equal(atomic_load(&f->slot->locks.lock_count), 0);
	assert_int_equal(atomic_load(&f->slot->locks.stats_count), 0);
	assert_int_equal(atomic_load(&f->slot->locks.parked_count), 0);
	assert_int_equal(f->slot->name[0], 0);
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, 10);
	assert_int_equal(collected_fact(c, META_LOSS, 0)->u.loss.dropped, 4);
	assert_int_equal(collected_fact(c, META_LOSS, 0)->thread, 5);
	assert_int_equal(collected_fact(c, META_THREAD_END, 0)->thread, 5);
	collected_free(c);
}

/* What the collector reads of locks and threads is handed on as it is, but for stacks. */
static void events_of_locks_pass(void **state)
{
	struct fixture *f = *state;
	static const unsigned char kinds[] = {
		EVENT_LOCK, EVENT_LOCK_END, EVENT_WAIT, EVENT_BLOCKED, EVENT_RELEASE, EVENT_ORDER, EVENT_CONTEXT, EVENT_SAMPLED,
		EVENT_HELD, EVENT_HOLDING, EVENT_THREAD_CREATE, EVENT_THREAD_BEGIN, EVENT_THREAD_DETACH, EVENT_USABLE,
	};
	const size_t n = sizeof(kinds);
	atomic_store(&segment_nodes(f->segment)[77].address, NODE_ROOT | 1);
	for (size_t i = 0; i < n; i++)
		fixture_put(f, (struct event){ .stamp = 160, .kind = kinds[i], .address = 0x7fffffff0000 + i, .stack = 77,
		                               .size = UINT64_MAX - i, .shared = (uint16_t)(0xffff - i) });
	for (unsigned total = 0; total < LOCK_TOTALS + 3u; total++) /* the last three are none */
		fixture_put(f, (struct event){ .stamp = 176, .kind = EVENT_LOCK_TOTAL, .stack = total, .size = total, .shared = 3 });
	for (unsigned kind = EVENT_LOCK; kind <= EVENT_LAST_LOCK; kind++) /* nobody has named these */
		if (kind == 39 || (kind > EVENT_HOLDING && kind < EVENT_THREAD_CREATE) ||
		    (kind > EVENT_THREAD_DETACH && kind != EVENT_USABLE))
			fixture_put(f, (struct event){ .kind = kind, .stamp = 176 });
	thread_drain(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, n + LOCK_TOTALS);
	for (size_t i = 0; i < n; i++) {
		struct event wanted = { .stamp = 10, .kind = kinds[i], .address = 0x7fffffff0000 + i, .stack = 1,
		                        .size = UINT64_MAX - i, .shared = (uint16_t)(0xffff - i) };
		assert_memory_equal(&c->events[i], &wanted, sizeof(wanted));
	}
	for (unsigned total = 0; total < LOCK_TOTALS; total++) {
		struct event wanted = { .stamp = 11, .kind = EVENT_LOCK_TOTAL, .stack = total, .size = total, .shared = 3 };
		assert_memory_equal(&c->events[n + total], &wanted, sizeof(wanted));
	}
	assert_int_equal(f->drain.nonsense, 3 + 1 + 4 + 11);
	assert_int_equal(c->node_count, 1);
	collected_free(c);
}

static void park(struct fixture *f, struct event e)
{
	uint32_t n = atomic_load(&f->slot->locks.parked_count);
	f->slot->locks.parked[n % SEGMENT_PARKED] = e;
	atomic_store(&f->slot->locks.parked_count, n + 1);
}

static void what_a_dead_thread_has_parked_is_told(void **state)
{
	struct fixture *f = *state;
	fixture_put(f, fixture_allocation(100)); /* at tick 101 */
	park(f, (struct event){ .kind = EVENT_CONTEXT, .stamp = 90 * 16 + 5, .shared = 2, .address = 4711 });
	park(f, (struct event){ .kind = EVENT_WAIT, .stamp = 90 * 16 + 5, .size = 1234, .address = 0x1000, .shared = 7 });
	park(f, fixture_allocation(101)); /* no such thing is parked */
	park(f, (struct event){ .kind = EVENT_MODULE, .stamp = 1 });
	park(f, (struct event){ .kind = 63, .stamp = 1 });
	park(f, (struct event){ .kind = EVENT_CONTEXT, .stamp = 200 * 16 });
	park(f, (struct event){ .kind = EVENT_RELEASE, .stamp = UINT64_MAX, .size = 5, .address = 0x1000, .shared = 7 });
	thread_close(&f->thread, &f->drain);
	assert_int_equal(atomic_load(&f->slot->locks.parked_count), 0);
	uint64_t latest = clock_stamp() >> SHIFT;
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, 5);
	assert_int_equal(c->events[1].stamp, 101);
	assert_int_equal(c->events[1].size, (101 - 90) << SHIFT); /* so long before its stamp */
	assert_int_equal(c->events[1].address, 4711);
	assert_int_equal(c->events[2].kind, EVENT_WAIT);
	assert_int_equal(c->events[2].stamp, 101);
	assert_int_equal(c->events[2].size, 1234);
	assert_int_equal(c->events[2].shared, 7);
	assert_int_equal(c->events[3].stamp, 200);
	assert_int_equal(c->events[3].size, 0);
	assert_in_range(c->events[4].stamp, 201, latest);
	assert_int_equal(f->drain.nonsense, 3);
	collected_free(c);
}

static void no_more_is_parked_than_there_is_room(void **state)
{
	struct fixture *f = *state;
	for (uint64_t i = 0; i < SEGMENT_PARKED; i++)
		park(f, (struct event){ .kind = EVENT_WAIT, .stamp = 16 * i, .size = i });
	atomic_store(&f->slot->locks.parked_count, UINT32_MAX);
	thread_read_last(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, SEGMENT_PARKED);
	assert_int_equal(c->events[SEGMENT_PARKED - 1].size, SEGMENT_PARKED - 1);
	collected_free(c);
}

/* Killed between publishing and emptying the place: what the ring has is not told twice, and the rest not lost. */
static void what_was_parked_and_published_is_told_once(void **state)
{
	struct fixture *f = *state;
	fixture_put(f, fixture_allocation(1));
	for (uint64_t i = 0; i < 6; i++)
		park(f, (struct event){ .kind = i % 2 ? EVENT_WAIT : EVENT_CONTEXT, .stamp = 160, .size = i, .shared = 1 });
	for (uint64_t i = 0; i < 3; i++)
		fixture_put(f, f->slot->locks.parked[i]);
	thread_close(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, 1 + 6);
	for (uint64_t i = 0; i < 6; i++)
		assert_int_equal(c->events[1 + i].size, i);
	collected_free(c);
}

static void a_thread_that_says_so_ends_then(void **state)
{
	struct fixture *f = *state;
	fixture_put(f, fixture_allocation(10));
	fixture_put(f, (struct event){ .kind = EVENT_THREAD_END, .stamp = 20 * 16, .address = 0x7000 });
	assert_false(f->thread.ending);
	thread_drain(&f->thread, &f->drain);
	assert_true(f->thread.ending);
	fixture_put(f, (struct event){ .kind = EVENT_FREE, .stamp = 30 * 16, .address = 0x50 });
	f->slot->locks.locks[0] = (struct segment_lock){ .key = 0x2000, .acquisitions = 3 };
	atomic_store(&f->slot->locks.lock_count, 1);
	thread_close(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	assert_int_equal(collected_fact(c, META_THREAD_END, 0)->tick, 20);
	assert_int_equal(c->event_count, 4);
	assert_int_equal(c->events[2].stamp, 30);
	assert_int_equal(c->events[3].kind, EVENT_LOCK_TOTAL);
	assert_int_equal(c->events[3].stamp, 30); /* a dead thread's counters are no news */
	collected_free(c);
}

/* Of whom the kernel knows nothing any more, the slot has the last word; and no old one. */
static void a_name_given_just_before_the_end_is_told(void **state)
{
	struct fixture *f = *state;
	strcpy(f->slot->name, "brief");
	thread_close(&f->thread, &f->drain);
	struct thread t = { .slot = f->slot, .state = &f->segment->thread_states[3], .image = &f->image, .index = 3, .id = 6, .tid = 1 };
	strcpy(f->slot->name, "steady");
	thread_open(&t, &f->drain);
	strcpy(t.name, "by prctl"); /* as thread_tell_name has found it */
	thread_close(&t, &f->drain);
	struct collected *c = fixture_read_back(f);
	assert_true(collected_text_is(collected_fact(c, META_THREAD_NAME, 0)->u.thread_start.name, "brief"));
	assert_int_equal(collected_fact(c, META_THREAD_NAME, 0)->thread, 5);
	assert_null(collected_fact(c, META_THREAD_NAME, 1));
	collected_free(c);
}

static void the_slot_names_whom_the_kernel_does_not_know(void **state)
{
	struct fixture *f = *state;
	f->image.lost = 1;
	memset(f->slot->name, 'x', sizeof(f->slot->name)); /* not terminated */
	thread_tell_name(&f->thread, &f->drain);
	thread_tell_name(&f->thread, &f->drain);
	f->image.lost = 0;
	strcpy(f->slot->name, "newer?");
	thread_tell_name(&f->thread, &f->drain); /* it does know this one */
	struct collected *c = fixture_read_back(f);
	assert_true(collected_text_is(collected_fact(c, META_THREAD_NAME, 0)->u.thread_start.name, "xxxxxxxxxxxxxxx"));
	assert_true(collected_text_is(collected_fact(c, META_THREAD_NAME, 1)->u.thread_start.name, "test_collector_"));
	assert_null(collected_fact(c, META_THREAD_NAME, 2));
	collected_free(c);
}

static void many_short_threads_share_their_blocks_of_facts(void **state)
{
	struct fixture *f = *state;
	enum { THREADS = 1000, EVENTS = 50 };
	for (uint32_t i = 0; i < THREADS; i++) {
		struct thread t = { .slot = segment_thread(f->segment, 4), .state = &f->segment->thread_states[4], .image = &f->image, .index = 4, .id = 6 + i, .tid = 1 };
		thread_open(&t, &f->drain);
		for (uint64_t n = 0; n < EVENTS; n++)
			t.slot->events[n] = fixture_allocation(i);
		atomic_store(&t.slot->head, EVENTS);
		thread_close(&t, &f->drain);
	}
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, THREADS * EVENTS);
	for (size_t n = 0; n < c->event_count; n++)
		assert_int_equal(c->threads[n], 6 + c->events[n].size);
	assert_in_range(c->block_count, THREADS, THREADS + 20);
	collected_free(c);
}

int main(void)
{
	snprintf(fixture_path, sizeof(fixture_path), "/tmp/test_collector_thread.%d.trace", getpid());
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_event_arrives_in_order, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(stamps_never_run_backwards_nor_ahead, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_counted_and_left_out, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_damaged_ring_is_read_no_more, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_thread_that_waits_in_vain_is_let_go, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(messages_cross_the_edge_of_the_ring, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_message_that_is_cut_or_lies_is_nonsense, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_waiting_thread_is_released, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_slot_is_given_back_clean, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(events_of_locks_pass, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_a_dead_thread_has_parked_is_told, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(no_more_is_parked_than_there_is_room, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_was_parked_and_published_is_told_once, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_thread_that_says_so_ends_then, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_name_given_just_before_the_end_is_told, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_slot_names_whom_the_kernel_does_not_know, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(many_short_threads_share_their_blocks_of_facts, fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
