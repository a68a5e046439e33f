/* SPDX-License-Identifier: MIT
 *
 * Who created whom: pthread_t's used again and again, events in an order that does not help, and threads nobody saw.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/ingest/thread_birth.h"
#include "tests/unit/naming_fixture.h"
#include "tests/unit/program_fixture.h"
#include "trace/waits.h"

#define BASE 0x400000000000ull
#define P 0x7f0000001640ull /* a pthread_t */
#define Q 0x7f0000002640ull

static struct naming_fixture f;
static uint32_t in_main;
static uint64_t routine;

static int prepare(void **state)
{
	static const uint32_t processes[] = { 1, 1, 1, 1, 2, 2 };

	(void)state;
	program_write("prog.c", "void *serve(void *p) { return p; }\nint main(void) { return serve(0) != 0; }\n");
	program_run("gcc -O1 -g -fPIE -pie -Wl,--build-id=none -o prog prog.c");
	routine = BASE + program_hex("nm %s | sed -n 's/ T serve$//p'", "prog");
	fixture_module(&f, 1, BASE, 0x10000, program_path("prog"));
	in_main = fixture_node(&f, fixture_node(&f, 0, 1), BASE + program_hex("nm %s | sed -n 's/ T main$//p'", "prog") + 1);
	fixture_threads(&f, processes, 6);
	fixture_build(&f);
	return 0;
}

static int cleanup(void **state)
{
	(void)state;
	fixture_release(&f);
	return 0;
}

static void create(struct thread_birth *b, uint32_t thread, uint64_t address, uint64_t tick)
{
	thread_birth_note(b, thread, &(struct event){ .kind = EVENT_THREAD_CREATE, .stamp = tick, .address = address,
	                                              .size = routine, .stack = in_main });
}

static void note(struct thread_birth *b, uint32_t thread, unsigned kind, uint64_t address, uint64_t tick)
{
	thread_birth_note(b, thread, &(struct event){ .kind = kind & 0xff, .stamp = tick, .address = address });
}

static void a_thread_has_a_creator_a_stack_and_a_routine(void **state)
{
	struct thread_birth b;

	(void)state;
	thread_birth_init(&b, &f.recording);
	note(&b, 2, EVENT_THREAD_BEGIN, P, 20); /* seen before its creation */
	create(&b, 1, P, 10);
	note(&b, 2, EVENT_THREAD_END, P, 90);
	thread_birth_joined(&b, 1, P, 15, 95);
	thread_birth_finish(&b, &f.naming);
	assert_int_equal(b.threads[2].creator, 1);
	assert_int_equal(b.threads[2].stack, naming_stack(&f.naming, in_main));
	assert_string_equal(b.threads[2].start, "serve");
	assert_true(b.threads[2].began && b.threads[2].begin == 20 && b.threads[2].ended && b.threads[2].end == 90);
	assert_true(b.threads[2].joined && !b.threads[2].detached);
	assert_true(!b.threads[1].creator && !b.threads[1].stack && !b.threads[1].start && !b.threads[1].began && !b.threads[1].ended);
	assert_int_equal(b.unseen, 0);
	thread_birth_release(&b);
}

/* The next thread is being created when the one before it is joined. */
static void a_pthread_t_is_used_again(void **state)
{
	struct thread_birth b;

	(void)state;
	thread_birth_init(&b, &f.recording);
	create(&b, 1, P, 10);
	note(&b, 2, EVENT_THREAD_BEGIN, P, 11);
	note(&b, 2, EVENT_THREAD_END, P, 40);
	create(&b, 4, P, 49);
	thread_birth_joined(&b, 1, P, 12, 50);
	note(&b, 3, EVENT_THREAD_BEGIN, P, 52);
	create(&b, 3, Q, 60);
	note(&b, 1, EVENT_THREAD_DETACH, P, 70);
	create(&b, 5, P, 10); /* another process */
	note(&b, 6, EVENT_THREAD_BEGIN, P, 12);
	thread_birth_finish(&b, &f.naming);
	assert_int_equal(b.threads[2].creator, 1);
	assert_true(b.threads[2].joined && !b.threads[2].detached);
	assert_int_equal(b.threads[3].creator, 4);
	assert_true(!b.threads[3].joined && b.threads[3].detached);
	assert_int_equal(b.threads[6].creator, 5);
	assert_true(!b.threads[6].joined && !b.threads[6].detached);
	assert_int_equal(b.unseen, 1); /* Q */
	thread_birth_release(&b);
}

