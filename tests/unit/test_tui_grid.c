/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tui/grid.h"

static const struct column table_columns[] = {
	{ "name", "NAME", UNIT_TEXT, "" },
	{ "bytes", "BYTES", UNIT_BYTES, "" },
	{ "count", "COUNT", UNIT_COUNT, "" },
	{ "all", "ALL", UNIT_COUNT, "" },
};

static const struct grid_column grid_columns[] = {
	{ .name = "bytes", .title = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "count", .title = "count", .priority = 1, .flags = GRID_COST },
	{ .name = "count", .title = "of all", .of = "all", .priority = 2 },
	{ .name = "missing", .title = "missing" },
	{ .name = "name", .title = "name", .flags = GRID_FUNCTION },
};

enum { BYTES, COUNT, SHARE, MISSING, NAME, COLUMNS };

static void add(struct table *t, const char *name, int64_t bytes, int64_t count, int64_t all)
{
	struct value *row = table_add_row(t);

	row[0] = (struct value){ .text = table_text(t, name, strlen(name)) };
	row[1] = (struct value){ .number = bytes };
	row[2] = (struct value){ .number = count, .none = count < 0 };
	row[3] = (struct value){ .number = all };
}

static struct table small_table(void)
{
	struct table t;

	table_init(&t, table_columns, 4);
	add(&t, "alpha", 100, 7, 14);
	add(&t, "Beta", 3000, -1, 10);
	add(&t, "gamma_new", 20, 9, 9);
	add(&t, "beta_new", 500, 8, 0);
	return t;
}

static const char *name_at(const struct grid *g, size_t position)
{
	return table_at(g->table, g->order[position], 0)->text;
}

static void place(struct grid *g, int width, int height)
{
	struct rect area = { 0, 0, height, width };

	grid_place(g, area, 0);
}

static void test_order(void **state)
{
	struct table t = small_table();
	struct grid g;

	(void)state;
	grid_open(&g, &t, grid_columns, COLUMNS);
	assert_string_equal(grid_cost(&g), "bytes");
	assert_string_equal(name_at(&g, 0), "alpha"); /* as the table came */
	grid_set_cost(&g, "bytes");
	assert_string_equal(name_at(&g, 0), "Beta");
	assert_string_equal(name_at(&g, 3), "gamma_new");
	grid_act(&g, ACTION_SORT_REVERSE);
	assert_string_equal(name_at(&g, 0), "gamma_new");
	grid_act(&g, ACTION_COST); /* count: what has none comes last */
	assert_string_equal(grid_cost(&g), "count");
	assert_string_equal(name_at(&g, 0), "gamma_new");
	assert_string_equal(name_at(&g, 3), "Beta");
	grid_act(&g, ACTION_SORT_REVERSE);
	assert_string_equal(name_at(&g, 0), "alpha");
	assert_string_equal(name_at(&g, 3), "Beta");
	grid_release(&g);
	table_release(&t);
}

static void test_sort_goes_through_the_columns_seen(void **state)
{
	struct table t = small_table();
	struct grid g;

	(void)state;
	grid_open(&g, &t, grid_columns, COLUMNS);
	grid_set_cost(&g, "bytes");
	place(&g, 80, 10);
	grid_act(&g, ACTION_SORT_NEXT);
	assert_int_equal(g.sort, COUNT);
	assert_string_equal(grid_sorted_by(&g), "count");
	grid_act(&g, ACTION_SORT_NEXT);
	assert_int_equal(g.sort, SHARE);
	assert_string_equal(name_at(&g, 0), "gamma_new"); /* 9 of 9; a share of nothing is none */
	grid_act(&g, ACTION_SORT_NEXT);
	assert_int_equal(g.sort, NAME);
	assert_string_equal(name_at(&g, 0), "Beta");
	grid_act(&g, ACTION_SORT_NEXT);
	assert_int_equal(g.sort, BYTES);
	assert_null(grid_sorted_by(&g));
	grid_release(&g);
	table_release(&t);
}

