/* SPDX-License-Identifier: MIT
 *
 * A thread's counters of locks, read while it runs and told as events: exactly what has grown, whatever the thread does
 * to its table meanwhile, and no harm from tables that cannot be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "thread_fixture.h"

#define KEY(address, generation) ((uint64_t)(address) | (uint64_t)(generation) << 48)
#define NOW 1000u /* tick */

static void set_lock(struct fixture *f, uint32_t at, uint64_t key, uint64_t acquisitions, uint64_t owner_changes)
{
	struct segment_lock *l = &f->slot->locks.locks[at];
	atomic_store(&l->key, key);
	l->acquisitions = acquisitions;
	l->owner_changes = owner_changes;
	if (atomic_load(&f->slot->locks.lock_count) <= at)
		atomic_store(&f->slot->locks.lock_count, at + 1);
}

static void set_stats(struct fixture *f, uint32_t at, uint64_t key, enum lock_total total, uint64_t value)
{
	atomic_store(&f->slot->locks.stats[at].key, key);
	f->slot->locks.stats[at].totals[total] = value;
	if (atomic_load(&f->slot->locks.stats_count) <= at)
		atomic_store(&f->slot->locks.stats_count, at + 1);
}

static void tell(struct fixture *f, uint64_t tick) { lock_table_tell(&f->thread, &f->drain, tick, 0); }

/* The totals in the file from number `from` on are these. */
struct wanted {
	uint64_t address, value;
	uint32_t total;
	uint16_t generation;
	uint8_t round;
};

static void assert_totals(const struct collected *c, size_t from, const struct wanted *w, size_t n)
{
	assert_true(c->event_count >= from + n);
	for (size_t i = 0; i < n; i++) {
		const struct event *e = &c->events[from + i];
		assert_int_equal(e->kind, EVENT_LOCK_TOTAL);
		assert_int_equal(e->address, w[i].address);
		assert_int_equal(e->stack, w[i].total);
		assert_int_equal(e->shared, w[i].generation);
		assert_int_equal(e->size, w[i].value | (uint64_t)w[i].round << LOCK_ROUND_SHIFT);
	}
}

static void what_has_grown_is_told_once(void **state)
{
	struct fixture *f = *state;
	set_lock(f, 0, 0, 0, 0); /* nobody's */
	set_lock(f, 1, KEY(0x1000, 2), 10, 3);
	set_lock(f, 2, KEY(0x1000, 2) | 1, 20, 99); /* reading: nobody comes to own it */
	set_lock(f, 3, KEY(0x2000, 0xffff), 1, 0);
	set_stats(f, 0, KEY(0x1000, 2), LOCK_CONTENDED, 4);
	set_stats(f, 0, KEY(0x1000, 2), LOCK_HOLD_BUCKET + LOCK_BUCKETS - 1, 5);
	set_stats(f, 0, KEY(0x1000, 2), LOCK_ACQUISITIONS, 77); /* has no place there */
	set_stats(f, 1, KEY(0x2000, 0xffff) | 1, LOCK_WAIT, 88); /* nor has this */
	fixture_put(f, fixture_allocation(1));
	tell(f, NOW);
	tell(f, NOW + 1);
	set_lock(f, 1, KEY(0x1000, 2), 11, 3);
	set_stats(f, 0, KEY(0x1000, 2), LOCK_WAIT, 1u << 30);
	tell(f, NOW + 2);
	struct collected *c = fixture_read_back(f);
	static const struct wanted first[] = {
		{ 0x1000, 10, LOCK_ACQUISITIONS, 2, 0 }, { 0x1000, 3, LOCK_OWNER_CHANGES, 2, 0 }, { 0x1000, 20, LOCK_READS, 2, 0 },
		{ 0x2000, 1, LOCK_ACQUISITIONS, 0xffff, 0 }, { 0x1000, 4, LOCK_CONTENDED, 2, 0 },
		{ 0x1000, 5, LOCK_HOLD_BUCKET + LOCK_BUCKETS - 1, 2, 0 },
	}, then[] = { { 0x1000, 11, LOCK_ACQUISITIONS, 2, 0 }, { 0x1000, 1u << 30, LOCK_WAIT, 2, 0 } };
	assert_int_equal(c->event_count, 1 + 6 + 2);
	assert_totals(c, 1, first, 6);
	assert_totals(c, 7, then, 2);
	assert_int_equal(c->events[0].kind, EVENT_MALLOC); /* the ring comes first */
	assert_int_equal(c->events[1].stamp, NOW);
	assert_int_equal(c->events[8].stamp, NOW + 2);
	collected_free(c);
}

