/* SPDX-License-Identifier: MIT
 *
 * Differences in a grid: their order, their signs and colours, and what there is to say when nothing changed or all of it is new.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tui/figure.h"
#include "tui/grid.h"

static const struct column table_columns[] = {
	{ "name", "NAME", UNIT_TEXT, "" },
	{ "bytes", "BYTES", UNIT_BYTES, "" },
	{ "bytes_base", NULL, UNIT_BYTES, "" },
	{ "bytes_change", NULL, UNIT_BYTES, "" },
	{ "calls_change", NULL, UNIT_COUNT, "" },
};

static const struct grid_column grid_columns[] = {
	{ .name = "bytes_change", .title = "bytes", .flags = GRID_COST | GRID_CHANGE },
	{ .name = "bytes_change", .title = "of A", .of = "bytes_base", .flags = GRID_CHANGE },
	{ .name = "calls_change", .title = "calls", .flags = GRID_CHANGE },
	{ .name = "name", .title = "name", .flags = GRID_FUNCTION },
};

static void add(struct table *t, const char *name, int64_t before, int64_t after, int64_t calls)
{
	struct value *row = table_add_row(t);

	table_set_text(t, &row[0], name);
	table_set_number(&row[1], after);
	table_set_number(&row[2], before);
	table_set_number(&row[3], after - before);
	table_set_number(&row[4], calls);
}

static void open_grid(struct grid *g, struct table *t)
{
	table_init(t, table_columns, sizeof(table_columns) / sizeof(table_columns[0]));
	add(t, "same", 500, 500, 7);
	add(t, "shrunk", 4096, 2048, 0);
	add(t, "new", 0, 1024, -3);
	add(t, "grown", 1000, 3048, 12);
	add(t, "gone", 3072, 0, -3);
	*g = (struct grid){ .sort = -1 };
	grid_show(g, t, grid_columns, sizeof(grid_columns) / sizeof(grid_columns[0]));
	grid_place(g, (struct rect){ 0, 0, 10, 70 }, 0);
}

static const char *name_at(const struct grid *g, size_t position)
{
	return table_at(g->table, g->order[position], 0)->text;
}

static void test_order_is_by_size(void **state)
{
	static const char *const by_bytes[] = { "gone", "grown", "shrunk", "new", "same" };
	struct table t;
	struct grid g;

	(void)state;
	open_grid(&g, &t);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(name_at(&g, i), by_bytes[i]); /* of the same size, what grew is first */
	grid_act(&g, ACTION_SORT_REVERSE);
	assert_string_equal(name_at(&g, 0), "same");
	grid_release(&g);
	table_release(&t);
}

/* The text of a row, and the style of the first character of `text` in it. */
static void row_with(const struct screen *s, const char *name, char *row, size_t size, int *y)
{
	for (*y = 0; *y < s->rows; (*y)++)
		if (strstr(screen_row(s, *y, row, size), name))
			return;
	fail_msg("no row has %s", name);
}

static int style_at(const struct screen *s, int y, const char *row, const char *text)
{
	const char *at = strstr(row, text);

	assert_non_null(at);
	return s->cells[(size_t)y * (size_t)s->columns + (size_t)(at - row)].style & ~STYLE_SELECTED;
}

static void test_signs_and_colours(void **state)
{
	struct screen s;
	struct table t;
	struct grid g;
	char row[512];
	int y;

	(void)state;
	screen_init(&s, 1);
	screen_resize(&s, 10, 70);
	open_grid(&g, &t);
	grid_draw(&g, &s, 0);
	row_with(&s, "grown", row, sizeof(row), &y);
	assert_non_null(strstr(row, "+2.00 KiB #"));
	assert_non_null(strstr(row, "+205 %"));
	assert_int_equal(style_at(&s, y, row, "+2.00"), STYLE_GROWTH);
	assert_int_equal(style_at(&s, y, row, "#"), STYLE_GROWTH);
	assert_int_equal(style_at(&s, y, row, "+12"), STYLE_GROWTH);
	row_with(&s, "shrunk", row, sizeof(row), &y);
	assert_non_null(strstr(row, "-50 %"));
	assert_int_equal(style_at(&s, y, row, "-2.00 KiB"), STYLE_RELEASE);
	assert_int_equal(style_at(&s, y, row, "#"), STYLE_RELEASE);
	row_with(&s, "new", row, sizeof(row), &y);
	assert_null(strstr(row, "%")); /* of nothing it is no share */
	assert_int_equal(style_at(&s, y, row, "-3"), STYLE_RELEASE);
	row_with(&s, "same", row, sizeof(row), &y);
	assert_null(strstr(row, "%"));
	assert_null(strstr(row, "+0"));
	assert_int_equal(style_at(&s, y, row, "0 B"), STYLE_DIM);
	grid_release(&g);
	table_release(&t);
	screen_release(&s);
}

static void test_beyond_all_bounds(void **state)
{
	struct screen s;
	struct table t;
	struct grid g;

	(void)state;
	screen_init(&s, 1);
	screen_resize(&s, 10, 70);
	table_init(&t, table_columns, sizeof(table_columns) / sizeof(table_columns[0]));
	for (int i = 0; i < 3; i++) {
		struct value *row = table_add_row(&t);
		table_set_text(&t, &row[0], i ? "a" : "b");
		for (int c = 1; c < 5; c++)
			table_set_number(&row[c], i == 0 ? INT64_MIN : i == 1 ? INT64_MAX : c == 2);
	}
	g = (struct grid){ .sort = -1 };
	grid_show(&g, &t, grid_columns, sizeof(grid_columns) / sizeof(grid_columns[0]));
	for (int exact = 0; exact < 2; exact++) {
		grid_place(&g, (struct rect){ 0, 0, 10, 70 }, exact);
		grid_draw(&g, &s, 1);
	}
	assert_string_equal(name_at(&g, 0), "a");
	grid_release(&g);
	table_release(&t);
	screen_release(&s);
}

static void test_figures(void **state)
{
	char out[FIGURE_BYTES];

	(void)state;
	assert_string_equal(figure_change(out, UNIT_BYTES, 1536, 0), "+1.50 KiB");
	assert_string_equal(figure_change(out, UNIT_BYTES, -1536, 1), "-1,536");
	assert_string_equal(figure_change(out, UNIT_NS, 1536, 1), "+1,536");
	assert_string_equal(figure_change(out, UNIT_COUNT, 0, 0), "0");
	assert_string_equal(figure_growth(out, 0.5), "+50 %");
	assert_string_equal(figure_growth(out, -1), "-100 %");
	assert_string_equal(figure_growth(out, 0.0123), "+1.2 %");
	assert_string_equal(figure_growth(out, -0.0001), "~0 %");
	assert_string_equal(figure_growth(out, 199), "x 200");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_is_by_size), cmocka_unit_test(test_signs_and_colours), cmocka_unit_test(test_beyond_all_bounds),
		cmocka_unit_test(test_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
