/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/grid_pair.h"

static const struct column table_columns[] = { { "bytes", "BYTES", UNIT_BYTES, "" } };
static const struct grid_column columns[] = { { .name = "bytes", .title = "bytes", .flags = GRID_COST } };

static struct grid_pair pair_of(int upper, int lower)
{
	struct grid_pair p = { .focus = 0 };
	const int rows[PAIR_LISTS] = { upper, lower };

	for (int i = 0; i < PAIR_LISTS; i++) {
		table_init(&p.tables[i], table_columns, 1);
		for (int row = 0; row < rows[i]; row++)
			table_set_number(table_add_row(&p.tables[i]), 1000 - row);
	}
	return p;
}

/* The tables must have their place before grids look at them. */
static void start(struct grid_pair *p)
{
	for (int i = 0; i < PAIR_LISTS; i++)
		grid_open(&p->grids[i], &p->tables[i], columns, 1);
	grid_pair_start(p);
}

static void test_one_to_the_keys(void **state)
{
	struct grid_pair p = pair_of(2, 3);

	(void)state;
	start(&p);
	assert_int_equal(p.focus, PAIR_UPPER);
	grid_pair_act(&p, ACTION_DOWN);
	assert_int_equal(p.focus, PAIR_UPPER);
	grid_pair_act(&p, ACTION_DOWN);
	assert_int_equal(p.focus, PAIR_LOWER);
	assert_int_equal(grid_row(grid_pair_focus(&p)), 0);
	grid_pair_act(&p, ACTION_LAST);
	grid_pair_act(&p, ACTION_DOWN); /* the end */
	assert_int_equal(grid_row(grid_pair_focus(&p)), 2);
	grid_pair_act(&p, ACTION_LEFT);
	assert_int_equal(grid_row(grid_pair_focus(&p)), 1); /* as it was left */
	grid_pair_act(&p, ACTION_RIGHT);
	assert_int_equal(grid_row(grid_pair_focus(&p)), 2);
	grid_pair_act(&p, ACTION_FIRST);
	grid_pair_act(&p, ACTION_UP);
	assert_int_equal(p.focus, PAIR_UPPER);
	assert_int_equal(grid_row(grid_pair_focus(&p)), 1);
	grid_pair_release(&p);
}

static void test_an_empty_list_gets_no_keys(void **state)
{
	struct grid_pair p = pair_of(0, 1), q = pair_of(1, 0);

	(void)state;
	start(&p);
	start(&q);
	assert_int_equal(p.focus, PAIR_LOWER);
	grid_pair_act(&p, ACTION_LEFT);
	grid_pair_act(&p, ACTION_UP);
	assert_int_equal(p.focus, PAIR_LOWER);
	grid_pair_act(&q, ACTION_RIGHT);
	grid_pair_act(&q, ACTION_DOWN);
	assert_int_equal(q.focus, PAIR_UPPER);
	grid_pair_release(&p);
	grid_pair_release(&q);
}

/* Each list needs its rows, a head and a title. */
static void test_sharing_the_room(void **state)
{
	struct grid_pair p = pair_of(3, 30), q = pair_of(30, 3), r = pair_of(30, 30);

	(void)state;
	start(&p);
	start(&q);
	start(&r);
	assert_int_equal(grid_pair_height(&p), 37);
	assert_int_equal(grid_pair_share(&p, 20), 5);
	assert_int_equal(grid_pair_share(&q, 20), 15);
	assert_int_equal(grid_pair_share(&r, 20), 10);
	assert_int_equal(grid_pair_share(&r, 5), 5); /* no room for two */
	r.focus = PAIR_LOWER;
	assert_int_equal(grid_pair_share(&r, 5), 0);
	struct grid_pair small = pair_of(1, 0); /* short, but all of it fits */

	start(&small);
	assert_int_equal(grid_pair_share(&small, 5), 3);
	grid_pair_release(&small);
	grid_pair_release(&p);
	grid_pair_release(&q);
	grid_pair_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_to_the_keys), cmocka_unit_test(test_an_empty_list_gets_no_keys),
		cmocka_unit_test(test_sharing_the_room),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