static void who_uses_no_locks_costs_nothing(void **state)
{
	struct fixture *f = *state;
	tell(f, NOW);
	assert_null(f->thread.locks);
	assert_null(f->thread.pending);
	set_lock(f, 0, KEY(0x1000, 0), 0, 0);
	tell(f, NOW);
	assert_non_null(f->thread.locks);
	assert_null(f->thread.pending); /* nothing to tell, nothing to write */
}

static void stamps_do_not_fall(void **state)
{
	struct fixture *f = *state;
	set_lock(f, 0, KEY(0x1000, 0), 1, 0);
	fixture_put(f, fixture_allocation(5000));
	tell(f, NOW);
	fixture_put(f, fixture_allocation(10));
	thread_drain(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	for (int i = 0; i < 3; i++)
		assert_int_equal(c->events[i].stamp, 5001);
	collected_free(c);
}

static void another_lock_in_a_row_starts_from_0(void **state)
{
	struct fixture *f = *state;
	set_lock(f, 0, KEY(0x1000, 0), 100, 0);
	set_stats(f, 0, KEY(0x1000, 0), LOCK_WAIT, 100);
	tell(f, NOW);
	set_lock(f, 0, KEY(0x1000, 1), 7, 0);
	set_stats(f, 0, 0, LOCK_WAIT, 8); /* changing just now */
	tell(f, NOW);
	set_lock(f, 0, KEY(0x1000, 1), 7, 0);
	set_stats(f, 0, KEY(0x3000, 0), LOCK_WAIT, 9);
	tell(f, NOW);
	struct collected *c = fixture_read_back(f);
	static const struct wanted wanted[] = {
		{ 0x1000, 100, LOCK_ACQUISITIONS, 0, 0 }, { 0x1000, 100, LOCK_WAIT, 0, 0 },
		{ 0x1000, 7, LOCK_ACQUISITIONS, 1, 0 }, { 0x3000, 9, LOCK_WAIT, 0, 0 },
	};
	assert_int_equal(c->event_count, 4);
	assert_totals(c, 0, wanted, 4);
	collected_free(c);
}

static void a_round_starts_from_0(void **state)
{
	struct fixture *f = *state;
	set_lock(f, 0, KEY(0x1000, 0), 100, 5);
	tell(f, NOW);
	atomic_store(&f->slot->locks.round, 0x1ff);
	set_lock(f, 0, KEY(0x1000, 0), 3, 0);
	tell(f, NOW);
	struct collected *c = fixture_read_back(f);
	static const struct wanted wanted[] = {
		{ 0x1000, 100, LOCK_ACQUISITIONS, 0, 0 }, { 0x1000, 5, LOCK_OWNER_CHANGES, 0, 0 },
		{ 0x1000, 3, LOCK_ACQUISITIONS, 0, 0xff },
	};
	assert_int_equal(c->event_count, 3);
	assert_totals(c, 0, wanted, 3);
	collected_free(c);
}

static void values_that_cannot_be_are_bounded(void **state)
{
	struct fixture *f = *state;
	set_lock(f, 0, KEY(0x1000, 0), UINT64_MAX, 50);
	tell(f, NOW);
	set_lock(f, 0, KEY(0x1000, 0), 10, 49); /* backwards */
	tell(f, NOW);
	set_lock(f, 0, KEY(0x1000, 0), 11, 51);
	tell(f, NOW);
	struct collected *c = fixture_read_back(f);
	static const struct wanted wanted[] = {
		{ 0x1000, (1ull << 56) - 1, LOCK_ACQUISITIONS, 0, 0 }, { 0x1000, 50, LOCK_OWNER_CHANGES, 0, 0 },
		{ 0x1000, 51, LOCK_OWNER_CHANGES, 0, 0 },
	};
	assert_int_equal(c->event_count, 3);
	assert_totals(c, 0, wanted, 3);
	collected_free(c);
}

/* Full tables, and counts that claim more. All of it is told, in as many blocks as that takes. */
static void counts_end_with_their_tables(void **state)
{
	struct fixture *f = *state;
	for (uint32_t i = 0; i < SEGMENT_LOCKS; i++)
		set_lock(f, i, KEY(0x1000 + 16 * i, i), i + 1, i + 2);
	for (uint32_t i = 0; i < SEGMENT_LOCK_STATS; i++)
		for (unsigned total = 0; total < LOCK_TOTALS; total++)
			set_stats(f, i, KEY(0x1000 + 16 * i, i), total, i + total + 1);
	atomic_store(&f->slot->locks.lock_count, UINT32_MAX);
	atomic_store(&f->slot->locks.stats_count, SEGMENT_LOCK_STATS + 1);
	tell(f, NOW);
	tell(f, NOW);
	struct collected *c = fixture_read_back(f);
	const size_t locks = 2 * SEGMENT_LOCKS, stats = SEGMENT_LOCK_STATS * (LOCK_TOTALS - 3);
	assert_int_equal(c->event_count, locks + stats);
	for (uint32_t i = 0; i < SEGMENT_LOCKS; i++) {
		assert_int_equal(c->events[2 * i].size, i + 1);
		assert_int_equal(c->events[2 * i + 1].size, i + 2);
		assert_int_equal(c->events[2 * i].address, 0x1000 + 16 * i);
		assert_int_equal(c->events[2 * i].shared, i);
	}
	assert_int_equal(c->events[locks + stats - 1].stack, LOCK_TOTALS - 1);
	assert_int_equal(c->events[locks + stats - 1].size, SEGMENT_LOCK_STATS + LOCK_TOTALS - 1);
	collected_free(c);
}

static void groups_are_not_torn(void **state)
{
	struct fixture *f = *state;
	set_lock(f, 0, KEY(0x1000, 0) | 2, 6, 0);
	fixture_put(f, (struct event){ .kind = EVENT_CONTEXT, .stamp = 16 });
	fixture_put(f, (struct event){ .kind = EVENT_SAMPLED, .stamp = 16 });
	tell(f, NOW); /* the thread is at it */
	fixture_put(f, (struct event){ .kind = EVENT_BLOCKED, .stamp = 16, .address = 0x1000 });
	tell(f, NOW);
	fixture_put(f, (struct event){ .kind = EVENT_HOLDING, .stamp = 16 });
	set_lock(f, 0, KEY(0x1000, 0) | 2, 7, 0);
	thread_close(&f->thread, &f->drain); /* it never came to the rest */
	static const unsigned char kinds[] = {
		EVENT_CONTEXT, EVENT_SAMPLED, EVENT_BLOCKED, EVENT_LOCK_TOTAL, EVENT_HOLDING, EVENT_LOCK_TOTAL
	};
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, sizeof(kinds));
	for (size_t i = 0; i < sizeof(kinds); i++)
		assert_int_equal(c->events[i].kind, kinds[i]);
	assert_int_equal(c->events[3].address, 0x1000);
	assert_int_equal(c->events[3].size, 6);
	assert_int_equal(c->events[5].size, 7);
	collected_free(c);
}

