/* SPDX-License-Identifier: MIT
 *
 * Chains of reallocations, and the sample of what the allocator gave: by hand-written traces whose answer is known.
 */
#include "tests/unit/ingest_fixture.h"

/* A realloc: two events. */
#define RESIZED(tick, from, to, size, stack) \
	ev(tick, EVENT_REALLOC_FREE, from, 0, stack), ev(tick, EVENT_REALLOC_ALLOC, to, size, stack)

static struct store *analyze_one(const struct event *events, size_t n)
{
	struct trace_writer w;
	struct store *s;

	begin(&w, 1);
	writer_events(&w, 1, events, n);
	finish(&w, MS(100));
	s = analyze(&w, NULL);
	check_sums(s);
	writer_release(&w);
	return s;
}

#define GROWTH "SELECT group_concat(chains || ',' || steps || ',' || max_steps || ',' || copied_bytes || ',' || final_p50 || ',' ||" \
	" final_p90, ' ') FROM (SELECT growth.* FROM growth JOIN stack ON stack.id = stack_id JOIN frame ON frame.id = frame_id" \
	" ORDER BY process_id, depth, address)"

static void test_one_chain(void **state)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 8, 2),
		RESIZED(MS(2), 0x1000, 0x2000, 16, 3), /* copies 8 */
		RESIZED(MS(3), 0x2000, 0x3000, 32, 3), /* copies 16 */
		RESIZED(MS(4), 0x3000, 0x3000, 64, 3), /* in place */
		RESIZED(MS(5), 0x3000, 0x4000, 20, 2), /* copies what is left: 20 */
		ev(MS(6), EVENT_FREE, 0x4000, 0, 4),
	};
	struct store *s = analyze_one(events, LENGTH(events));

	(void)state;
	assert_text(s, GROWTH, "1,4,4,44,20,20");
	assert_text(s, "SELECT name FROM growth JOIN stack ON stack.id = stack_id JOIN frame ON frame.id = frame_id"
	               " JOIN function ON function.id = function_id", "libx.so+0x1000");
	store_close(s);
}

/* A chain goes on where its last block is resized, whoever else has lived at its address. */
static void test_chains_are_told_apart(void **state)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2),
		RESIZED(MS(2), 0x1000, 0x2000, 20, 2), /* the first chain: one step, then freed */
		ev(MS(3), EVENT_FREE, 0x2000, 0, 2),
		ev(MS(3), EVENT_MALLOC, 0x2000, 20, 2), /* not of a chain */
		RESIZED(MS(4), 0x2000, 0x2000, 30, 2), /* the second: two steps, the last from another place */
		RESIZED(MS(5), 0x2000, 0x2000, 40, 3),
		ev(MS(6), EVENT_FREE, 0x2000, 0, 2),
		ev(MS(6), EVENT_MALLOC, 0x1000, 5, 2),
		RESIZED(MS(7), 0x1000, 0x2000, 50, 3), /* the third, alive in the end */
		ev(MS(8), EVENT_MALLOC, 0x1000, 5, 2), /* never resized */
	};
	struct store *s = analyze_one(events, LENGTH(events));

	(void)state;
	assert_text(s, GROWTH, "1,1,1,10,20,20 2,3,2,5,40,50");
	store_close(s);
}

/* Both halves have to be there, one directly after the other. */
static void test_halves(void **state)
{
	const struct event events[] = {
		RESIZED(MS(1), 0x9000, 0x1000, 100, 2), /* of a block that was there before the recording */
		ev(MS(2), EVENT_REALLOC_FREE, 0x1000, 0, 2),
		ev(MS(2), EVENT_MALLOC, 0x8000, 1, 2), /* cannot be */
		ev(MS(3), EVENT_REALLOC_ALLOC, 0x2000, 200, 2),
		ev(MS(4), EVENT_REALLOC_FREE, 0x2000, 0, 2),
		ev(MS(4), EVENT_FREE, 0x8000, 0, 2),
		ev(MS(5), EVENT_REALLOC_ALLOC, 0x3000, 300, 2),
		ev(MS(6), EVENT_REALLOC_FREE, 0x3000, 0, 2),
		ev(MS(6), EVENT_REALLOC_FREE, 0x7000, 0, 2),
		ev(MS(6), EVENT_REALLOC_ALLOC, 0x4000, 400, 2),
		ev(MS(7), EVENT_REALLOC_FREE, 0x4000, 0, 2), /* and the end */
	};
	struct store *s = analyze_one(events, LENGTH(events));

	(void)state;
	assert_text(s, GROWTH, "4,4,1,0,200,400");
	store_close(s);
}

