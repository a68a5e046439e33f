/* SPDX-License-Identifier: MIT
 *
 * The validated stack cache, judged by libunwind: every stack taken is compared frame by frame, while calls
 * come and go, recursion passes the limit, and call sites change inside living functions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "preload/intern.h"
#include "preload/recorder.h"
#include "preload/slow.h"
#include "preload/stack.h"
#include "tests/unit/segment_fixture.h"

#define NOINLINE __attribute__((noinline, noclone))

static struct segment *segment;
static struct stack stack;
static struct stack_room room;
static struct stack_result last;
static unsigned taken;

static NOINLINE void take(void) /* stands in for a hook */
{
	last = stack_take(&stack, HOOK_FRAME);
	taken++;
	assert_int_equal(slow_agrees(&stack, HOOK_FRAME), 1);
	__asm__ volatile("");
}

static int setup(void **state)
{
	(void)state;
	segment = segment_fixture(0);
	stack_init(&stack, segment, &room);
	stack_forget(&stack, intern_node(segment, 0, NODE_ROOT | 1), 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	segment_fixture_free(segment);
	return 0;
}

static NOINLINE void twice_from_two_places(uint32_t nodes[2], uint32_t shared[2])
{
	take();
	nodes[0] = last.node, shared[0] = last.shared;
	take();
	nodes[1] = last.node, shared[1] = last.shared;
	__asm__ volatile("");
}

static void test_call_site_moves_within_an_activation(void **state)
{
	(void)state;
	uint32_t nodes[2], shared[2], depth;
	twice_from_two_places(nodes, shared);
	depth = stack.depth;
	assert_int_not_equal(nodes[0], nodes[1]);
	assert_int_equal(segment_nodes(segment)[nodes[0]].parent, segment_nodes(segment)[nodes[1]].parent);
	assert_int_equal(shared[1], depth); /* the function between is the same activation */
}

static NOINLINE void once(void)
{
	take();
	__asm__ volatile("");
}

static void test_new_activation_is_not_shared(void **state)
{
	(void)state;
	once();
	uint32_t depth = stack.depth;
	once(); /* another call site, so another activation */
	assert_int_equal(stack.depth, depth);
	assert_int_equal(last.shared, depth - 1);
}

static NOINLINE uint64_t recurse(int n)
{
	volatile uint64_t local[3] = {(uint64_t)n};
	if (n % 7 == 0)
		take();
	uint64_t below = n > 0 ? recurse(n - 1) : 0;
	if (n % 11 == 0)
		take();
	return below + local[0];
}

static void test_recursion(void **state)
{
	(void)state;
	recurse(300);
	take();
	assert_true(stack.depth < 300 && !stack.truncated);
}

static void test_deeper_than_the_limit(void **state)
{
	(void)state;
	recurse(3 * (int)SEGMENT_MAX_FRAMES);
	take(); /* back at the surface everything is whole again */
	assert_int_equal(stack.truncated, 0);
	recurse(400);
	assert_int_equal(stack.truncated, 0);
}

static NOINLINE void walk(unsigned *seed, int depth);
static NOINLINE void left(unsigned *seed, int depth) { volatile char local[40]; local[0] = 0; walk(seed, depth); (void)local[0]; }
static NOINLINE void right(unsigned *seed, int depth) { volatile char local[200]; local[0] = 0; walk(seed, depth); (void)local[0]; }
static NOINLINE void sized(unsigned *seed, int depth) /* alloca: the frame is found by bp */
{
	volatile char *local = __builtin_alloca(16 + (size_t)(rand_r(seed) % 100));
	local[0] = 1;
	walk(seed, depth);
	(void)local[0];
}

static NOINLINE void aligned(unsigned *seed, int depth) /* realigns its stack */
{
	volatile char local[64] __attribute__((aligned(64)));
	local[0] = 1;
	walk(seed, depth);
	(void)local[0];
}

static NOINLINE void walk(unsigned *seed, int depth)
{
	static void (*const kinds[])(unsigned *, int) = {left, right, sized, aligned};
	for (int i = rand_r(seed) % 4; i > 0 && depth > 0; i--) {
		kinds[rand_r(seed) % 4](seed, depth - 1);
		if (rand_r(seed) % 3 == 0)
			take();
	}
	take();
}

static void test_random_walks(void **state)
{
	(void)state;
	for (unsigned run = 1; run <= 200; run++) {
		unsigned seed = run;
		walk(&seed, 8);
	}
	assert_true(taken > 10000);
}

static void test_generation_forgets(void **state)
{
	(void)state;
	once();
	uint32_t node = last.node;
	stack_forget(&stack, intern_node(segment, 0, NODE_ROOT | 2), 2);
	for (int i = 0; i < 2; i++)
		once();
	assert_int_not_equal(last.node, node);
	uint32_t n = last.node;
	while (segment_nodes(segment)[n].parent)
		n = (uint32_t)segment_nodes(segment)[n].parent;
	assert_int_equal(segment_nodes(segment)[n].address, NODE_ROOT | 2);
}

int main(void)
{
	slow_load();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call_site_moves_within_an_activation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_activation_is_not_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recursion, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deeper_than_the_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random_walks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_generation_forgets, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
