/* SPDX-License-Identifier: MIT
 *
 * The stack tree between segment and trace: ids of well-formed stacks, and what a target that writes nonsense gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "collected_trace.h"
#include "collector/tree.h"
#include "segment_fixture.h"

static char path[64];

struct fixture {
	struct segment *segment;
	struct writer writer;
	struct tree tree;
	unsigned char *raw;
};

static void set_node(struct fixture *f, uint32_t id, uint64_t address, uint64_t parent)
{
	atomic_store(&segment_nodes(f->segment)[id].parent, parent);
	atomic_store(&segment_nodes(f->segment)[id].address, address);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->segment = segment_fixture(0);
	f->raw = malloc(BLOCK_MAX_RAW);
	assert_int_equal(writer_open(&f->writer, path, 1), 0);
	struct file_header header = { .version = TRACE_VERSION };
	assert_int_equal(writer_start(&f->writer, &header), 0);
	assert_int_equal(tree_init(&f->tree, f->segment, &f->writer, f->raw), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	tree_release(&f->tree);
	writer_close(&f->writer);
	segment_fixture_free(f->segment);
	free(f->raw);
	free(f);
	unlink(path);
	return 0;
}

static void ids_are_dense_and_parents_first(void **state)
{
	struct fixture *f = *state;
	set_node(f, 500, NODE_ROOT | 3, 0);
	set_node(f, 40, 0x1000, 500);
	set_node(f, 900000, 0x2000, 40);
	set_node(f, 7, 0x3000, 40);

	assert_int_equal(tree_id(&f->tree, 900000), 3);
	assert_int_equal(tree_id(&f->tree, 900000), 3);
	assert_int_equal(tree_id(&f->tree, 7), 4);
	assert_int_equal(tree_id(&f->tree, 40), 2);
	assert_int_equal(tree_id(&f->tree, 0), 0);
	tree_flush(&f->tree, 5);
	tree_flush(&f->tree, 6); /* nothing new: no block */

	struct collected *c = collected_read(path);
	assert_int_equal(c->block_count, 1);
	assert_int_equal(c->node_count, 4);
	assert_int_equal(c->nodes[1].address, 3); /* the epoch */
	assert_int_equal(c->nodes[1].parent, 0);
	assert_int_equal(c->nodes[2].address, 0x1000);
	assert_int_equal(c->nodes[2].parent, 1);
	assert_int_equal(c->nodes[3].address, 0x2000);
	assert_int_equal(c->nodes[4].parent, 2);
	collected_free(c);
}

static void a_node_that_cannot_be_is_no_stack(void **state)
{
	struct fixture *f = *state;
	set_node(f, 10, 0x1000, 11); /* a cycle */
	set_node(f, 11, 0x1000, 10);
	set_node(f, 12, 0x1000, 0);  /* no root, and no parent */
	set_node(f, 13, NODE_ROOT | 1, 10); /* a root with a parent */
	set_node(f, 14, 0x1000, 77); /* of nothing */
	set_node(f, 15, 0x1000, UINT64_MAX);
	set_node(f, 16, 0x1000, SEGMENT_NODES);
	for (uint32_t id = 10; id <= 16; id++)
		assert_int_equal(tree_id(&f->tree, id), 0);
	assert_int_equal(tree_id(&f->tree, (uint32_t)SEGMENT_NODES), 0);
	assert_int_equal(tree_id(&f->tree, UINT32_MAX), 0);
	assert_int_equal(f->tree.refused, 9);
	assert_int_equal(f->tree.last_id, 0);
}

static void the_deepest_stack_passes_and_a_deeper_one_does_not(void **state)
{
	struct fixture *f = *state;
	set_node(f, 1, NODE_ROOT | 1, 0);
	for (uint32_t id = 2; id <= SEGMENT_MAX_FRAMES + 20; id++)
		set_node(f, id, id, id - 1);
	assert_int_equal(tree_id(&f->tree, SEGMENT_MAX_FRAMES + 20), 0);
	assert_int_equal(tree_id(&f->tree, SEGMENT_MAX_FRAMES + 1), SEGMENT_MAX_FRAMES + 1);
}

static void many_nodes_take_several_blocks(void **state)
{
	struct fixture *f = *state;
	set_node(f, 1, NODE_ROOT | 1, 0);
	for (uint32_t id = 2; id <= 70000; id++) {
		set_node(f, id, id, 1);
		assert_int_equal(tree_id(&f->tree, id), id);
	}
	tree_flush(&f->tree, 1);
	struct collected *c = collected_read(path);
	assert_int_equal(c->block_count, 2);
	assert_int_equal(c->node_count, 70000);
	assert_int_equal(c->nodes[70000].address, 70000);
	collected_free(c);
}

/* The stack of three nodes from `first` on, of a family. */
static uint32_t stack_of(struct fixture *f, uint32_t family, uint32_t first, uint64_t epoch)
{
	set_node(f, first, NODE_ROOT | epoch, 0);
	set_node(f, first + 1, 0x1000, first);
	set_node(f, first + 2, 0x2000, first + 1);
	atomic_fetch_add(&f->segment->node_counts[0], 3);
	f->tree.family = family;
	return tree_id(&f->tree, first + 2);
}

static void the_nodes_of_families_that_ended_are_freed(void **state)
{
	struct fixture *f = *state;
	const struct segment_node *nodes = segment_nodes(f->segment);
	uint32_t living[] = { 2, 5 };

	assert_int_equal(stack_of(f, 1, 10, 1), 3);
	assert_int_equal(stack_of(f, 2, 20, 2), 6);
	assert_int_equal(stack_of(f, 0, 30, 3), 9);
	tree_free_others(&f->tree, living, 2);
	for (uint32_t id = 10; id < 13; id++) {
		assert_int_equal(atomic_load(&nodes[id].address), 0);
		assert_int_equal(atomic_load(&nodes[id].parent), 0);
	}
	assert_int_equal(atomic_load(&nodes[22].address), 0x2000);
	assert_int_equal(atomic_load(&nodes[32].address), 0x2000);
	assert_int_equal(atomic_load(&f->segment->node_counts[0]), 6);
	assert_int_equal(f->tree.met, 3);
	f->tree.family = 2;
	assert_int_equal(tree_id(&f->tree, 22), 6);

	/* it might lie below another by now */
	f->tree.family = 0;
	assert_int_equal(tree_id(&f->tree, 32), 12);

	/* given anew, to another: an id of its own in the trace */
	assert_int_equal(stack_of(f, 5, 10, 4), 15);
	f->tree.family = 2;
	assert_int_equal(tree_id(&f->tree, 12), 0);
	assert_int_equal(f->tree.refused, 1);
}

static void a_level_counts_its_own_nodes(void **state)
{
	struct fixture *f = *state;
	uint32_t first = node_level_first(2);

	atomic_store(&f->segment->node_counts[1], 7);
	stack_of(f, 1, first, 1);
	atomic_store(&f->segment->node_counts[2], 3);
	tree_free_others(&f->tree, NULL, 0);
	assert_int_equal(atomic_load(&f->segment->node_counts[2]), 0);
	assert_int_equal(atomic_load(&f->segment->node_counts[1]), 7);
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test_collector_tree.%d.trace", getpid());
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ids_are_dense_and_parents_first, setup, teardown),
		cmocka_unit_test_setup_teardown(a_node_that_cannot_be_is_no_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(the_deepest_stack_passes_and_a_deeper_one_does_not, setup, teardown),
		cmocka_unit_test_setup_teardown(many_nodes_take_several_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(the_nodes_of_families_that_ended_are_freed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_level_counts_its_own_nodes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