/* Names that begin alike for longer than a sorting key, one a beginning of another, two the same. */
static void test_order_of_texts(void **state)
{
	static const char *const names[] = { "a::very::long::scope::beta", "a::very::long::scope::alpha", "a::very::long::scope", "",
		                             "a::very::long::scope::alpha", "b", "a::very::", "a::very::l" };
	static const char *const ordered[] = { "a::very::", "a::very::l", "a::very::long::scope", "a::very::long::scope::alpha",
		                               "a::very::long::scope::alpha", "a::very::long::scope::beta", "b", "" };
	struct table t;
	struct grid g;

	(void)state;
	table_init(&t, table_columns, 4);
	for (size_t i = 0; i < 8; i++)
		add(&t, names[i], 1, 1, 1);
	grid_open(&g, &t, grid_columns, COLUMNS);
	g.sort = NAME;
	grid_sort(&g);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(name_at(&g, i), ordered[i]);
	assert_true(g.order[3] < g.order[4]); /* what is equal stays in the table's order */
	grid_act(&g, ACTION_SORT_REVERSE);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(name_at(&g, i), ordered[6 - i]);
	assert_string_equal(name_at(&g, 7), ""); /* nothing stays last */
	grid_release(&g);
	table_release(&t);
}

static void test_going(void **state)
{
	struct table t = small_table();
	struct grid g;

	(void)state;
	grid_open(&g, &t, grid_columns, COLUMNS);
	place(&g, 80, 3); /* a head and two rows */
	grid_act(&g, ACTION_UP);
	assert_int_equal(g.selected, 0);
	grid_act(&g, ACTION_LAST);
	assert_int_equal(g.selected, 3);
	assert_int_equal(g.top, 2);
	grid_act(&g, ACTION_DOWN);
	assert_int_equal(g.selected, 3);
	grid_act(&g, ACTION_PAGE_UP);
	assert_int_equal(g.selected, 2);
	place(&g, 80, 10); /* a taller window shows all again */
	assert_int_equal(g.top, 0);
	assert_int_equal(g.selected, 2);
	grid_release(&g);
	table_release(&t);
}

static void test_empty(void **state)
{
	struct table t;
	struct grid g;
	struct screen s;

	(void)state;
	table_init(&t, table_columns, 4);
	grid_open(&g, &t, grid_columns, COLUMNS);
	screen_init(&s, 0);
	screen_resize(&s, 10, 40);
	place(&g, 40, 10);
	for (int action = ACTION_UP; action < ACTION_QUIT; action++)
		grid_act(&g, (enum action)action);
	grid_draw(&g, &s, 1);
	assert_int_equal(grid_row(&g), -1);
	assert_int_equal(grid_find(&g, "a", 0, 1), -1);
	screen_release(&s);
	grid_release(&g);
	table_release(&t);
}

static void test_find(void **state)
{
	struct table t = small_table();
	struct grid g;

	(void)state;
	grid_open(&g, &t, grid_columns, COLUMNS);
	assert_int_equal(grid_find(&g, "new", 0, 1), 2);
	assert_int_equal(grid_find(&g, "new", 3, 1), 3);
	assert_int_equal(grid_find(&g, "new", 1, -1), 3); /* round the end */
	assert_int_equal(grid_find(&g, "beta", 0, 1), 1); /* small letters: case does not matter */
	assert_int_equal(grid_find(&g, "Beta", 2, 1), 1);
	assert_int_equal(grid_find(&g, "BETA", 0, 1), -1);
	assert_int_equal(grid_find(&g, "", 0, 1), -1);
	assert_int_equal(grid_find(&g, "gamma_newer", 0, 1), -1); /* the name ends first */
	grid_release(&g);
	table_release(&t);
}

/* No column overlaps another or leaves the area, whatever the width. */
static void test_layout_never_overlaps(void **state)
{
	struct table t = small_table();
	struct grid g;

	(void)state;
	grid_open(&g, &t, grid_columns, COLUMNS);
	grid_set_cost(&g, "bytes");
	for (int width = 40; width < 250; width++) {
		char used[256] = { 0 };

		place(&g, width, 10);
		for (size_t i = 0; i < COLUMNS; i++)
			for (int x = g.state[i].x; x < g.state[i].x + g.state[i].width; x++) {
				assert_in_range(x, 1, width - 1);
				assert_int_equal(used[x]++, 0);
			}
		for (int x = g.bar_x; x < g.bar_x + g.bar_width; x++) {
			assert_in_range(x, 1, width - 1);
			assert_int_equal(used[x]++, 0);
		}
		assert_true(g.state[BYTES].width > 0 && g.state[NAME].width > 0);
		assert_int_equal(g.state[MISSING].width, 0);
	}
	grid_release(&g);
	table_release(&t);
}

