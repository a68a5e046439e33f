/* SPDX-License-Identifier: MIT
 *
 * The stacks codec: forests survive, everything that is not one is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/block.h"
#include "trace/stacks.h"

static unsigned char bytes[BLOCK_MAX_RAW];

static void survives(uint32_t first, const struct stack_node *nodes, size_t n)
{
	struct stack_node *again = malloc(n * sizeof(*again));
	long size = stacks_encode(first, nodes, n, bytes, sizeof(bytes));

	assert_true(size > 0);
	assert_int_equal(stacks_decode(first, bytes, (size_t)size, again, n), TRACE_OK);
	for (size_t i = 0; i < n; i++) {
		assert_true(again[i].address == nodes[i].address);
		assert_int_equal(again[i].parent, nodes[i].parent);
	}
	free(again);
}

static void chains_are_short(void **state)
{
	struct stack_node nodes[40] = {{.address = 7, .parent = 0}};
	long size;

	(void)state;
	for (uint32_t i = 1; i < 40; i++)
		nodes[i] = (struct stack_node){.address = 0x7f0000401000ull + (i * 37 % 40) * 100, .parent = i};
	survives(1, nodes, 40);
	size = stacks_encode(1, nodes, 40, bytes, sizeof(bytes));
	assert_true(size < 40 * 4);
}

static void extremes_survive(void **state)
{
	const struct stack_node nodes[] = {
		{UINT32_MAX, 0}, {1, 1}, {UINT64_MAX, 1}, {0, 0xfffffff0u}, {1ull << 63, 0xfffffff1u}, {(1ull << 63) - 1, 2},
		{0, 0}, {UINT64_MAX, 0}, {5, 0xfffffff6u},
	};

	(void)state;
	survives(0xfffffff0u, nodes, sizeof(nodes) / sizeof(nodes[0]));
	survives(UINT32_MAX, nodes + 1, 1);
}

static void full_blocks_survive(void **state)
{
	struct stack_node *nodes = malloc(STACKS_MAX_NODES * sizeof(*nodes));
	uint64_t random = 88172645463325252ull;

	(void)state;
	for (uint32_t i = 0; i < STACKS_MAX_NODES; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		nodes[i] = (struct stack_node){.address = random, .parent = (uint32_t)(random >> 20) % (i + 1000)};
	}
	survives(1000, nodes, STACKS_MAX_NODES);
	free(nodes);
}

static void damage_is_refused_or_harmless(void **state)
{
	const struct stack_node nodes[] = {{1, 0}, {0x401000, 1}, {0x401234, 2}, {0x7fff12345678, 2}, {2, 0}, {0x99, 5}};
	const size_t n = sizeof(nodes) / sizeof(nodes[0]);
	struct stack_node again[8];
	size_t size = (size_t)stacks_encode(1, nodes, n, bytes, sizeof(bytes));

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		unsigned char *exact = malloc(cut + !cut);

		memcpy(exact, bytes, cut);
		assert_int_equal(stacks_decode(1, exact, cut, again, n), TRACE_BAD);
		free(exact);
	}
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (stacks_decode(1, bytes, size, again, n) == TRACE_OK)
			for (size_t i = 0; i < n; i++)
				assert_true(again[i].parent < 1 + i);
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_int_equal(stacks_decode(1, bytes, size + 1, again, n), TRACE_BAD); /* a byte too many */
	assert_int_equal(stacks_decode(1, bytes, size, again, n - 1), TRACE_BAD);
	assert_int_equal(stacks_decode(1, bytes, size, again, n + 1), TRACE_BAD);
}

static void parents_come_first(void **state)
{
	struct stack_node node;

	(void)state;
	assert_int_equal(stacks_decode(5, (const unsigned char *)"\x04\x00", 2, &node, 1), TRACE_OK);
	assert_int_equal(node.parent, 1);
	assert_int_equal(stacks_decode(5, (const unsigned char *)"\x05\x00", 2, &node, 1), TRACE_BAD); /* a root has up 0 */
	assert_int_equal(stacks_decode(5, (const unsigned char *)"\x06\x00", 2, &node, 1), TRACE_BAD);
}

static void small_buffers_are_full(void **state)
{
	const struct stack_node nodes[] = {{1, 0}, {0x401000, 1}};

	(void)state;
	for (size_t cap = 0; cap < 20; cap++)
		assert_int_equal(stacks_encode(1, nodes, 2, bytes, cap), TRACE_FULL);
	assert_true(stacks_encode(1, nodes, 2, bytes, 40) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_are_short),
		cmocka_unit_test(extremes_survive),
		cmocka_unit_test(full_blocks_survive),
		cmocka_unit_test(damage_is_refused_or_harmless),
		cmocka_unit_test(parents_come_first),
		cmocka_unit_test(small_buffers_are_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