/* Neither a block's end nor another thread's events nor locks come between the halves of a step. */
static void test_between_the_halves(void **state)
{
	const struct event first[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2),
		ev(MS(2), EVENT_REALLOC_FREE, 0x1000, 0, 2),
	}, second[] = {
		ev_lock(MS(4), EVENT_LOCK_END, 0x2000, 1, 0, 0),
		ev(MS(4), EVENT_REALLOC_ALLOC, 0x2000, 20, 2),
	}, other[] = {
		ev(MS(3), EVENT_MALLOC, 0x1000, 1000, 3),
		ev(MS(3), EVENT_FREE, 0x1000, 0, 3),
		RESIZED(MS(5), 0x2000, 0x3000, 30, 3), /* the other's block */
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_events(&w, 1, first, LENGTH(first));
	writer_events(&w, 2, other, LENGTH(other));
	writer_events(&w, 1, second, LENGTH(second));
	finish(&w, MS(100));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_text(s, GROWTH, "1,2,2,30,30,30");
	store_close(s);
	writer_release(&w);
}

/* Threads whose stamps do not tell who was first: one resizes a block in place, the other frees it in the same tick. */
static void test_unclear_order(void **state)
{
	const struct event mine[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2),
		RESIZED(MS(2), 0x1000, 0x1000, 20, 2),
		RESIZED(MS(3), 0x1000, 0x1000, 30, 2),
		ev(MS(9), EVENT_MALLOC, 0x5000, 1, 2),
	}, other[] = {
		ev(MS(3) - 1, EVENT_FREE, 0x1000, 0, 3), /* before the second step, by its stamp */
		ev(MS(9), EVENT_MALLOC, 0x6000, 1, 3),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_events(&w, 1, mine, LENGTH(mine));
	writer_events(&w, 2, other, LENGTH(other));
	finish(&w, MS(100));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_answer(s, "SELECT sum(steps) FROM growth", 2);
	assert_answer(s, "SELECT sum(copied_bytes) FROM growth", 0);
	assert_answer(s, "SELECT leaked_allocations + implied_frees FROM process", 2);
	store_close(s);
	writer_release(&w);
}

static void test_processes(void **state)
{
	const struct event first[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 10, 2),
		RESIZED(MS(2), 0x1000, 0x2000, 20, 2),
	}, second[] = {
		RESIZED(MS(3), 0x1000, 0x2000, 20, 2), /* the parent's block, which this trace does not follow here */
		RESIZED(MS(4), 0x2000, 0x3000, 40, 2),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 1);
	writer_process(&w, MS(2), 4712, 1);
	writer_thread(&w, MS(2), 2, 4712);
	writer_events(&w, 1, first, LENGTH(first));
	writer_events(&w, 2, second, LENGTH(second));
	finish(&w, MS(100));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_text(s, GROWTH, "1,1,1,10,20,20 1,2,2,20,40,40");
	store_close(s);
	writer_release(&w);
}

/* Thousands of chains, most of them over: the table is renewed again and again, and no step is lost. The last ones live. */
static void test_many_chains(void **state)
{
	enum { CHAINS = 4000, LIVE = 1000, EVENTS = CHAINS * 6 - LIVE };
	struct event *events = calloc(EVENTS, sizeof(*events));
	size_t n = 0;
	struct store *s;

	(void)state;
	for (uint64_t i = 0; i < CHAINS; i++) {
		uint64_t tick = MS(1) + i, address = 0x10000 + i * 4096;
		const struct event steps[] = {
			ev(tick, EVENT_MALLOC, address, 1, 2),
			RESIZED(tick, address, address + 1024, 500, 3),
			RESIZED(tick, address + 1024, address + 1024, 1001 + i % 1000, 2),
			ev(tick, EVENT_FREE, address + 1024, 0, 2),
		};
		size_t count = LENGTH(steps) - (i >= CHAINS - LIVE);

		memcpy(events + n, steps, count * sizeof(*events));
		n += count;
	}
	assert_int_equal(n, EVENTS);
	s = analyze_one(events, n);
	/* 1001 to 1023 in one power of two, 1024 to 2000 in the next: evenly spread, so that the estimate is good to a byte */
	assert_text(s, "SELECT chains || ' ' || steps || ' ' || max_steps || ' ' || copied_bytes FROM growth", "4000 8000 2 4000");
	assert_answer(s, "SELECT abs(final_p50 - 1500) <= 1 AND abs(final_p90 - 1900) <= 1 FROM growth", 1);
	store_close(s);
	free(events);
}

