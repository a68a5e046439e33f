/* SPDX-License-Identifier: MIT
 *
 * The producer's end of a ring: order, wrapping, messages in one piece, and what happens when nobody drains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "preload/process.h"
#include "preload/ring.h"
#include "tests/unit/segment_fixture.h"

static void push(struct ring *r, uint64_t n)
{
	struct event *e = ring_reserve(r);
	if (!e)
		return;
	*e = (struct event){.stamp = n, .kind = EVENT_MALLOC};
	ring_publish(r, 1);
}

static void test_wraps(void **state)
{
	(void)state;
	struct segment *s = segment_fixture(0);
	struct segment_thread *slot = segment_thread(s, 0);
	struct ring r;
	ring_init(&r, s, slot);
	uint64_t read = 0;
	for (uint64_t n = 0; n < 5 * RING_EVENTS / 2; n++) {
		push(&r, n);
		if (n % 1000 == 0)
			for (; read < atomic_load(&slot->head); atomic_store(&slot->tail, ++read))
				assert_int_equal(slot->events[read % RING_EVENTS].stamp, read);
	}
	assert_int_equal(atomic_load(&slot->head), 5 * RING_EVENTS / 2);
	assert_int_equal(atomic_load(&slot->dropped), 0);
	segment_fixture_free(s);
}

static void test_drops_and_counts(void **state)
{
	(void)state;
	struct segment *s = segment_fixture(SEGMENT_DROP_ON_FULL);
	struct segment_thread *slot = segment_thread(s, 0);
	struct ring r;
	ring_init(&r, s, slot);
	for (uint64_t n = 0; n < RING_EVENTS + 123; n++)
		push(&r, n);
	assert_int_equal(atomic_load(&slot->head), RING_EVENTS);
	assert_int_equal(atomic_load(&slot->dropped), 123);
	atomic_store(&slot->tail, 1);
	push(&r, 0);
	assert_int_equal(atomic_load(&slot->head), RING_EVENTS + 1);
	segment_fixture_free(s);
}

static void *drain_late(void *arg)
{
	struct segment_thread *slot = arg;
	while (!atomic_load(&slot->waiting))
		usleep(100);
	atomic_store(&slot->tail, 5);
	atomic_store(&slot->waiting, 0);
	return NULL;
}

static void test_waits_for_room(void **state)
{
	(void)state;
	struct segment *s = segment_fixture(0);
	struct segment_thread *slot = segment_thread(s, 0);
	struct ring r;
	pthread_t t;
	ring_init(&r, s, slot);
	for (uint64_t n = 0; n < RING_EVENTS; n++)
		push(&r, n);
	pthread_create(&t, NULL, drain_late, slot);
	push(&r, 42);
	pthread_join(t, NULL);
	assert_int_equal(atomic_load(&slot->head), RING_EVENTS + 1);
	assert_int_equal(atomic_load(&slot->dropped), 0);
	segment_fixture_free(s);
}

static void on_alarm(int signal) { (void)signal; }

static void *drain_very_late(void *arg)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	usleep(300000);
	return drain_late(arg);
}

/* Each signal ends a nap; the collector has as long as without. */
static void test_waits_through_signals(void **state)
{
	(void)state;
	struct segment *s = segment_fixture(0);
	struct segment_thread *slot = segment_thread(s, 0);
	struct ring r;
	pthread_t t;
	struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	ring_init(&r, s, slot);
	for (uint64_t n = 0; n < RING_EVENTS; n++)
		push(&r, n);
	signal(SIGALRM, on_alarm);
	pthread_create(&t, NULL, drain_very_late, slot);
	setitimer(ITIMER_REAL, &often, NULL);
	push(&r, 42);
	setitimer(ITIMER_REAL, &never, NULL);
	pthread_join(t, NULL);
	assert_int_equal(atomic_load(&slot->head), RING_EVENTS + 1);
	assert_int_equal(atomic_load(&slot->dropped), 0);
	segment_fixture_free(s);
}

static void test_dead_collector_ends_recording(void **state)
{
	(void)state;
	struct segment *s = segment_fixture(0);
	struct segment_thread *slot = segment_thread(s, 0);
	struct ring r;
	ring_init(&r, s, slot);
	for (uint64_t n = 0; n < RING_EVENTS; n++)
		push(&r, n);
	atomic_store(&s->collector_lock, 4711u | FUTEX_OWNER_DIED);
	push(&r, 42);
	assert_int_equal(atomic_load(&slot->head), RING_EVENTS);
	assert_int_equal(atomic_load(&slot->dropped), 1);
	assert_int_equal(atomic_load(&process_live.key), PROCESS_OFF);
	segment_fixture_free(s);
}

static void test_message_in_one_piece(void **state)
{
	(void)state;
	struct segment *s = segment_fixture(0);
	struct segment_thread *slot = segment_thread(s, 0);
	struct ring r;
	char payload[100], got[128];
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (char)i;
	atomic_store(&slot->head, RING_EVENTS - 2); /* the payload wraps */
	atomic_store(&slot->tail, RING_EVENTS - 2);
	ring_init(&r, s, slot);
	struct event head = {.kind = EVENT_MODULE};
	struct message_part parts[] = {{payload, 1}, {payload + 1, 0}, {payload + 1, 70}, {payload + 71, 29}};
	ring_message(&r, &head, parts, 4);
	assert_int_equal(slot->events[RING_EVENTS - 2].shared, sizeof payload);
	assert_int_equal(atomic_load(&slot->head), RING_EVENTS - 2 + 5);
	for (uint64_t i = 0; i < 4; i++)
		memcpy(got + 32 * i, &slot->events[(RING_EVENTS - 1 + i) % RING_EVENTS], 32);
	assert_memory_equal(got, payload, sizeof payload);
	segment_fixture_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_drops_and_counts),
		cmocka_unit_test(test_waits_for_room),
		cmocka_unit_test(test_waits_through_signals),
		cmocka_unit_test(test_dead_collector_ends_recording),
		cmocka_unit_test(test_message_in_one_piece),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
