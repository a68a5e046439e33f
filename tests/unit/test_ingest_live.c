/* SPDX-License-Identifier: MIT
 *
 * The tables of the replay: live blocks, cells, distributions, slice sums, time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyzer/ingest/cell.h"
#include "analyzer/ingest/distribution.h"
#include "analyzer/ingest/live.h"
#include "analyzer/ingest/span.h"
#include "analyzer/ingest/timebase.h"

/* Against an array: what is there is found, what was removed is not, after every step. */
static void test_live(void **state)
{
	enum { N = 5000 };
	static uint64_t sizes[N];
	struct live l = { 0 };
	uint64_t seed = 88172645463325252ull;
	size_t count = 0;

	(void)state;
	assert_null(live_find(&l, 16));
	for (int i = 0; i < 200000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		unsigned k = (unsigned)(seed % N);
		uint64_t address = 0x7f0000000000ull + (uint64_t)k * (k % 2 ? 16 : 4096);
		struct live_block *b = live_find(&l, address);

		assert_int_equal(b ? b->size : 0, sizes[k]);
		if (b) {
			live_remove(&l, b);
			sizes[k] = 0;
			count--;
		} else {
			int existed = 1;

			b = live_add(&l, address, &existed);
			assert_int_equal(existed, 0);
			b->size = sizes[k] = 1 + (seed >> 40);
			count++;
		}
		assert_int_equal(l.count, count);
	}
	for (unsigned k = 0; k < N; k++) {
		struct live_block *b = live_find(&l, 0x7f0000000000ull + (uint64_t)k * (k % 2 ? 16 : 4096));

		assert_int_equal(b ? b->size : 0, sizes[k]);
	}
	live_release(&l);
}

/* Against a map of the heap: what is in a block and what is between, after blocks of all sizes came and went. */
static void test_around(void **state)
{
	enum { PLACES = 1 << 16, GRAIN = 16 }; /* 1 MiB in grains */
	static uint32_t owner[PLACES]; /* [grain]: 1 + the grain its block starts at; 0: free */
	static uint32_t sizes[PLACES]; /* [grain a block starts at] */
	const uint64_t base = 0x7f1234500000ull;
	struct live l = { 0 };
	uint64_t seed = 88172645463325252ull;
	unsigned inside = 0, outside = 0;

	(void)state;
	assert_null(live_around(&l, base));
	for (int i = 0; i < 60000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		uint32_t at = (uint32_t)(seed % PLACES), end = at;
		uint32_t size = 1 + (uint32_t)((seed >> 20) & ((16u << (seed >> 60)) - 1)); /* up to 512 KiB, mostly small */
		int existed = 1;

		if (owner[at]) {
			uint32_t start = owner[at] - 1;
			struct live_block *b = live_find(&l, base + (uint64_t)start * GRAIN);

			assert_non_null(b);
			live_remove(&l, b);
			for (end = start; end < PLACES && owner[end] == start + 1; end++)
				owner[end] = 0;
			continue;
		}
		while (end < PLACES && !owner[end] && (end - at) * GRAIN < size)
			end++;
		if ((end - at) * GRAIN < size)
			continue;
		struct live_block *b = live_add(&l, base + (uint64_t)at * GRAIN, &existed);

		assert_int_equal(existed, 0);
		b->size = sizes[at] = size;
		live_note(&l, base + (uint64_t)at * GRAIN, size);
		for (uint32_t g = at; g < end; g++)
			owner[g] = at + 1;
		for (int k = 0; k < 4; k++) {
			uint64_t offset = (seed >> (8 * k)) % ((uint64_t)PLACES * GRAIN);
			uint32_t start = owner[offset / GRAIN];
			uint64_t from = start ? (uint64_t)(start - 1) * GRAIN : 0;
			const struct live_block *found = live_around(&l, base + offset);

			if (start && offset - from < sizes[start - 1]) {
				inside++;
				assert_non_null(found);
				assert_true(found->address == base + from);
			} else {
				outside++;
				assert_null(found);
			}
		}
	}
	assert_true(inside > 1000 && outside > 1000);
	live_release(&l);
}

static struct live_block *add_block(struct live *l, uint64_t address, uint64_t size)
{
	int existed;
	struct live_block *b = live_add(l, address, &existed);

	b->size = size;
	live_note(l, address, size);
	return live_find(l, address);
}

