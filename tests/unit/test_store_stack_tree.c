/* SPDX-License-Identifier: MIT
 *
 * The stack tree, read whole and stack by stack, and damaged ones.
 */
#include "synthetic_fixture.h"

#include "analyzer/store/stack_tree.h"

static struct store *s;

static int teardown(void **state)
{
	(void)state;
	synthetic_close(s);
	s = NULL;
	return 0;
}

/* What is read one by one is what is read at once. */
static void one_by_one(void **state)
{
	struct store *other = NULL;
	struct stack_tree some, all;
	struct err err = { 0 };

	(void)state;
	s = synthetic_open(NULL);
	other = store_open(synthetic_path, &err);
	assert_non_null(other);
	assert_int_equal(stack_tree_load_names(s, &some, &err), 0);
	assert_int_equal(stack_tree_load(other, &all, &err), 0);
	assert_null(some.order);
	assert_int_equal(some.last_node, all.last_node);
	assert_int_equal(all.order_count, synthetic_ask(s, "SELECT count(*) FROM stack"));
	for (uint32_t n = all.last_node; n >= 1; n--) {
		assert_int_equal(stack_tree_need(&some, n, &err), all.nodes[n].frame ? 0 : -1);
		assert_memory_equal(&some.nodes[n], &all.nodes[n], sizeof(all.nodes[n]));
		err = (struct err){ 0 };
	}
	assert_int_equal(stack_tree_need(&some, 0, NULL), -1);
	assert_int_equal(stack_tree_need(&some, -5, NULL), -1);
	assert_int_equal(stack_tree_need(&some, (int64_t)1 << 40, NULL), -1);
	assert_int_equal(stack_tree_need(&all, 6, &err), 0);
	assert_int_equal(stack_tree_load(s, &all, &err), 0); /* the rest of it */
	assert_ptr_equal(some.nodes, all.nodes);
	stack_tree_release(&some);
	stack_tree_release(&all);
	store_close(other);
}

static void nodes_are_gone(const struct stack_tree *t, const uint32_t *nodes)
{
	for (; *nodes; nodes++)
		assert_int_equal(t->nodes[*nodes].frame, 0);
}

/* Stacks 10 and 9 .. 3 lie on 2 and 1; 44 lies beside them. What does not fit leaves nothing behind, and the others can be read. */
static void damage_is_noticed(void **state)
{
	static const struct {
		const char *sql;
		uint32_t gone[10];
	} damages[] = {
		{ "UPDATE stack SET parent_id = 8 WHERE id = 5", { 10, 9, 8, 7, 5 } }, /* a circle */
		{ "UPDATE stack SET parent_id = 9 WHERE id = 9", { 10, 9 } },
		{ "UPDATE stack SET parent_id = 97000 WHERE id = 5", { 10, 9, 8, 7, 5 } },
		{ "UPDATE stack SET frame_id = 4000 WHERE id = 9", { 10, 9 } },
		{ "UPDATE stack SET site_id = 0 WHERE id = 10", { 10 } },
		{ "UPDATE stack SET depth = depth + 1 WHERE id = 9", { 10, 9 } },
		{ "UPDATE stack SET depth = 2 WHERE id = 1", { 10, 9, 8, 7, 5, 4, 3, 2, 1 } },
		{ "DELETE FROM stack WHERE id = 4", { 10, 9, 8, 7, 5, 4 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct stack_tree tree;
		struct err err = { 0 };

		synthetic_close(s);
		s = synthetic_open(damages[i].sql);
		assert_int_equal(stack_tree_load_names(s, &tree, &err), 0);
		for (int again = 0; again < 2; again++) {
			err = (struct err){ 0 };
			assert_int_equal(stack_tree_need(&tree, 10, &err), -1);
			assert_non_null(strstr(err.text, "damaged"));
			nodes_are_gone(&tree, damages[i].gone);
		}
		assert_int_equal(stack_tree_need(&tree, 44, NULL), 0);
		stack_tree_release(&tree);
		err = (struct err){ 0 };
		assert_int_equal(stack_tree_load(s, &tree, &err), -1);
		assert_non_null(strstr(err.text, "damaged"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(one_by_one, teardown),
		cmocka_unit_test_teardown(damage_is_noticed, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