/* Whoever joins a thread is told so when the next one of its pthread_t already runs, has ended, or is joined itself. */
static void a_join_returns_late(void **state)
{
	struct thread_birth b;

	(void)state;
	thread_birth_init(&b, &f.recording);
	create(&b, 1, P, 10);
	note(&b, 2, EVENT_THREAD_BEGIN, P, 11);
	note(&b, 2, EVENT_THREAD_END, P, 40);
	create(&b, 1, P, 30);                   /* begins before the address is free */
	note(&b, 3, EVENT_THREAD_BEGIN, P, 42);
	thread_birth_joined(&b, 1, P, 35, 50);  /* 2: 3 still runs */
	note(&b, 3, EVENT_THREAD_END, P, 60);
	create(&b, 1, P, 61);
	note(&b, 4, EVENT_THREAD_BEGIN, P, 70);
	note(&b, 4, EVENT_THREAD_END, P, 80);
	thread_birth_joined(&b, 1, P, 65, 81);  /* 4, whose creation had begun */
	thread_birth_joined(&b, 1, P, 43, 82);  /* 3, which had to wait until now to hear of it */
	thread_birth_joined(&b, 1, P, 90, 99);  /* nobody left */
	thread_birth_finish(&b, &f.naming);
	assert_true(b.threads[2].joined && b.threads[3].joined && b.threads[4].joined);
	thread_birth_release(&b);
	thread_birth_init(&b, &f.recording);
	create(&b, 1, P, 10);
	note(&b, 2, EVENT_THREAD_BEGIN, P, 11);
	note(&b, 2, EVENT_THREAD_END, P, 20);
	create(&b, 1, P, 30);
	note(&b, 3, EVENT_THREAD_BEGIN, P, 31);
	note(&b, 3, EVENT_THREAD_END, P, 35);
	thread_birth_joined(&b, 1, P, 15, 50);  /* 2: it was asked for before 3 was */
	thread_birth_finish(&b, &f.naming);
	assert_true(b.threads[2].joined && !b.threads[3].joined);
	thread_birth_release(&b);
}

/* Detached by its creator at once, and after its predecessor has ended. */
static void detached_before_it_began(void **state)
{
	struct thread_birth b;

	(void)state;
	thread_birth_init(&b, &f.recording);
	create(&b, 1, P, 10);
	note(&b, 1, EVENT_THREAD_DETACH, P, 12);
	note(&b, 2, EVENT_THREAD_BEGIN, P, 13);
	note(&b, 2, EVENT_THREAD_END, P, 20);
	create(&b, 1, P, 30);
	thread_birth_joined(&b, 1, P, 33, 34); /* cannot be: thread 2 is detached, thread 3 not there yet */
	note(&b, 3, EVENT_THREAD_BEGIN, P, 35);
	create(&b, 1, P, 40);              /* of a thread that is not in the trace */
	create(&b, 1, P, 50);
	note(&b, 4, EVENT_THREAD_BEGIN, P, 50);
	thread_birth_finish(&b, &f.naming);
	assert_true(b.threads[2].detached && !b.threads[2].joined);
	assert_true(!b.threads[3].detached && !b.threads[3].joined && b.threads[3].creator == 1);
	assert_true(!b.threads[4].detached && b.threads[4].creator == 1);
	assert_int_equal(b.unseen, 1);
	thread_birth_release(&b);
}

static void what_cannot_be_is_safe(void **state)
{
	struct thread_birth b;
	uint64_t seed = 88172645463325252ull;

	(void)state;
	thread_birth_init(&b, &f.recording);
	for (int i = 0; i < 20000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		struct event e = { .kind = (uint8_t)(EVENT_THREAD_CREATE + seed % 6), .stamp = seed >> 8 & 0xfff, .address = seed >> 20 & 3,
		                   .size = seed & 1 ? routine : seed, .stack = seed & 2 ? in_main : (uint32_t)(seed >> 32) };

		thread_birth_note(&b, 1 + (uint32_t)(seed >> 40) % 6, &e);
		if (seed % 7 == 0)
			thread_birth_joined(&b, (uint32_t)(seed >> 50), seed >> 20 & 3, seed >> 9 & 0xfff, seed >> 8 & 0xfff);
	}
	thread_birth_finish(&b, &f.naming);
	for (int i = 1; i <= 6; i++) {
		assert_true(b.threads[i].creator <= 6 && b.threads[i].stack <= f.naming.stack_count);
		assert_true(!b.threads[i].start || b.threads[i].start[0]);
	}
	thread_birth_release(&b);
	thread_birth_init(&b, &f.recording);
	thread_birth_finish(&b, &f.naming);
	thread_birth_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_has_a_creator_a_stack_and_a_routine),
		cmocka_unit_test(a_pthread_t_is_used_again),
		cmocka_unit_test(a_join_returns_late),
		cmocka_unit_test(detached_before_it_began),
		cmocka_unit_test(what_cannot_be_is_safe),
	};

	return cmocka_run_group_tests(tests, prepare, cleanup);
}