/* Few sizes are exact; sizes are of all magnitudes. */
static void test_final_sizes(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 3, 100, 1ull << 40, 1ull << 40, 4096, 4096, 4096, 4096 };
	struct event events[LENGTH(sizes) * 3];
	struct store *s;

	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		const struct event steps[] = {
			ev(MS(1) + i, EVENT_MALLOC, 0x1000 + i * 64, 10, 2),
			RESIZED(MS(1) + i, 0x1000 + i * 64, 0x1000 + i * 64, sizes[i], 2),
		};

		memcpy(events + i * 3, steps, sizeof(steps));
	}
	s = analyze_one(events, LENGTH(events));
	assert_text(s, GROWTH, "10,10,1,0,4096,1099511627776");
	store_close(s);
}

/* --- slack ----------------------------------------------------------------------------------- */

#define SLACK "SELECT group_concat(depth || ':' || blocks || ',' || requested_bytes || ',' || usable_bytes, ' ')" \
	" FROM (SELECT slack.*, depth FROM slack JOIN stack ON stack.id = stack_id ORDER BY process_id, depth, stack_id)"

static void test_slack(void **state)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 100, 2),
		ev(MS(1), EVENT_USABLE, 0x1000, 104, 0),
		ev(MS(2), EVENT_MALLOC, 0x2000, 50, 2),
		ev(MS(2), EVENT_USABLE, 0x2000, 56, 0),
		RESIZED(MS(3), 0x2000, 0x2000, 0, 4),
		ev(MS(3), EVENT_USABLE, 0x2000, 24, 0),
		ev(MS(4), EVENT_USABLE, 0x3000, 24, 0),     /* nothing lives there */
		ev(MS(5), EVENT_USABLE, 0x1000, 99, 0),     /* less than was asked for */
		ev(MS(5), EVENT_USABLE, 0x1000, UINT64_MAX, 0), /* more than there is */
	};
	struct store *s = analyze_one(events, LENGTH(events));

	(void)state;
	assert_text(s, SLACK, "1:2,150,160 2:1,0,24");
	store_close(s);
}

/* What another thread has made there since is not what was asked about. */
static void test_slack_of_others(void **state)
{
	const struct event mine[] = {
		ev(MS(1), EVENT_MALLOC, 0x1000, 100, 2),
		ev(MS(3), EVENT_USABLE, 0x1000, 104, 0),
	}, other[] = {
		ev(MS(2), EVENT_FREE, 0x1000, 0, 3),
		ev(MS(2), EVENT_MALLOC, 0x1000, 10, 3),
		ev(MS(4), EVENT_USABLE, 0x1000, 24, 0),
	};
	struct trace_writer w;
	struct store *s;

	(void)state;
	begin(&w, 2);
	writer_events(&w, 1, mine, LENGTH(mine));
	writer_events(&w, 2, other, LENGTH(other));
	finish(&w, MS(100));
	s = analyze(&w, NULL);
	check_sums(s);
	assert_text(s, SLACK, "1:1,10,24");
	store_close(s);
	writer_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_chain, setup),
		cmocka_unit_test_setup(test_chains_are_told_apart, setup),
		cmocka_unit_test_setup(test_halves, setup),
		cmocka_unit_test_setup(test_between_the_halves, setup),
		cmocka_unit_test_setup(test_unclear_order, setup),
		cmocka_unit_test_setup(test_processes, setup),
		cmocka_unit_test_setup(test_many_chains, setup),
		cmocka_unit_test_setup(test_final_sizes, setup),
		cmocka_unit_test_setup(test_slack, setup),
		cmocka_unit_test_setup(test_slack_of_others, setup),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
