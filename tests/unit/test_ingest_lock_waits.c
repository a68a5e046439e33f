/* SPDX-License-Identifier: MIT
 *
 * Waits and holds, from events and counters to the database: who waited for whom, what is scaled to what was counted, what
 * rules when either is missing, and groups of events that are not whole.
 */
#include "tests/unit/ingest_fixture.h"

#define RAW_MS(n) WRITER_RAW((n) * 1000000ull)
#define MUTEX 0x5000u
#define OTHER 0x6000u

/* The counters of `waits` waits of RAW_MS(1) each that got the lock. */
#define COUNTED(tick, address, waits, wait) \
	ev_total(tick, address, 1, LOCK_ACQUISITIONS, waits, 0), ev_total(tick, address, 1, LOCK_CONTENDED, waits, 0), \
	ev_total(tick, address, 1, LOCK_WAITS, waits, 0), ev_total(tick, address, 1, LOCK_WAIT, wait, 0)

static struct store *analyze_two(const struct event *one, size_t count_one, const struct event *two, size_t count_two)
{
	struct trace_writer w;
	struct store *s;

	begin(&w, 2);
	if (count_one)
		writer_events(&w, 1, one, count_one);
	if (count_two)
		writer_events(&w, 2, two, count_two);
	finish(&w, MS(20));
	s = analyze(&w, NULL);
	check_sums(s);
	writer_release(&w);
	return s;
}

