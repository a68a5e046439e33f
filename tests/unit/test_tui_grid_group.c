/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/grid_group.h"

static const struct column table_columns[] = { { "bytes", "BYTES", UNIT_BYTES, "" } };
static const struct grid_column columns[] = { { .name = "bytes", .title = "bytes", .flags = GRID_COST } };

enum { ANSWERS = 64 };

/* The answers of all groups of a test, released with the last of them. */
static struct answer answers[ANSWERS];
static int answer_count;

static struct grid_group group_of(int count, const int *rows)
{
	struct grid_group g = { .count = count };

	for (int i = 0; i < count; i++) {
		struct answer *answer = &answers[answer_count++];

		table_init(&answer->table, table_columns, 1);
		for (int row = 0; row < rows[i]; row++)
			table_set_number(table_add_row(&answer->table), 1000 - row);
		g.asked[i].answer = answer;
		grid_open(&g.grids[i], &answer->table, columns, 1);
	}
	grid_group_start(&g);
	return g;
}

static int forget_answers(void **state)
{
	(void)state;
	while (answer_count > 0)
		answer_release(&answers[--answer_count]);
	return 0;
}

static struct grid_group pair_of(int upper, int lower)
{
	return group_of(2, (const int[]){ upper, lower });
}

static void test_one_to_the_keys(void **state)
{
	struct grid_group p = pair_of(2, 3);

	(void)state;
	assert_int_equal(p.focus, 0);
	grid_group_act(&p, ACTION_DOWN);
	assert_int_equal(p.focus, 0);
	grid_group_act(&p, ACTION_DOWN);
	assert_int_equal(p.focus, 1);
	assert_int_equal(grid_row(grid_group_focus(&p)), 0);
	grid_group_act(&p, ACTION_LAST);
	grid_group_act(&p, ACTION_DOWN); /* the end */
	assert_int_equal(grid_row(grid_group_focus(&p)), 2);
	grid_group_act(&p, ACTION_LEFT);
	assert_int_equal(grid_row(grid_group_focus(&p)), 1); /* as it was left */
	grid_group_act(&p, ACTION_RIGHT);
	assert_int_equal(grid_row(grid_group_focus(&p)), 2);
	grid_group_act(&p, ACTION_FIRST);
	grid_group_act(&p, ACTION_UP);
	assert_int_equal(p.focus, 0);
	assert_int_equal(grid_row(grid_group_focus(&p)), 1);
	grid_group_release(&p);
}

static void test_an_empty_list_gets_no_keys(void **state)
{
	struct grid_group p = pair_of(0, 1), q = pair_of(1, 0), r = group_of(3, (const int[]){ 1, 0, 2 });

	(void)state;
	assert_int_equal(p.focus, 1);
	grid_group_act(&p, ACTION_LEFT);
	grid_group_act(&p, ACTION_UP);
	assert_int_equal(p.focus, 1);
	grid_group_act(&q, ACTION_RIGHT);
	grid_group_act(&q, ACTION_DOWN);
	assert_int_equal(q.focus, 0);
	grid_group_act(&r, ACTION_DOWN); /* over the empty one */
	assert_int_equal(r.focus, 2);
	grid_group_act(&r, ACTION_RIGHT);
	assert_int_equal(r.focus, 2);
	grid_group_act(&r, ACTION_UP);
	assert_int_equal(r.focus, 0);
	grid_group_act(&r, ACTION_RIGHT);
	assert_int_equal(r.focus, 2);
	grid_group_act(&r, ACTION_LEFT);
	assert_int_equal(r.focus, 0);
	grid_group_release(&p);
	grid_group_release(&q);
	grid_group_release(&r);
}

static void shares(const struct grid_group *g, int height, int first, int second, int third)
{
	int rows[GROUP_LISTS];

	grid_group_share(g, height, rows);
	assert_int_equal(rows[0], first);
	assert_int_equal(rows[1], second);
	if (g->count > 2)
		assert_int_equal(rows[2], third);
}

/* Each list needs its rows, a head and a title. */
static void test_sharing_the_room(void **state)
{
	struct grid_group p = pair_of(3, 30), q = pair_of(30, 3), r = pair_of(30, 30), small = pair_of(1, 0);
	struct grid_group t = group_of(3, (const int[]){ 30, 1, 30 }), u = group_of(3, (const int[]){ 30, 30, 30 });

	(void)state;
	assert_int_equal(grid_group_height(&p), 37);
	shares(&p, 20, 5, 15, 0);
	shares(&q, 20, 15, 5, 0);
	shares(&r, 20, 10, 10, 0);
	shares(&r, 5, 5, 0, 0); /* no room for two */
	r.focus = 1;
	shares(&r, 5, 0, 5, 0);
	shares(&small, 5, 3, 2, 0); /* short, but all of it fits */
	shares(&t, 20, 8, 3, 9);
	shares(&t, 80, 32, 3, 45); /* what nobody needs is the last one's */
	shares(&u, 20, 6, 7, 7);
	u.focus = 1;
	shares(&u, 8, 0, 8, 0);
	grid_group_release(&small);
	grid_group_release(&p);
	grid_group_release(&q);
	grid_group_release(&r);
	grid_group_release(&t);
	grid_group_release(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_one_to_the_keys, forget_answers), cmocka_unit_test_teardown(test_an_empty_list_gets_no_keys, forget_answers),
		cmocka_unit_test_teardown(test_sharing_the_room, forget_answers),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
