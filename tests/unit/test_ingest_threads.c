/* SPDX-License-Identifier: MIT
 *
 * Threads in the database: who created them where, when they began and ended, and what became of them.
 */
#include "tests/unit/ingest_fixture.h"

#define P 0x7f0000001640ull
#define ROUTINE 0x11500u

/* Thread 1 creates 2 and joins it; 3 has the same pthread_t, is created by 2's successor in time, detached, and never ends. */
static void test_threads(void **state)
{
	const struct event first[] = {
		ev(MS(1), EVENT_THREAD_CREATE, P, ROUTINE, 4),
		ev_lock(MS(5), EVENT_LOCK, P, 0, LOCK_ABOUT(LOCK_JOIN, 0, 0), 3),
		ev_lock(MS(5), EVENT_CONTEXT, 0, 0, WRITER_RAW(100000), 0),
		ev_lock(MS(5), EVENT_BLOCKED, P, 0, WRITER_RAW(3000000), 3),
		ev(MS(6), EVENT_THREAD_CREATE, P, ROUTINE, 3),
		ev(MS(8), EVENT_THREAD_DETACH, P, 0, 3),
		ev(MS(9), EVENT_THREAD_CREATE, P + 4096, ROUTINE, 3),
	};
	const struct event second[] = {
		ev(MS(2), EVENT_THREAD_BEGIN, P, 0, 0),
		ev(MS(3), EVENT_MALLOC, 0x9000, 10, 2),
		ev(MS(4), EVENT_THREAD_END, P, 0, 0),
		ev(MS(4) + 10, EVENT_FREE, 0x9000, 0, 2),
	};
	const struct event third[] = { ev(MS(7), EVENT_THREAD_BEGIN, P, 0, 0) };
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 4);
	writer_events(&w, 1, first, LENGTH(first));
	writer_events(&w, 2, second, LENGTH(second));
	writer_events(&w, 3, third, LENGTH(third));
	finish(&w, MS(10));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT count(*) FROM thread", 4);
	assert_answer(s, "SELECT creator_id FROM thread WHERE id = 2", 1);
	assert_answer(s, "SELECT depth FROM stack WHERE id = (SELECT created_stack_id FROM thread WHERE id = 2)", 2);
	assert_text(s, "SELECT start_function FROM thread WHERE id = 2", "libx.so+0x1500");
	assert_answer(s, "SELECT start_ns FROM thread WHERE id = 2", 2000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT end_ns FROM thread WHERE id = 2", 4000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT joined - detached FROM thread WHERE id = 2", 1);
	assert_answer(s, "SELECT creator_id FROM thread WHERE id = 3", 1);
	assert_answer(s, "SELECT depth FROM stack WHERE id = (SELECT created_stack_id FROM thread WHERE id = 3)", 1);
	assert_answer(s, "SELECT detached - joined FROM thread WHERE id = 3", 1);
	assert_answer(s, "SELECT count(*) FROM thread WHERE id <> 2 AND end_ns IS NULL", 3);
	assert_answer(s, "SELECT count(*) FROM thread WHERE creator_id IS NULL AND created_stack_id IS NULL AND start_function IS NULL"
	              " AND detached = 0 AND joined = 0 AND id IN (1, 4)", 2);
	assert_text(s, "SELECT value FROM meta WHERE key = 'notes'",
	            "1 thread was created of which the trace has nothing: not begun yet when it ends, or not recorded");
	store_close(s);
	writer_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_threads, setup),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