/* The largest and the strangest. */
static void test_around_bounds(void **state)
{
	static const uint64_t blocks[][2] = {
		{ 8, 1 }, { 16, UINT64_MAX }, { 0x7fffffff0000ull, 1ull << 47 }, { 0xffffffffff00ull, 4096 }, { 32, 4095 }, { 32, 4096 },
	};
	struct live l = { 0 };

	(void)state;
	assert_null(live_around(&l, 0));
	assert_null(live_around(&l, UINT64_MAX));
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		uint64_t address = blocks[i][0], size = blocks[i][1];
		struct live_block *b = add_block(&l, address, size);

		assert_ptr_equal(live_around(&l, address), b);
		assert_ptr_equal(live_around(&l, address + size - 1), size == UINT64_MAX ? NULL : b);
		assert_null(live_around(&l, 0));
		assert_null(live_around(&l, address - 1));
		live_remove(&l, b);
		assert_null(live_around(&l, address));
	}
	live_release(&l);
}

/* Large blocks at addresses that never come again: what is gone makes room. */
static void test_around_churn(void **state)
{
	struct live l = { 0 };

	(void)state;
	for (uint64_t k = 1; k <= 100000; k++) {
		add_block(&l, k << 20, 10000);
		assert_true(live_around(&l, (k << 20) + 9999)->address == k << 20);
		assert_null(live_around(&l, (k << 20) + 10000));
		if (k > 5) {
			assert_true(live_around(&l, ((k - 5) << 20) + 5000)->address == (k - 5) << 20);
			live_remove(&l, live_find(&l, (k - 5) << 20));
			assert_null(live_around(&l, ((k - 5) << 20) + 5000));
		}
	}
	live_release(&l);
}

static void test_cell_index(void **state)
{
	struct cell_index x = { 0 };

	(void)state;
	assert_int_equal(cell_index_find(&x, 1), 0);
	for (uint32_t i = 1; i <= 50000; i++)
		cell_index_add(&x, i * 3, i);
	for (uint32_t i = 1; i <= 50000; i++)
		assert_int_equal(cell_index_find(&x, i * 3), i);
	assert_int_equal(cell_index_find(&x, 4), 0);
	cell_index_release(&x);
}

/* Every size lies in its bucket, and buckets follow each other without gap. */
static void test_buckets(void **state)
{
	uint64_t low, high, before = 0;

	(void)state;
	for (unsigned b = 0; b < DISTRIBUTION_SIZES; b++) {
		distribution_size_bounds(b, &low, &high);
		assert_int_equal(low, before);
		assert_int_equal(distribution_size_bucket(low), b);
		assert_int_equal(distribution_size_bucket(high), b);
		before = high + 1;
	}
	assert_int_equal(high, UINT64_MAX);
	before = 0;
	for (unsigned b = 0; b < DISTRIBUTION_LIFETIMES; b++) {
		distribution_lifetime_bounds(b, &low, &high);
		assert_int_equal(low, before);
		assert_int_equal(distribution_lifetime_bucket(low), b);
		assert_int_equal(distribution_lifetime_bucket(high), b);
		before = high + 1;
	}
	assert_int_equal(high, UINT64_MAX);
}

/* Up to 64 sizes are exact; the 65th makes buckets of all of them, and nothing is lost. */
static void test_sizes(void **state)
{
	struct distribution *d = distribution_new();
	uint64_t count = 0, amount = 0;

	(void)state;
	for (uint64_t i = 0; i < 640; i++)
		distribution_add_size(d, 1000 + i % 64, 1);
	assert_null(d->sizes);
	assert_int_equal(d->exact_count, 64);
	for (uint32_t i = 0; i <= d->exact_mask; i++)
		assert_true(d->exact[i].count == 0 || d->exact[i].count == 10);
	distribution_add_size(d, 5, 1);
	distribution_add_size(d, 6, 1);
	assert_non_null(d->sizes);
	for (unsigned b = 0; b < DISTRIBUTION_SIZES; b++) {
		count += d->sizes[b].count;
		amount += d->sizes[b].amount;
	}
	assert_int_equal(count, 642);
	assert_int_equal(amount, 640 * 1000 + 10 * (63 * 64 / 2) + 11);
	distribution_free(d);
}

