/* SPDX-License-Identifier: MIT
 *
 * Figures of locks that must add up whatever comes: shares of random rows, waits of two classes on one futex, and traces
 * that say what cannot be.
 */
#include "analyzer/ingest/lock_figure.h"
#include "analyzer/ingest/wait_share.h"
#include "tests/unit/ingest_fixture.h"

static uint64_t state_of_random = 88172645463325252ull;

static uint64_t draw(uint64_t limit)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return state_of_random % limit;
}

/* 100 ns a tick of 256 units. */
static const struct timebase base = { .tick_ns = 100ull << 32, .tick_shift = 8, .slices = 1, .last = 1u << 30 };

/* --- shares ---------------------------------------------------------------------------------- */

#define ROWS 40

struct sums {
	uint64_t events, time, waits, shared_time, ns;
};

static struct sums rows_draw(struct wait_row *rows, size_t count)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct wait_cell *c = &rows[i].cell;

		rows[i] = (struct wait_row){ .class = WAIT_CLASS_LOCK };
		c->events = 1 + draw(5);
		c->weight = c->events * WAIT_ONE + (draw(2) ? draw(100000) : 0);
		c->time = draw(1000000);
		c->max = c->time;
		c->extra = draw(2) ? draw(1000000) : 0;
		c->timeouts = draw(c->events + 1);
		c->timeouts_weight = c->timeouts * WAIT_ONE;
		c->reading = (uint32_t)draw(2);
		s.events += c->events;
		s.time += c->time;
	}
	return s;
}

static void sums_check(const struct wait_row *rows, size_t count, struct sums *s)
{
	for (size_t i = 0; i < count; i++) {
		assert_true(rows[i].waits >= rows[i].cell.events);
		assert_true(rows[i].time >= rows[i].cell.time);
		assert_true(rows[i].timeouts <= rows[i].waits);
		assert_true(rows[i].max_ns <= rows[i].ns);
		s->waits += rows[i].waits;
		s->shared_time += rows[i].time;
		s->ns += rows[i].ns;
	}
}

static void test_shares_add_up(void **state)
{
	struct wait_row rows[ROWS];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct lock_counts counts = { 0 };
		struct wait_run run = { .count = 1 + draw(ROWS) };
		struct sums s = rows_draw(rows, run.count);

		counts.totals[LOCK_WAITS] = s.events + (draw(3) ? draw(10000) : 0);
		counts.totals[LOCK_WAIT] = s.time + (draw(3) ? draw(10000000) : 0);
		counts.totals[LOCK_READ_WAIT] = draw(2) ? draw(counts.totals[LOCK_WAIT] + 1) : counts.totals[LOCK_WAIT] / 2;
		counts.totals[LOCK_TIMEOUTS] = draw(counts.totals[LOCK_WAITS] + 1);
		wait_share(&run, rows, &counts, &base);
		sums_check(rows, run.count, &s);
		assert_int_equal(run.counted, 1);
		assert_int_equal(run.sampled, counts.totals[LOCK_WAITS] != s.events);
		assert_int_equal(s.waits, counts.totals[LOCK_WAITS]);
		assert_int_equal(s.shared_time, counts.totals[LOCK_WAIT]);
		assert_int_equal(s.ns, timebase_raw_ns(&base, counts.totals[LOCK_WAIT]));
	}
}

/* Where nothing was sampled each row has just what was recorded, to the nanosecond or the next. */
static void test_exact_stays_exact(void **state)
{
	struct wait_row rows[ROWS];
	struct wait_run run = { .count = ROWS };
	struct lock_counts counts = { 0 };
	struct sums s = rows_draw(rows, ROWS);

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i].cell.weight = rows[i].cell.events * WAIT_ONE;
		rows[i].cell.extra = 0;
	}
	counts.totals[LOCK_WAITS] = s.events;
	counts.totals[LOCK_WAIT] = s.time;
	wait_share(&run, rows, &counts, &base);
	assert_int_equal(run.sampled, 0);
	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(rows[i].waits, rows[i].cell.events);
		assert_int_equal(rows[i].time, rows[i].cell.time);
		assert_true(rows[i].ns - timebase_raw_ns(&base, rows[i].cell.time) <= 1);
	}
}