static void a_damaged_ring_has_no_counters_either(void **state)
{
	struct fixture *f = *state;
	set_lock(f, 0, KEY(0x1000, 0), 1, 0);
	atomic_store(&f->slot->head, RING_EVENTS + 1);
	tell(f, NOW);
	thread_close(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	assert_int_equal(c->event_count, 0);
	collected_free(c);
}

static void garbage_does_no_harm(void **state)
{
	struct fixture *f = *state;
	uint32_t x = 1;
	uint32_t *words = (uint32_t *)&f->slot->locks;
	for (int round = 0; round < 40; round++) {
		for (size_t i = 0; i < sizeof(f->slot->locks) / 4; i++) {
			x = x * 1664525 + 1013904223;
			if (round % 4 == 0 || x >> 28 == 0)
				words[i] = x >> (x >> 27);
		}
		atomic_store(&f->slot->locks.round, (uint32_t)round / 8);
		tell(f, NOW);
	}
	thread_read_last(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	assert_true(c->event_count > SEGMENT_LOCKS);
	collected_free(c);
}

/* --- a thread at work ------------------------------------------------------------------------ */

enum { LOCKS = 40, TABLE = 12, STEPS = 400000, LIVES = 4096 };

struct worker {
	struct fixture *fixture;
	uint64_t truth[LOCKS][2]; /* acquisitions, waits; over all lives */
	uint16_t generation[LOCKS];
	_Atomic int done;
};

static void put_total(struct fixture *f, uint64_t key, unsigned total, uint64_t value)
{
	uint64_t round = atomic_load(&f->slot->locks.round) & 0xff;
	while (atomic_load(&f->slot->head) - atomic_load(&f->slot->tail) >= RING_EVENTS)
		sched_yield();
	if (value)
		fixture_put(f, (struct event){ .stamp = clock_stamp(), .kind = EVENT_LOCK_TOTAL, .address = key & 0xffffffffffff,
		                               .shared = (uint16_t)(key >> 48), .stack = total,
		                               .size = value | round << LOCK_ROUND_SHIFT });
}

/* As segment.h has it: what the table has goes to the ring, the table is empty, the next round begins. */
static void begin_anew(struct fixture *f)
{
	struct segment_locks *locks = &f->slot->locks;
	for (uint32_t i = 0; i < locks->lock_count; i++)
		put_total(f, locks->locks[i].key, LOCK_ACQUISITIONS, locks->locks[i].acquisitions);
	for (uint32_t i = 0; i < locks->stats_count; i++)
		put_total(f, locks->stats[i].key, LOCK_WAITS, locks->stats[i].totals[LOCK_WAITS]);
	atomic_store(&locks->lock_count, 0);
	atomic_store(&locks->stats_count, 0);
	atomic_fetch_add(&locks->round, 1);
}

static void fill_row(struct segment_locks *locks, uint32_t row, uint64_t key)
{
	atomic_store(&locks->locks[row].key, 0);
	atomic_store(&locks->stats[row].key, 0);
	__atomic_store_n(&locks->locks[row].acquisitions, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&locks->stats[row].totals[LOCK_WAITS], 0, __ATOMIC_RELAXED);
	atomic_store(&locks->locks[row].key, key);
	atomic_store(&locks->stats[row].key, key);
}

/* A life is over and another begins in its row. */
static void give_up(struct fixture *f, uint32_t row, uint64_t key)
{
	struct segment_locks *locks = &f->slot->locks;
	put_total(f, locks->locks[row].key, LOCK_ACQUISITIONS, locks->locks[row].acquisitions);
	put_total(f, locks->stats[row].key, LOCK_WAITS, locks->stats[row].totals[LOCK_WAITS]);
	fill_row(locks, row, key);
}

static uint32_t row_of(struct fixture *f, uint64_t key)
{
	struct segment_locks *locks = &f->slot->locks;
	uint32_t n = atomic_load(&locks->lock_count), i = 0;
	while (i < n && locks->locks[i].key != key)
		i++;
	if (i < n)
		return i;
	if (n == TABLE) {
		begin_anew(f);
		n = 0;
	}
	fill_row(locks, n, key);
	atomic_store(&locks->lock_count, n + 1);
	atomic_store(&locks->stats_count, n + 1);
	return n;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint32_t x = 7;
	for (int i = 0; i < STEPS; i++) {
		x = x * 1664525 + 1013904223;
		uint32_t lock = (x >> 16) % (i / 1000 % 8 ? 6 : LOCKS); /* mostly a few, at times all of them */
		uint32_t row = row_of(w->fixture, KEY(0x1000 + 16 * lock, w->generation[lock]));
		if (x % 63 == 0 && w->generation[lock] + 1 < LIVES)
			give_up(w->fixture, row, KEY(0x1000 + 16 * lock, ++w->generation[lock]));
		__atomic_fetch_add(&w->fixture->slot->locks.locks[row].acquisitions, 1, __ATOMIC_RELAXED);
		w->truth[lock][0]++;
		if (x >> 30 == 0) {
			__atomic_fetch_add(&w->fixture->slot->locks.stats[row].totals[LOCK_WAITS], 1, __ATOMIC_RELAXED);
			w->truth[lock][1]++;
		}
	}
	atomic_store(&w->done, 1);
	return NULL;
}

/* A reader as FORMAT.md describes it; a round that has gone by never comes back. */
static void counters_are_exact_though_the_thread_runs(void **state)
{
	struct fixture *f = *state;
	static struct worker w;
	static struct {
		uint64_t value, round;
	} last[LOCKS][LIVES][2];
	uint64_t sum[LOCKS][2] = { 0 }, round = 0;
	pthread_t thread;
	memset(&w, 0, sizeof(w));
	w.fixture = f;
	assert_int_equal(pthread_create(&thread, NULL, work, &w), 0);
	while (!atomic_load(&w.done)) {
		f->drain.now_stamp = clock_stamp();
		tell(f, drain_tick(&f->drain, f->drain.now_stamp));
	}
	pthread_join(thread, NULL);
	thread_close(&f->thread, &f->drain);
	struct collected *c = fixture_read_back(f);
	for (size_t i = 0; i < c->event_count; i++) {
		const struct event *e = &c->events[i];
		uint64_t v = e->size & ((1ull << LOCK_ROUND_SHIFT) - 1);
		uint32_t lock = (uint32_t)(e->address - 0x1000) / 16, which = e->stack == LOCK_WAITS;
		uint8_t ahead = (uint8_t)((e->size >> LOCK_ROUND_SHIFT) - round);
		assert_in_range(lock, 0, LOCKS - 1);
		assert_in_range(e->shared, 0, LIVES - 1);
		assert_in_range(ahead, 0, 127);
		round += ahead;
		uint64_t *before = &last[lock][e->shared][which].value, *round_before = &last[lock][e->shared][which].round;
		if (*round_before != round)
			*before = 0;
		assert_true(v >= *before);
		sum[lock][which] += v - *before;
		*before = v;
		*round_before = round;
	}
	for (int i = 0; i < LOCKS; i++) {
		assert_int_equal(sum[i][0], w.truth[i][0]);
		assert_int_equal(sum[i][1], w.truth[i][1]);
	}
	collected_free(c);
}

int main(void)
{
	snprintf(fixture_path, sizeof(fixture_path), "/tmp/test_collector_lock_table.%d.trace", getpid());
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_has_grown_is_told_once, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(who_uses_no_locks_costs_nothing, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(stamps_do_not_fall, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(another_lock_in_a_row_starts_from_0, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_round_starts_from_0, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(values_that_cannot_be_are_bounded, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(counts_end_with_their_tables, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(groups_are_not_torn, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_damaged_ring_has_no_counters_either, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(garbage_does_no_harm, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(counters_are_exact_though_the_thread_runs, fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
