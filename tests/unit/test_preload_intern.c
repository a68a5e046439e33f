/* SPDX-License-Identifier: MIT
 *
 * The stack tree's write side: one id for one (parent, address), whatever the threads and levels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "preload/intern.h"
#include "preload/window.h"
#include "tests/unit/segment_fixture.h"

static struct segment *fresh_segment(void)
{
	window_forget();
	return segment_fixture(0);
}

static void test_same_key_same_id(void **state)
{
	(void)state;
	struct segment *s = fresh_segment();
	uint32_t root = intern_node(s, 0, NODE_ROOT | 1);
	uint32_t a = intern_node(s, root, 0x1000), b = intern_node(s, root, 0x2000), c = intern_node(s, a, 0x2000);
	assert_true(root && a && b && c);
	assert_true(a != b && b != c && a != c);
	assert_int_equal(intern_node(s, 0, NODE_ROOT | 1), root);
	assert_int_equal(intern_node(s, root, 0x1000), a);
	assert_int_equal(intern_node(s, a, 0x2000), c);
	assert_int_equal(segment_nodes(s)[c].address, 0x2000);
	assert_int_equal(segment_nodes(s)[c].parent, a);
	segment_fixture_free(s);
}

static void test_grows_through_levels(void **state)
{
	(void)state;
	enum { N = 400000 }; /* more than the first two levels take */
	struct segment *s = fresh_segment();
	static uint32_t ids[N];
	for (uint32_t i = 0; i < N; i++)
		ids[i] = intern_node(s, 0, 0x10000 + 16ull * i);
	assert_true(atomic_load(&s->node_level) >= 2);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(intern_node(s, 0, 0x10000 + 16ull * i), ids[i]);
		assert_int_equal(segment_nodes(s)[ids[i]].address, 0x10000 + 16ull * i);
	}
	assert_int_equal(atomic_load(&s->nodes_refused), 0);
	segment_fixture_free(s);
}

static void test_full_table_cuts_stacks(void **state)
{
	(void)state;
	struct segment *s = fresh_segment();
	uint32_t parent = intern_node(s, 0, NODE_ROOT | 1);
	atomic_store(&s->node_level, NODE_LEVELS);
	assert_int_equal(intern_node(s, parent, 0x5550), parent);
	segment_fixture_free(s);
}

enum { THREADS = 4, KEYS = 20000 };
static struct segment *shared;
static uint32_t found[THREADS][KEYS];

static void *intern_all(void *arg)
{
	uint32_t *out = arg;
	for (uint32_t i = 0; i < KEYS; i++)
		out[i] = intern_node(shared, 0, 0x400000 + 8ull * (i * 7919u % KEYS));
	return NULL;
}

/* The keys stay within the first level, so that there are no twins. */
static void test_threads_agree(void **state)
{
	(void)state;
	pthread_t t[THREADS];
	shared = fresh_segment();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, intern_all, found[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 1; i < THREADS; i++)
		assert_memory_equal(found[i], found[0], sizeof found[0]);
	assert_int_equal(atomic_load(&shared->node_counts[0]), KEYS);
	segment_fixture_free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_key_same_id),
		cmocka_unit_test(test_grows_through_levels),
		cmocka_unit_test(test_full_table_cuts_stacks),
		cmocka_unit_test(test_threads_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