static void test_spans(void **state)
{
	struct cells cells = { 0 };
	struct spans s = { 0 };
	uint32_t a = cells_add(&cells), b = cells_add(&cells);

	(void)state;
	cells.at[a].stack = 9;
	cells.at[b].stack = 5;
	cells.at[a].thread = cells.at[b].thread = 1;
	spans_touch(&s, &cells, a, 3);
	spans_touch(&s, &cells, a, 3);
	cells.at[a].now[SPAN_ALLOCATIONS] = (struct cell_sum){ 2, 20 };
	for (int i = 0; i < 3; i++)
		spans_add(&s, SPAN_ALLOCATIONS, 1, b, 1, 100);
	spans_add(&s, SPAN_TEMPORARY, 1, b, 1, 100);
	spans_flush(&s, &cells, 4);
	assert_int_equal(s.row_count, 3);
	assert_int_equal(cells.at[a].now[SPAN_ALLOCATIONS].count, 0);
	spans_add(&s, SPAN_ALLOCATIONS, 1, b, 1, 7);
	spans_flush(&s, &cells, 4); /* the same row once more, as when a process ends within a slice */
	spans_add(&s, SPAN_ALLOCATIONS, 1, b, 1, 8);
	spans_flush(&s, &cells, 0);
	spans_sort(&s);
	assert_int_equal(s.row_count, 4);
	assert_true(s.rows[0].class == 1 && s.rows[0].slice == 2 && s.rows[0].end == 0 && s.rows[0].amount == 8);
	assert_true(s.rows[1].class == 1 && s.rows[1].slice == 2 && s.rows[1].end == 4 && s.rows[1].amount == 307);
	assert_int_equal(s.rows[1].count, 4);
	assert_true(s.rows[2].class == 1 && s.rows[2].slice == 4 && s.rows[2].end == 4 && s.rows[2].stack == 9);
	assert_true(s.rows[3].class == 2 && s.rows[3].slice == 2 && s.rows[3].end == 0 && s.rows[3].amount == 100);
	spans_release(&s);
	cells_release(&cells);
}

/* Slices are whole, in order, and as long as each other to a tick. */
static void test_slices(void **state)
{
	static const uint64_t spans[] = { 0, 1, 255, 256, 12345, 10000000, 86400ull * 10000000, UINT64_MAX / 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct file_header h = { .tick_hz_x1000 = 10000000000ull }; /* 100 ns a tick */
		struct recording r = { .first_clock = { 77, 0 }, .last_clock = { 77 + spans[i], 0 } };
		struct timebase t;
		uint64_t shortest = UINT64_MAX, longest = 0;

		timebase_init(&t, &r, &h);
		assert_true(t.slices >= 1 && t.slices <= TIMEBASE_MAX_SLICES);
		assert_int_equal(timebase_slice_start(&t, 0), 77);
		assert_int_equal(timebase_slice_start(&t, t.slices), UINT64_MAX);
		for (uint32_t s = 1; s < t.slices; s++) {
			uint64_t start = timebase_slice_start(&t, s), length = start - timebase_slice_start(&t, s - 1);

			assert_int_equal(timebase_slice(&t, start), s);
			assert_int_equal(timebase_slice(&t, start - 1), s - 1);
			shortest = length < shortest ? length : shortest;
			longest = length > longest ? length : longest;
		}
		assert_true(t.slices < 3 || longest - shortest <= 1);
		assert_int_equal(timebase_slice(&t, t.last), t.slices - 1);
		assert_int_equal(timebase_slice(&t, UINT64_MAX), t.slices - 1);
		assert_int_equal(timebase_slice(&t, 0), 0);
		assert_int_equal(timebase_ns(&t, 77), 0);
	}
}

/* Clocks that are far enough apart say how long a tick is, whatever the header says. */
static void test_clocks(void **state)
{
	struct file_header h = { .tick_hz_x1000 = 10000000000ull };
	struct recording r = { .first_clock = { 1000, 5000000000ull }, .last_clock = { 1001000, 5500000000ull } };
	struct timebase t;

	(void)state;
	timebase_init(&t, &r, &h);
	assert_int_equal(timebase_ns(&t, 2000), 500000);
	assert_int_equal(t.duration_ns, 500000000);
	r.last_clock.monotonic_ns = r.first_clock.monotonic_ns;
	timebase_init(&t, &r, &h);
	assert_int_equal(timebase_ns(&t, 2000), 100000);
	h.tick_hz_x1000 = 0;
	timebase_init(&t, &r, &h);
	assert_int_equal(timebase_ns(&t, 2000), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_around_bounds),
		cmocka_unit_test(test_around_churn),
		cmocka_unit_test(test_cell_index),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
