/* SPDX-License-Identifier: MIT
 *
 * Lives of locks and what they are counted: generations that wrap around, announcements that come late or never, counters
 * that are told again, in another order, after the life they belong to; holds, histograms, and the order of locks.
 */
#include "analyzer/ingest/lock_cycle.h"
#include "analyzer/ingest/lock_life.h"
#include "tests/unit/ingest_fixture.h"

#define RAW_MS(n) WRITER_RAW((n) * 1000000ull)
#define A 0x5000u
#define B 0x6000u
#define C 0x7000u
#define ABOUT_MUTEX LOCK_ABOUT(LOCK_MUTEX, 0, 0)

static struct store *analyze_one(const struct event *events, size_t count)
{
	struct trace_writer w;
	struct store *s;

	begin(&w, 1);
	writer_events(&w, 1, events, count);
	finish(&w, MS(20));
	s = analyze(&w, NULL);
	check_sums(s);
	writer_release(&w);
	return s;
}

/* --- lives ----------------------------------------------------------------------------------- */

/* Three lives: the first ends by being destroyed, the second when the third begins. Counters come when all is over. */
static void test_lives(void **state)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MALLOC, 0x4f00, 0x200, 3),
		ev_lock(MS(2), EVENT_LOCK, A, 7, ABOUT_MUTEX, 2),
		ev_lock(MS(3), EVENT_LOCK_END, A, 8, 0, 0),
		ev_lock(MS(4), EVENT_LOCK, A, 8, LOCK_ABOUT(LOCK_RWLOCK, 0, 0), 3),
		ev(MS(5), EVENT_FREE, 0x4f00, 0, 3),
		ev_lock(MS(6), EVENT_LOCK, A, 9, LOCK_ABOUT(LOCK_SPIN, 0, 0), 4),
		ev_total(MS(7), A, 7, LOCK_ACQUISITIONS, 70, 0),
		ev_total(MS(7), A, 9, LOCK_ACQUISITIONS, 90, 0),
		ev_total(MS(7), A, 8, LOCK_ACQUISITIONS, 80, 0),
		ev_total(MS(8), A, 7, LOCK_ACQUISITIONS, 77, 0),
	};
	struct store *s = analyze_one(events, LENGTH(events));

	(void)state;
	assert_answer(s, "SELECT count(*) FROM lock", 3);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE life = 1 AND kind = 'mutex'", 77);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE life = 2 AND kind = 'rwlock'", 80);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE life = 3 AND kind = 'spin'", 90);
	assert_answer(s, "SELECT end_ns FROM lock WHERE life = 1", 3000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT end_ns FROM lock WHERE life = 2", 6000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT end_ns IS NULL FROM lock WHERE life = 3", 1);
	assert_answer(s, "SELECT block_stack_id FROM lock WHERE life = 1", 2);
	assert_answer(s, "SELECT block_offset FROM lock WHERE life = 1", 0x100);
	assert_answer(s, "SELECT block_stack_id IS NULL AND block_offset IS NULL FROM lock WHERE life = 3", 1);
	store_close(s);
}

/* More lives than a generation can count. A thread that used each of the last 30,000 tells them all at its end. */
static void test_generations_wrap(void **state)
{
	enum { LIVES = 200000, LATE = 30000 };
	struct event *events = calloc(LIVES + LATE, sizeof(*events));
	struct trace_writer w;
	struct store *s;

	(void)state;
	assert_non_null(events);
	for (unsigned i = 0; i < LIVES; i++)
		events[i] = ev_lock(10 + i, EVENT_LOCK, A, (uint16_t)(i + 40000), ABOUT_MUTEX, 2);
	for (unsigned i = 0; i < LATE; i++)
		events[LIVES + i] = ev_total(10 + LIVES, A, (uint16_t)(LIVES - 1 - i + 40000), LOCK_ACQUISITIONS, i + 1, 0);
	begin(&w, 1);
	for (size_t i = 0; i < LIVES + LATE; i += BLOCK_MAX_EVENTS) {
		size_t left = LIVES + LATE - i;

		writer_events(&w, 1, events + i, left < BLOCK_MAX_EVENTS ? left : BLOCK_MAX_EVENTS);
	}
	finish(&w, MS(100));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT count(*) FROM lock", LIVES);
	assert_answer(s, "SELECT max(life) FROM lock", LIVES);
	assert_answer(s, "SELECT count(*) FROM lock WHERE end_ns IS NULL", 1);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE life = 200000", 1);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE life = 170001", 30000);
	assert_answer(s, "SELECT sum(acquisitions) FROM lock", (int64_t)LATE * (LATE + 1) / 2);
	store_close(s);
	writer_release(&w);
	free(events);
}