/* Thread 2 waits 2 ms for thread 1, which held it for 3; both tell it later. */
static void test_one_wait(void **state)
{
	const struct event one[] = {
		ev_lock(MS(1), EVENT_LOCK, MUTEX, 1, LOCK_ABOUT(LOCK_MUTEX, LOCK_ROBUST | LOCK_SHARED, 0), 2),
		ev_context(MS(6), RAW_MS(2), 1, 0),
		ev_lock(MS(6), EVENT_HELD, 7, 0, RAW_MS(3), 0),
		ev_lock(MS(6), EVENT_RELEASE, MUTEX, 1, RAW_MS(2), 3),
		ev_total(MS(7), MUTEX, 1, LOCK_ACQUISITIONS, 10, 0),
		ev_total(MS(7), MUTEX, 1, LOCK_OWNER_CHANGES, 1, 0),
		ev_total(MS(7), MUTEX, 1, LOCK_HELD_COUNT, 1, 0),
		ev_total(MS(7), MUTEX, 1, LOCK_HELD_TIME, RAW_MS(3), 0),
		ev_total(MS(7), MUTEX, 1, LOCK_HELD_MAX, RAW_MS(3), 0),
		ev_total(MS(7), MUTEX, 1, LOCK_HELD_ALLOCATIONS, 7, 0),
		ev_total(MS(7), MUTEX, 1, LOCK_TRY_FAILURES, 2, 0),
		ev_total(MS(7), MUTEX, 1, LOCK_HELD_WAITING, RAW_MS(1), 0),
	};
	const struct event two[] = {
		ev_context(MS(9), RAW_MS(5), 4711, 0),
		ev_lock(MS(9), EVENT_WAIT, MUTEX, 1, RAW_MS(2), 4),
		COUNTED(MS(10), MUTEX, 1, RAW_MS(2)),
		ev_total(MS(10), MUTEX, 1, LOCK_WAIT_MAX, RAW_MS(2), 0),
		ev_total(MS(10), MUTEX, 1, LOCK_MAX_WAITERS, 1, 0),
		ev_total(MS(10), MUTEX, 1, LOCK_WAIT_BUCKET + lock_bucket(RAW_MS(2)), 1, 0),
	};
	struct store *s = analyze_two(one, LENGTH(one), two, LENGTH(two));

	(void)state;
	assert_answer(s, "SELECT count(*) FROM lock", 1);
	assert_text(s, "SELECT kind FROM lock", "mutex");
	assert_text(s, "SELECT flags FROM lock", "robust shared");
	assert_answer(s, "SELECT acquisitions FROM lock", 11);
	assert_answer(s, "SELECT contended FROM lock", 1);
	assert_answer(s, "SELECT try_failures FROM lock", 2);
	assert_answer(s, "SELECT wait_ns FROM lock", 2000000);
	assert_answer(s, "SELECT wait_max_ns FROM lock", 2000000);
	assert_answer(s, "SELECT max_waiters FROM lock", 1);
	assert_answer(s, "SELECT owner_changes FROM lock", 1);
	assert_answer(s, "SELECT sampled FROM lock", 0);
	assert_answer(s, "SELECT hold_ns FROM lock", 3000000);
	assert_answer(s, "SELECT hold_max_ns FROM lock", 3000000);
	assert_answer(s, "SELECT hold_measured FROM lock", 1);
	assert_answer(s, "SELECT hold_allocations FROM lock", 7);
	assert_answer(s, "SELECT hold_waiting_ns FROM lock", 1000000);
	assert_answer(s, "SELECT first_stack_id FROM lock", 1);
	assert_answer(s, "SELECT start_ns FROM lock", 1000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT stack_id FROM lock_wait", 3);
	assert_answer(s, "SELECT thread_id FROM lock_wait", 2);
	assert_answer(s, "SELECT owner_id FROM lock_wait", 1);
	assert_answer(s, "SELECT slice FROM lock_wait", 4); /* it ended 4 ms after the beginning, less a tick */
	assert_answer(s, "SELECT wait_ns FROM lock_wait WHERE class = 20 AND reading = 0", 2000000);
	assert_answer(s, "SELECT stack_id FROM lock_hold", 2);
	assert_answer(s, "SELECT slice FROM lock_hold", 4);
	assert_answer(s, "SELECT caused_wait_ns FROM lock_hold", 2000000);
	assert_answer(s, "SELECT hold_ns FROM lock_hold", 3000000);
	assert_answer(s, "SELECT allocations FROM lock_hold", 7);
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 20 AND stack_id = 3 AND thread_id = 2", 2000000);
	assert_answer(s, "SELECT value FROM total WHERE cost_id = 23 AND stack_id = 2 AND thread_id = 1", 2000000);
	assert_answer(s, "SELECT amount FROM span_sum WHERE class = 20 AND slice = 4 AND end_slice = 0", 2000000);
	assert_answer(s, "SELECT count FROM lock_histogram WHERE kind = 'wait' AND low <= 2000000 AND high > 2000000", 1);
	assert_answer(s, "SELECT contended FROM process", 1);
	assert_answer(s, "SELECT wait_ns FROM process", 2000000);
	assert_answer(s, "SELECT blocked_ns FROM process", 0);
	store_close(s);
}

/* Of 100 waits two were recorded: one long, for itself, one short, which stands for others. */
static void test_sampled(void **state)
{
	const struct event two[] = {
		ev_lock(MS(1), EVENT_LOCK, MUTEX, 1, LOCK_ABOUT(LOCK_MUTEX, 0, 0), 2),
		ev_context(MS(2), 0, 0, 0),
		ev_lock(MS(2), EVENT_SAMPLED, 0, 0, RAW_MS(1), 0),
		ev_lock(MS(2), EVENT_WAIT, MUTEX, 1, RAW_MS(1) / 10, 4),
		ev_context(MS(8), 0, 0, 0),
		ev_lock(MS(8), EVENT_WAIT, MUTEX, 1, RAW_MS(5), 3),
		COUNTED(MS(9), MUTEX, 100, RAW_MS(7) + 1),
	};
	struct store *s = analyze_two(NULL, 0, two, LENGTH(two));

	(void)state;
	assert_answer(s, "SELECT sampled FROM lock", 1);
	assert_answer(s, "SELECT waits FROM lock", 100);
	assert_answer(s, "SELECT wait_ns FROM lock", 7000000);
	assert_answer(s, "SELECT wait_ns FROM lock_wait WHERE stack_id = 2", 5000000); /* stays what it was */
	assert_answer(s, "SELECT waits FROM lock_wait WHERE stack_id = 2", 1);
	assert_answer(s, "SELECT waits FROM lock_wait WHERE stack_id = 3", 99);
	assert_answer(s, "SELECT max_ns FROM lock_wait WHERE stack_id = 3", 100000);
	store_close(s);
}

/* Sampled, and the trace ended before the counters were written: what the events stand for. */
static void test_no_counters(void **state)
{
	const struct event two[] = {
		ev_context(MS(2), 0, 0, 0),
		ev_lock(MS(2), EVENT_SAMPLED, 0, 0, RAW_MS(1), 0),
		ev_lock(MS(2), EVENT_WAIT, MUTEX, 1, RAW_MS(1) / 10, 4),
		ev_context(MS(8), 0, 0, WAIT_TIMED | WAIT_TIMED_OUT),
		ev_lock(MS(8), EVENT_WAIT, MUTEX, 1, RAW_MS(5), 3),
	};
	struct store *s = analyze_two(NULL, 0, two, LENGTH(two));

	(void)state;
	assert_text(s, "SELECT kind FROM lock", "mutex"); /* though nobody said so */
	assert_answer(s, "SELECT sampled FROM lock", 1);
	assert_answer(s, "SELECT waits FROM lock", 11);
	assert_answer(s, "SELECT timeouts FROM lock", 1);
	assert_answer(s, "SELECT contended FROM lock", 10);
	assert_answer(s, "SELECT acquisitions FROM lock", 10);
	assert_answer(s, "SELECT wait_ns FROM lock", 6000000);
	assert_answer(s, "SELECT wait_max_ns FROM lock", 5000000);
	assert_answer(s, "SELECT wait_ns FROM lock_wait WHERE stack_id = 3", 1000000);
	assert_answer(s, "SELECT sum(count) FROM lock_histogram WHERE kind = 'wait'", 11);
	assert_answer(s, "SELECT count FROM lock_histogram WHERE kind = 'wait' AND low <= 100000 AND high > 100000", 10);
	store_close(s);
}

/* Counters that tell of less than was recorded were not yet whole. */
static void test_late_counters(void **state)
{
	const struct event two[] = {
		ev_context(MS(2), 0, 0, 0),
		ev_lock(MS(2), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 4),
		COUNTED(MS(3), MUTEX, 1, RAW_MS(1)),
		ev_context(MS(4), 0, 0, 0),
		ev_lock(MS(4), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 4),
	};
	struct store *s = analyze_two(NULL, 0, two, LENGTH(two));

	(void)state;
	assert_answer(s, "SELECT sampled FROM lock", 0);
	assert_answer(s, "SELECT waits FROM lock", 2);
	assert_answer(s, "SELECT wait_ns FROM lock", 2000000);
	store_close(s);
}

/* Waits that were counted and never recorded have a stack that says so, and the thread that counted them. */
static void test_not_recorded(void **state)
{
	const struct event one[] = {
		ev_lock(MS(1), EVENT_LOCK, MUTEX, 1, LOCK_ABOUT(LOCK_RWLOCK, 0, 0), 2),
		COUNTED(MS(2), MUTEX, 3, RAW_MS(3)),
	};
	const struct event two[] = {
		COUNTED(MS(3), MUTEX, 5, RAW_MS(4)),
		ev_total(MS(3), MUTEX, 1, LOCK_READS, 9, 0),
		ev_total(MS(3), MUTEX, 1, LOCK_READ_CONTENDED, 2, 0),
		ev_total(MS(3), MUTEX, 1, LOCK_READ_WAIT, RAW_MS(1), 0),
	};
	struct store *s = analyze_two(one, LENGTH(one), two, LENGTH(two));

	(void)state;
	assert_answer(s, "SELECT count(*) FROM lock_wait", 3);
	assert_answer(s, "SELECT count(*) FROM lock_wait JOIN stack ON stack.id = stack_id JOIN frames USING (frame_id)"
	                 " WHERE function = '[not recorded]'", 3);
	assert_answer(s, "SELECT wait_ns FROM lock_wait WHERE thread_id = 1", 3000000);
	assert_answer(s, "SELECT waits FROM lock_wait WHERE thread_id = 2 AND reading = 0", 3);
	assert_answer(s, "SELECT waits FROM lock_wait WHERE thread_id = 2 AND reading = 1", 2);
	assert_answer(s, "SELECT wait_ns FROM lock_wait WHERE thread_id = 2 AND reading = 1", 1000000);
	assert_answer(s, "SELECT read_wait_ns FROM lock", 1000000);
	assert_answer(s, "SELECT read_contended FROM lock", 2);
	assert_answer(s, "SELECT sampled FROM lock", 1);
	store_close(s);
}

/* Readers and writers were both sampled: each side is scaled to its own counter. */
static void test_reading(void **state)
{
	const struct event two[] = {
		ev_lock(MS(1), EVENT_LOCK, MUTEX, 1, LOCK_ABOUT(LOCK_RWLOCK, LOCK_PREFER_WRITER, 0), 2),
		ev_context(MS(2), 0, 0, WAIT_READ),
		ev_lock(MS(2), EVENT_SAMPLED, 0, 0, RAW_MS(1), 0),
		ev_lock(MS(2), EVENT_WAIT, MUTEX, 1, RAW_MS(1) / 2, 4),
		ev_context(MS(8), 0, 0, 0),
		ev_lock(MS(8), EVENT_SAMPLED, 0, 0, RAW_MS(1), 0),
		ev_lock(MS(8), EVENT_WAIT, MUTEX, 1, RAW_MS(1) / 2, 4),
		COUNTED(MS(9), MUTEX, 8, RAW_MS(8)),
		ev_total(MS(9), MUTEX, 1, LOCK_READS, 5, 0),
		ev_total(MS(9), MUTEX, 1, LOCK_READ_CONTENDED, 5, 0),
		ev_total(MS(9), MUTEX, 1, LOCK_READ_WAIT, RAW_MS(6), 0),
	};
	struct store *s = analyze_two(NULL, 0, two, LENGTH(two));

	(void)state;
	assert_text(s, "SELECT kind || ' ' || flags FROM lock", "rwlock prefer-writer");
	assert_answer(s, "SELECT wait_ns FROM lock_wait WHERE reading = 1", 6000000);
	assert_answer(s, "SELECT wait_ns FROM lock_wait WHERE reading = 0", 2000000);
	assert_answer(s, "SELECT read_wait_ns FROM lock", 6000000);
	assert_answer(s, "SELECT read_contended FROM lock", 5);
	assert_answer(s, "SELECT read_acquisitions FROM lock", 5);
	assert_answer(s, "SELECT acquisitions FROM lock", 13);
	store_close(s);
}

/* Waiting for work is no lock wait, whatever the object. */
static void test_blocked(void **state)
{
	const struct event two[] = {
		ev_lock(MS(1), EVENT_LOCK, MUTEX, 1, LOCK_ABOUT(LOCK_COND, 0, 0), 2),
		ev_lock(MS(1), EVENT_LOCK, OTHER, 1, LOCK_ABOUT(LOCK_FUTEX, 0, 0), 2),
		ev_context(MS(8), 0, 0, WAIT_TIMED | WAIT_TIMED_OUT),
		ev_lock(MS(8), EVENT_BLOCKED, MUTEX, 1, RAW_MS(5), 3),
		ev_context(MS(9), 0, 0, 0),
		ev_lock(MS(9), EVENT_BLOCKED, OTHER, 1, RAW_MS(1), 3),
		ev_total(MS(10), MUTEX, 1, LOCK_ACQUISITIONS, 3, 0), /* signals */
		ev_total(MS(10), MUTEX, 1, LOCK_BROADCASTS, 2, 0),
		ev_total(MS(10), MUTEX, 1, LOCK_WOKEN_IN_VAIN, 1, 0),
		ev_total(MS(10), MUTEX, 1, LOCK_WAITS, 1, 0),
		ev_total(MS(10), MUTEX, 1, LOCK_TIMEOUTS, 1, 0),
		ev_total(MS(10), MUTEX, 1, LOCK_WAIT, RAW_MS(5), 0),
		ev_total(MS(10), OTHER, 1, LOCK_WAITS, 1, 0),
		ev_total(MS(10), OTHER, 1, LOCK_WAIT, RAW_MS(1), 0),
	};
	struct store *s = analyze_two(NULL, 0, two, LENGTH(two));

	(void)state;
	assert_answer(s, "SELECT contended + wait_ns FROM process", 0);
	assert_answer(s, "SELECT blocked_ns FROM process", 6000000);
	assert_answer(s, "SELECT count(*) FROM lock_wait WHERE class = 22", 2);
	assert_answer(s, "SELECT timeouts FROM lock WHERE kind = 'cond'", 1);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE kind = 'cond'", 3);
	assert_answer(s, "SELECT broadcasts FROM lock WHERE kind = 'cond'", 2);
	assert_answer(s, "SELECT woken_in_vain FROM lock WHERE kind = 'cond'", 1);
	assert_answer(s, "SELECT count(*) FROM lock WHERE hold_ns IS NOT NULL OR hold_max_ns IS NOT NULL", 0);
	assert_answer(s, "SELECT blocked_ns FROM (SELECT sum(wait_ns) AS blocked_ns FROM lock WHERE kind = 'futex')", 1000000);
	store_close(s);
}

/* A last event without its context, one whose context came before the thread allocated, and one left alone. */
static void test_broken_groups(void **state)
{
	const struct event two[] = {
		ev_lock(MS(1), EVENT_LOCK, MUTEX, 1, LOCK_ABOUT(LOCK_MUTEX, 0, 0), 2),
		ev_lock(MS(2), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 3),
		ev_context(MS(8), RAW_MS(3), 4711, WAIT_TIMED_OUT),
		ev_lock(MS(8), EVENT_SAMPLED, 0, 0, RAW_MS(100), 0),
		ev(MS(8), EVENT_MALLOC, 0x9000, 8, 2),
		ev_lock(MS(9), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 3),
		ev_lock(MS(10), EVENT_RELEASE, MUTEX, 1, RAW_MS(1), 3),
		ev_lock(MS(10), EVENT_HOLDING, MUTEX, 1, 0, 3),
		ev_context(MS(11), 0, 0, 0),
		ev_lock(MS(11), EVENT_ORDER, OTHER, 1, 0, 3),
		ev_context(MS(12), 0, 0, 0),
	};
	struct store *s = analyze_two(NULL, 0, two, LENGTH(two));

	(void)state;
	assert_answer(s, "SELECT waits FROM lock", 2);
	assert_answer(s, "SELECT wait_ns FROM lock", 2000000);
	assert_answer(s, "SELECT timeouts FROM lock", 0);
	assert_answer(s, "SELECT sum(owner_id) FROM lock_wait", 0);
	assert_answer(s, "SELECT count(*) FROM lock_wait WHERE slice = 9", 1);
	assert_answer(s, "SELECT caused_wait_ns FROM lock_hold", 1000000);
	assert_answer(s, "SELECT count(*) FROM lock_order", 0);
	store_close(s);
}

/* A tid is that of the thread which had it when the wait began; another process has threads of its own. */
static void test_owner_by_time(void **state)
{
	const struct event waits[] = {
		ev_context(MS(3), 0, 99, 0),
		ev_lock(MS(3), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 2), /* began at 2 */
		ev_context(MS(9), 0, 99, 0),
		ev_lock(MS(9), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 3),
		ev_context(MS(10), 0, 98, 0),
		ev_lock(MS(10), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 4),
	};
	struct trace_writer w;
	uint32_t process;
	struct store *s;

	(void)state;
	begin(&w, 1);
	writer_thread(&w, MS(1), 1, 99); /* 2 */
	writer_thread(&w, MS(7), 1, 99); /* 3 */
	process = writer_process(&w, MS(1), 5000, 1);
	writer_thread(&w, MS(2), process, 98);
	writer_events(&w, 1, waits, LENGTH(waits));
	finish(&w, MS(20));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT owner_id FROM lock_wait WHERE stack_id = 1", 2);
	assert_answer(s, "SELECT owner_id FROM lock_wait WHERE stack_id = 2", 3);
	assert_answer(s, "SELECT owner_id FROM lock_wait WHERE stack_id = 3", 0);
	store_close(s);
	writer_release(&w);
}

/* Waits without a stack have one that says so. */
static void test_no_stack(void **state)
{
	const struct event two[] = { ev_lock(MS(2), EVENT_WAIT, MUTEX, 1, RAW_MS(1), 0) };
	struct store *s = analyze_two(NULL, 0, two, LENGTH(two));

	(void)state;
	assert_answer(s, "SELECT count(*) FROM lock_wait JOIN stack ON stack.id = stack_id JOIN frames USING (frame_id)"
	                 " WHERE function = '[unknown]'", 1);
	assert_answer(s, "SELECT count(*) FROM lock WHERE first_stack_id IS NULL AND name <> ''", 1);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_wait, setup),        cmocka_unit_test_setup(test_sampled, setup),
		cmocka_unit_test_setup(test_no_counters, setup),     cmocka_unit_test_setup(test_late_counters, setup),
		cmocka_unit_test_setup(test_not_recorded, setup),    cmocka_unit_test_setup(test_reading, setup),
		cmocka_unit_test_setup(test_blocked, setup),         cmocka_unit_test_setup(test_broken_groups, setup),
		cmocka_unit_test_setup(test_owner_by_time, setup),   cmocka_unit_test_setup(test_no_stack, setup),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