static void test_drawing(void **state)
{
	struct table t = small_table();
	struct screen s;
	struct grid g;
	char row[256];

	(void)state;
	grid_open(&g, &t, grid_columns, COLUMNS);
	grid_set_cost(&g, "bytes");
	screen_init(&s, 1);
	screen_resize(&s, 6, 70);
	place(&g, 70, 6);
	grid_draw(&g, &s, 1);
	assert_string_equal(screen_row(&s, 0, row, sizeof(row)), "   bytes*               share   count   of all  name");
	assert_string_equal(screen_row(&s, 1, row, sizeof(row)), ">2.93 KiB ###########  82.9 %       -        -  Beta");
	assert_string_equal(screen_row(&s, 2, row, sizeof(row)), "    500 B #=           13.8 %       8        -  beta_new");
	assert_string_equal(screen_row(&s, 3, row, sizeof(row)), "    100 B :             2.8 %       7   50.0 %  alpha");
	screen_release(&s);
	grid_release(&g);
	table_release(&t);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* A hundred thousand rows: nothing a key does may be felt. The bound is wide: this runs under sanitizers on busy machines. */
static void test_large(void **state)
{
	struct table t;
	struct screen s;
	struct grid g;

	(void)state;
	table_init(&t, table_columns, 4);
	for (int i = 0; i < 100000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "function_number_%d", i * 7919 % 100000);
		add(&t, name, (int64_t)i * 104729 % 1000003, i, i + 1);
	}
	grid_open(&g, &t, grid_columns, COLUMNS);
	screen_init(&s, 0);
	screen_resize(&s, 50, 200);
	place(&g, 200, 50);
	double start = milliseconds();

	for (int i = 0; i < COLUMNS; i++)
		grid_act(&g, ACTION_SORT_NEXT);
	assert_true(milliseconds() - start < 5 * 1000);
	start = milliseconds();
	for (int i = 0; i < 1000; i++) {
		grid_act(&g, i % 2 ? ACTION_LAST : ACTION_FIRST);
		place(&g, 200, 50);
		grid_draw(&g, &s, 1);
	}
	assert_true(milliseconds() - start < 10 * 1000);
	start = milliseconds();
	assert_int_equal(grid_find(&g, "in no row of them", 0, 1), -1);
	assert_true(milliseconds() - start < 1000);
	screen_release(&s);
	grid_release(&g);
	table_release(&t);
}

/* Columns that tell nothing about these rows are left out. */
static void test_columns_without_news(void **state)
{
	static const struct grid_column columns[] = {
		{ .name = "bytes", .title = "bytes", .flags = GRID_COST | GRID_IF_MANY },
		{ .name = "count", .title = "count", .flags = GRID_IF_ANY },
		{ .name = "all", .title = "all", .flags = GRID_IF_MANY },
		{ .name = "name", .title = "name", .flags = GRID_FUNCTION | GRID_IF_ANY },
	};
	struct table t;
	struct grid g;

	(void)state;
	table_init(&t, table_columns, 4);
	add(&t, "", 100, -1, 14);
	add(&t, "", 3000, 0, 14);
	grid_open(&g, &t, columns, 4);
	assert_int_equal(g.state[0].index, 1);
	assert_int_equal(g.state[1].index, -1);
	assert_int_equal(g.state[2].index, -1);
	assert_int_equal(g.state[3].index, -1);
	place(&g, 80, 10);
	assert_int_equal(g.state[1].width, 0);
	assert_int_equal(grid_find(&g, "x", 0, 1), -1);
	grid_act(&g, ACTION_SORT_NEXT);
	grid_act(&g, ACTION_SORT_NEXT);
	assert_int_equal(g.sort, 0);
	grid_release(&g);
	add(&t, "x", 1, 1, 15);
	grid_open(&g, &t, columns, 4);
	for (int i = 0; i < 4; i++)
		assert_int_not_equal(g.state[i].index, -1);
	grid_release(&g);
	table_release(&t);
	table_init(&t, table_columns, 4);
	grid_open(&g, &t, columns, 4); /* no rows at all */
	place(&g, 80, 10);
	grid_release(&g);
	table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_sort_goes_through_the_columns_seen), cmocka_unit_test(test_order_of_texts), cmocka_unit_test(test_going),
		cmocka_unit_test(test_empty), cmocka_unit_test(test_find), cmocka_unit_test(test_layout_never_overlaps),
		cmocka_unit_test(test_drawing), cmocka_unit_test(test_large), cmocka_unit_test(test_columns_without_news),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