/* The second user's events come before the announcement by a tick, the end of the life before even later. */
static void test_told_late(void **state)
{
	const struct event one[] = {
		ev_lock(MS(1), EVENT_LOCK, A, 1, ABOUT_MUTEX, 2),
		ev_lock(MS(3) + 1, EVENT_LOCK, A, 2, LOCK_ABOUT(LOCK_MUTEX, LOCK_RECURSIVE, 0), 3),
		ev_lock(MS(3) + 2, EVENT_LOCK_END, A, 2, 0, 0),
		ev_lock(MS(3) + 3, EVENT_LOCK, A, 1, LOCK_ABOUT(LOCK_SPIN, 0, 0), 3),
	};
	const struct event two[] = {
		ev_lock(MS(3), EVENT_WAIT, A, 2, RAW_MS(1), 4),
		ev_lock(MS(4), EVENT_WAIT, A, 1, RAW_MS(1), 4), /* published late */
		ev_lock(MS(5), EVENT_WAIT, B, 3, RAW_MS(1), 4), /* its announcement was lost */
		ev_lock(MS(6), EVENT_LOCK_END, B, 4, 0, 0),
		ev_lock(MS(6), EVENT_BLOCKED, C, 1, RAW_MS(1), 4),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_events(&w, 1, one, LENGTH(one));
	writer_events(&w, 2, two, LENGTH(two));
	finish(&w, MS(20));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT count(*) FROM lock", 4);
	assert_answer(s, "SELECT waits FROM lock WHERE address = 0x5000 AND life = 1 AND kind = 'mutex'", 1);
	assert_answer(s, "SELECT waits FROM lock WHERE address = 0x5000 AND life = 2 AND flags = 'recursive'", 1);
	assert_answer(s, "SELECT first_stack_id FROM lock WHERE address = 0x5000 AND life = 2", 2);
	assert_answer(s, "SELECT end_ns FROM lock WHERE address = 0x5000 AND life = 1", 3000100 - WRITER_TICK_NS);
	assert_answer(s, "SELECT end_ns FROM lock WHERE address = 0x6000 AND kind = 'mutex'", 6000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT count(*) FROM lock WHERE address = 0x7000 AND kind = 'cond'", 1);
	store_close(s);
	writer_release(&w);
}

/* Ends of what was never seen: of many addresses, before anything else is known of them. */
static void test_ends_alone(void **state)
{
	struct event events[200];
	struct store *s;

	(void)state;
	for (unsigned i = 0; i < LENGTH(events); i++)
		events[i] = ev_lock(MS(1) + i, i % 2 ? EVENT_LOCK : EVENT_LOCK_END, A + i / 2 * 64, 3, ABOUT_MUTEX, 2);
	s = analyze_one(events, LENGTH(events));
	assert_answer(s, "SELECT count(*) FROM lock WHERE end_ns IS NULL AND life = 1", 100);
	store_close(s);
}

/* Wherever threads' descriptors lie, joining them is one thing; one is waited for before it is known what that was. */
static void test_joins(void **state)
{
	const struct event events[] = {
		ev_lock(MS(1), EVENT_LOCK, A, 1, LOCK_ABOUT(LOCK_JOIN, 0, 0), 2),
		ev_lock(MS(2), EVENT_BLOCKED, A, 1, RAW_MS(1), 4),
		ev_lock(MS(2), EVENT_BLOCKED, B, 1, RAW_MS(1), 4),
		ev_total(MS(2), B, 1, LOCK_WAITS, 1, 0),
		ev_total(MS(2), B, 1, LOCK_WAIT, RAW_MS(1), 0),
		ev_lock(MS(2), EVENT_LOCK, B, 1, LOCK_ABOUT(LOCK_JOIN, 0, 0), 2),
		ev_lock(MS(3), EVENT_LOCK, A, 2, ABOUT_MUTEX, 2),
		ev_total(MS(3), A, 1, LOCK_WAITS, 1, 0),
		ev_total(MS(3), A, 1, LOCK_WAIT, RAW_MS(1), 0),
		ev_total(MS(4), B, 1, LOCK_WAITS, 3, 0),
		ev_total(MS(4), B, 1, LOCK_WAIT, RAW_MS(4), 0),
	};
	struct store *s = analyze_one(events, LENGTH(events));

	(void)state;
	assert_answer(s, "SELECT count(*) FROM lock", 2);
	assert_answer(s, "SELECT count(*) FROM lock WHERE kind = 'join' AND name = 'pthread_join' AND address = 0 AND life = 1", 1);
	assert_answer(s, "SELECT waits FROM lock WHERE kind = 'join'", 4);
	assert_answer(s, "SELECT blocked_ns FROM process", 5000000);
	assert_answer(s, "SELECT life FROM lock WHERE kind = 'mutex'", 2);
	store_close(s);
}

/* A forked child goes on with its parent's generations, and its locks are its own. */
static void test_fork(void **state)
{
	const struct event parent[] = {
		ev_lock(MS(1), EVENT_LOCK, A, 5, ABOUT_MUTEX, 2),
		ev_total(MS(9), A, 5, LOCK_ACQUISITIONS, 5, 0),
	};
	const struct event child[] = {
		ev_lock(MS(4), EVENT_LOCK, A, 5, ABOUT_MUTEX, 3),
		ev_lock(MS(5), EVENT_LOCK_END, A, 6, 0, 0),
		ev_total(MS(9), A, 5, LOCK_ACQUISITIONS, 7, 0),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 1);
	writer_thread(&w, MS(3), writer_process(&w, MS(3), 4712, 1), 4712);
	writer_events(&w, 1, parent, LENGTH(parent));
	writer_events(&w, 2, child, LENGTH(child));
	finish(&w, MS(20));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE process_id = 1 AND end_ns IS NULL", 5);
	assert_answer(s, "SELECT acquisitions FROM lock WHERE process_id = 2 AND end_ns IS NOT NULL AND life = 1", 7);
	store_close(s);
	writer_release(&w);
}

/* --- counters -------------------------------------------------------------------------------- */

/* Told again, in the wrong order, in another round, after it has begun, and by another thread. */
static void test_rounds(void **state)
{
	const struct event one[] = {
		ev_lock(MS(1), EVENT_LOCK, A, 1, ABOUT_MUTEX, 2),
		ev_total(MS(2), A, 1, LOCK_ACQUISITIONS, 100, 254),
		ev_total(MS(2), A, 1, LOCK_ACQUISITIONS, 60, 254), /* older */
		ev_total(MS(3), A, 1, LOCK_ACQUISITIONS, 130, 254),
		ev_total(MS(4), A, 1, LOCK_ACQUISITIONS, 10, 255),
		ev_total(MS(4), A, 1, LOCK_ACQUISITIONS, 150, 254), /* the ring's, behind the collector's */
		ev_total(MS(5), A, 1, LOCK_ACQUISITIONS, 11, 255),
		ev_total(MS(6), A, 1, LOCK_ACQUISITIONS, 1000, 0),
		ev_total(MS(7), A, 1, LOCK_MAX_WAITERS, 3, 0),
		ev_total(MS(7), A, 1, LOCK_MAX_WAITERS, 2, 1),
		ev_total(MS(7), A, 1, (enum lock_total)LOCK_TOTALS, 9, 1), /* unknown */
	};
	const struct event two[] = {
		ev_total(MS(2), A, 1, LOCK_ACQUISITIONS, 10000, 0),
		ev_total(MS(2), A, 1, LOCK_MAX_WAITERS, 4, 0),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_events(&w, 1, one, LENGTH(one));
	writer_events(&w, 2, two, LENGTH(two));
	finish(&w, MS(20));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT acquisitions FROM lock", 150 + 11 + 1000 + 10000);
	assert_answer(s, "SELECT max_waiters FROM lock", 4);
	store_close(s);
	writer_release(&w);
}

/* Ten holds of which two are known to the full and four stand for the rest: a mean of 3 ms each. */
static void test_holds(void **state)
{
	const struct event events[] = {
		ev_lock(MS(1), EVENT_LOCK, A, 1, ABOUT_MUTEX, 2),
		ev_total(MS(2), A, 1, LOCK_ACQUISITIONS, 10, 0),
		ev_total(MS(2), A, 1, LOCK_HELD_COUNT, 2, 0),
		ev_total(MS(2), A, 1, LOCK_HELD_TIME, RAW_MS(5), 0),
		ev_total(MS(2), A, 1, LOCK_HELD_MAX, RAW_MS(4), 0),
		ev_total(MS(2), A, 1, LOCK_SAMPLED_COUNT, 1, 0),
		ev_total(MS(2), A, 1, LOCK_SAMPLED_WEIGHT, 4, 0),
		ev_total(MS(2), A, 1, LOCK_SAMPLED_TIME, RAW_MS(12), 0),
		ev_total(MS(2), A, 1, LOCK_HOLD_BUCKET, 2, 0),
		ev_total(MS(2), A, 1, (enum lock_total)(LOCK_HOLD_BUCKET + 3), 3, 0),
		ev_total(MS(2), A, 1, (enum lock_total)(LOCK_HOLD_BUCKET + LOCK_BUCKETS - 1), 4, 0),
		ev_lock(MS(3), EVENT_LOCK, B, 1, ABOUT_MUTEX, 2),
		ev_total(MS(3), B, 1, LOCK_ACQUISITIONS, 10, 0),
	};
	struct store *s = analyze_one(events, LENGTH(events));

	(void)state;
	assert_answer(s, "SELECT hold_ns FROM lock WHERE address = 0x5000", 5000000 + 8 * 3000000);
	assert_answer(s, "SELECT hold_measured FROM lock WHERE address = 0x5000", 3);
	assert_answer(s, "SELECT hold_ns IS NULL AND hold_max_ns IS NULL FROM lock WHERE address = 0x6000", 1);
	assert_answer(s, "SELECT hold_measured FROM lock WHERE address = 0x6000", 0);
	assert_answer(s, "SELECT count FROM lock_histogram WHERE kind = 'hold' AND low = 0 AND high = 12", 2); /* 32 units */
	assert_answer(s, "SELECT count FROM lock_histogram WHERE kind = 'hold' AND low = 50 AND high = 100", 3); /* 128 .. 256 */
	assert_answer(s, "SELECT count FROM lock_histogram WHERE kind = 'hold' AND high IS NULL", 4);
	assert_answer(s, "SELECT count(*) FROM lock_histogram WHERE kind = 'wait'", 0);
	store_close(s);
}

/* --- order ----------------------------------------------------------------------------------- */

static void edge(struct event *e, uint64_t tick, uint64_t held, uint32_t held_stack, uint64_t asked, uint32_t stack)
{
	e[0] = ev_lock(tick, EVENT_HOLDING, held, 1, 0, held_stack);
	e[1] = ev_lock(tick, EVENT_ORDER, asked, 1, 0, stack);
}

static void test_order(void **state)
{
	struct event events[12];
	struct store *s;

	(void)state;
	edge(&events[0], MS(1), A, 0, B, 3);  /* told again with a stack */
	edge(&events[2], MS(2), A, 2, B, 3);
	edge(&events[4], MS(3), A, 2, B, 3);  /* known */
	edge(&events[6], MS(4), B, 4, C, 0);
	edge(&events[8], MS(5), B, 4, A, 2);  /* the contrary */
	edge(&events[10], MS(6), A, 2, A, 2); /* to itself */
	s = analyze_one(events, LENGTH(events));
	assert_answer(s, "SELECT count(*) FROM lock_order", 3);
	assert_answer(s, "SELECT count(*) FROM lock_order o JOIN lock h ON h.id = held_lock_id JOIN lock l ON l.id = lock_id"
	                 " WHERE h.address = 0x5000 AND l.address = 0x6000 AND held_stack_id = 1 AND stack_id = 2 AND cycle = 1", 1);
	assert_answer(s, "SELECT start_ns FROM lock_order WHERE held_stack_id = 1", 2000000 - WRITER_TICK_NS);
	assert_answer(s, "SELECT count(*) FROM lock_order WHERE held_stack_id = 3 AND stack_id = 1 AND cycle = 1", 1);
	assert_answer(s, "SELECT cycle FROM lock_order WHERE stack_id IS NULL", 0);
	store_close(s);
}

/* Two rings, a bridge between them, a tail; and a chain longer than any call stack. */
static void test_cycles(void **state)
{
	enum { CHAIN = 300000 };
	struct order_cell rings[] = {
		{ .held = 1, .life = 2 }, { .held = 2, .life = 3 }, { .held = 3, .life = 4 }, { .held = 4, .life = 5 },
		{ .held = 5, .life = 3 }, { .held = 2, .life = 1 }, { .held = 5, .life = 9 }, { .held = 2, .life = 1 },
	};
	struct order_cell *chain = calloc(CHAIN, sizeof(*chain));
	static const uint32_t expected[] = { 1, 0, 2, 2, 2, 1, 0, 1 };

	(void)state;
	assert_int_equal(lock_cycles(rings, LENGTH(rings)), LENGTH(rings));
	for (size_t i = 0; i < LENGTH(rings); i++)
		assert_int_equal(rings[i].cycle, expected[i]);
	assert_non_null(chain);
	for (uint32_t i = 0; i < CHAIN; i++)
		chain[i] = (struct order_cell){ .held = i + 1, .life = i + 2 };
	assert_int_equal(lock_cycles(chain, CHAIN), CHAIN);
	assert_int_equal(chain[CHAIN / 2].cycle, 0);
	chain[CHAIN - 1].life = 1;
	assert_int_equal(lock_cycles(chain, CHAIN), CHAIN);
	assert_int_equal(chain[CHAIN / 2].cycle, 1);
	assert_int_equal(lock_cycles(chain, 0), 0);
	free(chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lives, setup),     cmocka_unit_test_setup(test_generations_wrap, setup),
		cmocka_unit_test_setup(test_told_late, setup), cmocka_unit_test_setup(test_joins, setup),
		cmocka_unit_test_setup(test_fork, setup),      cmocka_unit_test_setup(test_rounds, setup),
		cmocka_unit_test_setup(test_holds, setup),     cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test(test_cycles),                 cmocka_unit_test_setup(test_ends_alone, setup),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
