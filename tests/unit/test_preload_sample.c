/* SPDX-License-Identifier: MIT
 *
 * The sampled addresses and the distances of points: what is in is found, what is not is not, and nothing is left behind.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "preload/sample.h"

#define MANY 300000u
#define THREADS 4u

static uint64_t address_of(uint32_t i) { return 0x7f0000000000ull + (uint64_t)i * 16 * 7; }

static uint32_t counted(void)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < 1u << SAMPLE_CELL_BITS; i++)
		sum += atomic_load(&sample_cells[i]);
	return sum;
}

static int begin(void **state)
{
	(void)state;
	return !sample_start();
}

static void what_is_in_is_found(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		assert_true(sample_add(address_of(i)));
	assert_int_equal(counted(), MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(sample_may_hold(address_of(i)));
		assert_false(sample_remove(address_of(i) + 16));
	}
	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(sample_remove(address_of(i)));
		assert_false(sample_remove(address_of(i)));
	}
	assert_int_equal(counted(), 0);
}

static void an_address_is_in_once(void **state)
{
	(void)state;
	assert_true(sample_add(4096));
	assert_true(sample_add(4096));
	assert_true(sample_remove(4096));
	assert_false(sample_remove(4096));
	assert_int_equal(counted(), 0);
}

/* Addresses of one cell, more than it counts. */
static void a_full_cell_refuses(void **state)
{
	uint64_t same[300];
	uint32_t n = 0, in = 0;

	(void)state;
	for (uint64_t high = 0; n < 300; high++) {
		uint64_t low = high ^ 77; /* of the cell's bits: undoes what is folded in */
		same[n++] = high << SAMPLE_FOLD_BITS | (low & 0xfffff) << SAMPLE_GRAIN_BITS;
	}
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(sample_cell(same[i]), sample_cell(same[0]));
		in += sample_add(same[i]);
	}
	assert_int_equal(in, 255);
	for (uint32_t i = 0; i < n; i++)
		in -= sample_remove(same[i]);
	assert_int_equal(in, 0);
	assert_int_equal(counted(), 0);
}

static void *churn(void *arg)
{
	uint32_t me = *(uint32_t *)arg;
	uintptr_t wrong = 0;

	for (uint32_t round = 0; round < 200; round++) {
		for (uint32_t i = 0; i < 500; i++)
			wrong += !sample_add(address_of(i * THREADS + me));
		for (uint32_t i = 0; i < 500; i++)
			wrong += !sample_may_hold(address_of(i * THREADS + me)) || !sample_remove(address_of(i * THREADS + me));
	}
	return (void *)wrong;
}

static void threads_do_not_disturb_each_other(void **state)
{
	pthread_t threads[THREADS];
	uint32_t me[THREADS];
	void *wrong;

	(void)state;
	for (uint32_t i = 0; i < THREADS; i++) {
		me[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &me[i]), 0);
	}
	for (uint32_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		assert_ptr_equal(wrong, NULL);
	}
	assert_int_equal(counted(), 0);
}

/* The chance that no point falls on n bytes is exp(-n / mean), for every n. */
static void distances_are_exponential(void **state)
{
	static const uint64_t means[] = { 1, 7, 1000, 524288, 1ull << 40 };
	static const double parts[] = { 0.01, 0.1, 0.5, 1, 2, 5 };

	(void)state;
	for (size_t m = 0; m < sizeof(means) / sizeof(means[0]); m++) {
		uint64_t random = 12345;
		uint32_t beyond[6] = { 0 };

		for (uint32_t i = 0; i < MANY; i++) {
			uint64_t gap = sample_gap(&random, means[m]);

			assert_true(gap >= 1);
			for (int k = 0; k < 6; k++)
				beyond[k] += gap > (uint64_t)(parts[k] * (double)means[m]);
		}
		for (int k = 0; k < 6; k++) {
			double p = exp(-floor(parts[k] * (double)means[m]) / (double)means[m]);

			assert_true(fabs(beyond[k] - MANY * p) <= 5 * sqrt(MANY * p * (1 - p)) + 1e-6 * MANY);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_is_found),
		cmocka_unit_test(an_address_is_in_once),
		cmocka_unit_test(a_full_cell_refuses),
		cmocka_unit_test(threads_do_not_disturb_each_other),
		cmocka_unit_test(distances_are_exponential),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