/* A word that some wait for as a lock and others for work is two locks, and what was counted of it is shared. */
static void test_two_classes(void **state)
{
	struct lock_counts counts = { 0 };
	struct lock_life at[2] = { { 0 }, { .kind = LOCK_FUTEX, .told = 1, .counts = &counts } };
	const struct lock_lives lives = { .at = at, .count = 1 };
	struct wait_row rows[] = {
		{ .class = WAIT_CLASS_LOCK, .cell = { .life = 1, .events = 1, .weight = 3 * WAIT_ONE, .time = 256, .extra = 512, .max = 256 } },
		{ .class = WAIT_CLASS_WORK, .cell = { .life = 1, .events = 2, .weight = 2 * WAIT_ONE, .time = 25600, .max = 25000,
		                                      .timeouts = 1, .timeouts_weight = WAIT_ONE } },
	};
	struct wait_run run = { .life = 1, .count = 2 };
	const struct wait_rows waits = { .at = rows, .count = 2, .runs = &run, .run_count = 1 };
	struct lock_figure f[2];
	uint64_t buckets = 0;

	(void)state;
	counts.totals[LOCK_WAITS] = 12;
	counts.totals[LOCK_WAIT] = 256 * 110;
	counts.totals[LOCK_TIMEOUTS] = 1;
	for (unsigned b = 0; b < 4; b++)
		counts.totals[LOCK_WAIT_BUCKET + b] = 3;
	wait_share(&run, rows, &counts, &base);
	assert_int_equal(lock_figures(f, &lives, 1, &waits, &run, &base), 2);
	assert_int_equal(f[0].class, WAIT_CLASS_LOCK);
	assert_int_equal(f[0].waits, 10);
	assert_int_equal(f[0].contended, 10);
	assert_int_equal(f[0].acquisitions, 10);
	assert_int_equal(f[0].wait_ns, 1000);
	assert_int_equal(f[1].class, WAIT_CLASS_WORK);
	assert_int_equal(f[1].waits, 2);
	assert_int_equal(f[1].timeouts, 1);
	assert_int_equal(f[1].contended, 0);
	assert_int_equal(f[1].wait_ns, 10000);
	for (unsigned b = 0; b < LOCK_BUCKETS; b++) {
		assert_int_equal(f[0].wait_buckets[b] + f[1].wait_buckets[b], counts.totals[LOCK_WAIT_BUCKET + b]);
		buckets += f[0].wait_buckets[b];
	}
	assert_int_equal(buckets, 10);
}

/* --- whole traces ---------------------------------------------------------------------------- */

static const uint8_t kinds[] = {
	EVENT_LOCK, EVENT_LOCK_END, EVENT_LOCK_TOTAL, EVENT_LOCK_TOTAL, EVENT_WAIT, EVENT_BLOCKED, EVENT_RELEASE, EVENT_ORDER,
	EVENT_CONTEXT, EVENT_SAMPLED, EVENT_HELD, EVENT_HOLDING, EVENT_MALLOC, EVENT_FREE, EVENT_THREAD_CREATE,
	EVENT_THREAD_BEGIN, EVENT_THREAD_END, EVENT_THREAD_DETACH, EVENT_LAST_LOCK,
};

/* Three threads say anything about a few locks; sizes are below `limit`. */
static void write_anything(struct trace_writer *w, uint64_t limit)
{
	struct event events[2000];

	for (uint32_t thread = 1; thread <= 3; thread++) {
		for (unsigned i = 0; i < LENGTH(events); i++) {
			unsigned kind = kinds[draw(sizeof(kinds))];

			events[i] = ev_lock(MS(1) + i * 10, kind, draw(12) * 16, (uint16_t)(draw(8) ? draw(3) : draw(65536)),
			                    kind == EVENT_LOCK ? draw(11) | draw(256) << 8 : kind == EVENT_LOCK_END ? 0 : draw(limit),
			                    (uint32_t)draw(kind == EVENT_LOCK_TOTAL ? LOCK_TOTALS + 2 : 6));
		}
		writer_events(w, thread, events, LENGTH(events));
	}
}

static void test_anything_adds_up(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct trace_writer w;
		struct store *s;

		setup(NULL);
		begin(&w, 3);
		write_anything(&w, 1000000);
		finish(&w, MS(20));
		s = analyze(&w, NULL);
		check_sums(s);
		assert_true(ask(s, "SELECT count(*) FROM lock") > 10);
		store_close(s);
		writer_release(&w);
	}
}

/* As large as numbers get, with a clock of no use: there is a database all the same. */
static void test_largest(void **state)
{
	static const uint64_t rates[] = { 1, 1000000000000ull, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < LENGTH(rates); i++) {
		struct file_header h = { .version = TRACE_VERSION, .tick_shift = i == 2 ? 0 : 63, .tick_hz_x1000 = rates[i] };
		struct trace_writer w;
		struct store *s;

		setup(NULL);
		writer_begin(&w);
		file_header_encode(w.bytes, &h);
		writer_process(&w, 1, 4711, 0);
		for (int t = 0; t < 3; t++)
			writer_thread(&w, 1, 1, 4711 + t);
		writer_node(&w, 0, 1);
		writer_node(&w, 1, 0x11000);
		write_anything(&w, UINT64_MAX);
		writer_process_end(&w, UINT64_MAX / 2, 1, ENDED_EXIT, 3);
		s = analyze(&w, NULL);
		assert_true(ask(s, "SELECT count(*) FROM lock") > 10);
		assert_answer(s, "SELECT count(*) FROM lock WHERE wait_ns < 0 OR hold_ns < 0 OR waits < 0 OR acquisitions < 0", 0);
		assert_answer(s, "SELECT count(*) FROM lock_wait WHERE wait_ns < 0 OR waits < 0", 0);
		assert_answer(s, "SELECT count(*) FROM lock_histogram WHERE high <= low", 0);
		store_close(s);
		writer_release(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_add_up),          cmocka_unit_test(test_exact_stays_exact),
		cmocka_unit_test(test_two_classes),            cmocka_unit_test_setup(test_anything_adds_up, setup),
		cmocka_unit_test_setup(test_largest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
