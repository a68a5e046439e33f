/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tui/grid.h"
#include "tui/mouse.h"
#include "tui/screen.h"

static void test_parse(void **state)
{
	static const char *const wrong[] = {
		"", "M", "0;1M", "0;1;", "0;1;1", "0;1;1x", "0;1;1Mx", ";1;1M", "0;;1M", "-1;1;1M", "0;-1;1M", "0; 1;1M", "0;1;99999999999999999999M",
		"100001;1;1M", "0x1;1;1M",
	};
	struct mouse_report r;

	(void)state;
	assert_true(mouse_parse("0;12;5M", &r));
	assert_int_equal(r.code, 0);
	assert_int_equal(r.x, 12);
	assert_int_equal(r.y, 5);
	assert_false(r.up);
	assert_true(mouse_parse("65;1000;300m", &r));
	assert_int_equal(r.code, 65);
	assert_int_equal(r.x, 1000);
	assert_int_equal(r.y, 300);
	assert_true(r.up);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (mouse_parse(wrong[i], &r))
			fail_msg("taken: %s", wrong[i]);
}

enum { NOTHING = -1 };

/* What a report at column x of a line means at a time. */
static int kind(struct mouse_hand *h, int code, int x, int up, uint64_t now)
{
	const struct mouse_report r = { code, x, 7, up };
	struct mouse m;

	if (!mouse_take(h, &r, now, &m))
		return NOTHING;
	assert_int_equal(m.y, 6);
	assert_int_equal(m.x, x - 1);
	return (int)m.kind;
}

static void test_clicks(void **state)
{
	struct mouse_hand h = { 0 };

	(void)state;
	assert_int_equal(kind(&h, 0, 9, 0, 1000), MOUSE_CLICK);
	assert_int_equal(kind(&h, 0, 9, 1, 1050), MOUSE_RELEASE);
	assert_int_equal(kind(&h, 0, 9, 0, 1200), MOUSE_DOUBLE);
	assert_int_equal(kind(&h, 0, 9, 1, 1250), MOUSE_RELEASE);
	assert_int_equal(kind(&h, 0, 9, 0, 1300), MOUSE_CLICK); /* a third is a first */
	assert_int_equal(kind(&h, 0, 9, 0, 1400), MOUSE_DOUBLE);
	assert_int_equal(kind(&h, 0, 9, 0, 5000), MOUSE_CLICK);
	assert_int_equal(kind(&h, 0, 9, 0, 5401), MOUSE_CLICK); /* too late */
	assert_int_equal(kind(&h, 0, 8, 0, 5500), MOUSE_CLICK); /* elsewhere */
	assert_int_equal(kind(&h, 4 | 8 | 16, 20, 0, 9000), MOUSE_CLICK); /* with all keys held */
}

static void test_drags(void **state)
{
	struct mouse_hand h = { 0 };

	(void)state;
	assert_int_equal(kind(&h, 32, 9, 0, 0), NOTHING); /* no button is down */
	assert_int_equal(kind(&h, 0, 9, 1, 0), NOTHING);
	assert_int_equal(kind(&h, 0, 9, 0, 1), MOUSE_CLICK);
	assert_int_equal(kind(&h, 32, 10, 0, 2), MOUSE_DRAG);
	assert_int_equal(kind(&h, 35, 11, 0, 3), MOUSE_DRAG);
	assert_int_equal(kind(&h, 0, 11, 1, 4), MOUSE_RELEASE);
	assert_int_equal(kind(&h, 32, 12, 0, 5), NOTHING);
	assert_int_equal(kind(&h, 0, 9, 0, 1000), MOUSE_CLICK);
	assert_int_equal(kind(&h, 3, 9, 0, 1001), MOUSE_RELEASE); /* as older terminals tell it */
}

static void test_other_buttons(void **state)
{
	struct mouse_hand h = { 0 };

	(void)state;
	assert_int_equal(kind(&h, 64, 9, 0, 0), MOUSE_WHEEL_UP);
	assert_int_equal(kind(&h, 65, 9, 0, 0), MOUSE_WHEEL_DOWN);
	assert_int_equal(kind(&h, 2, 9, 0, 0), MOUSE_RIGHT);
	assert_int_equal(kind(&h, 2, 9, 1, 0), NOTHING);
	assert_int_equal(kind(&h, 34, 9, 0, 0), NOTHING);  /* dragged with the right one */
	assert_int_equal(kind(&h, 1, 9, 0, 0), NOTHING);   /* the middle one */
	assert_int_equal(kind(&h, 66, 9, 0, 0), NOTHING);  /* wheels to the side */
	assert_int_equal(kind(&h, 128, 9, 0, 0), NOTHING);
}

/* Positions are cells from 0, even if a terminal sends none there is. */
static void test_corner(void **state)
{
	const struct mouse_report r = { 0, 0, 0, 0 };
	struct mouse_hand h = { 0 };
	struct mouse m;

	(void)state;
	assert_true(mouse_take(&h, &r, 0, &m));
	assert_int_equal(m.y, 0);
	assert_int_equal(m.x, 0);
}

/* --- what a grid has where -------------------------------------------------------------------------- */

static const struct column table_columns[] = {
	{ "name", "NAME", UNIT_TEXT, "" },
	{ "bytes", "BYTES", UNIT_BYTES, "" },
	{ "count", "COUNT", UNIT_COUNT, "" },
};

static const struct grid_column grid_columns[] = {
	{ .name = "bytes", .title = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "count", .title = "count" },
	{ .name = "name", .title = "name", .flags = GRID_FUNCTION },
};

enum { BYTES, COUNT, NAME, COLUMNS, ROWS = 50 };

struct shown {
	struct table table;
	struct grid grid;
	struct screen screen;
};

/* Fifty rows in a window that shows nine, at row 3 and column 2 of the screen. */
static void show(struct shown *d)
{
	table_init(&d->table, table_columns, 3);
	for (int i = 0; i < ROWS; i++) {
		struct value *row = table_add_row(&d->table);
		char name[32];

		snprintf(name, sizeof(name), "function_%02d", i);
		row[0] = (struct value){ .text = table_text(&d->table, name, strlen(name)) };
		row[1] = (struct value){ .number = 1000 - i };
		row[2] = (struct value){ .number = i };
	}
	grid_open(&d->grid, &d->table, grid_columns, COLUMNS);
	screen_init(&d->screen, 1);
	screen_resize(&d->screen, 20, 90);
	grid_place(&d->grid, (struct rect){ 3, 2, 10, 80 }, 0);
	grid_draw(&d->grid, &d->screen, 1);
}

static void forget(struct shown *d)
{
	screen_release(&d->screen);
	grid_release(&d->grid);
	table_release(&d->table);
}

static void test_positions(void **state)
{
	struct shown d;

	(void)state;
	show(&d);
	assert_int_equal(grid_position_at(&d.grid, 3), -1); /* the head */
	assert_int_equal(grid_position_at(&d.grid, 4), 0);
	assert_int_equal(grid_position_at(&d.grid, 12), 8);
	assert_int_equal(grid_position_at(&d.grid, 13), -1);
	grid_go(&d.grid, ROWS - 1);
	assert_int_equal(grid_position_at(&d.grid, 12), ROWS - 1);
	grid_place(&d.grid, (struct rect){ 3, 2, 60, 80 }, 0);
	assert_int_equal(grid_position_at(&d.grid, 53), ROWS - 1);
	assert_int_equal(grid_position_at(&d.grid, 54), -1); /* below the last */
	forget(&d);
}

/* Every head is found where its text was drawn; the bar and the share are the cost's. */
static void test_columns(void **state)
{
	static const char *const heads[] = { "bytes", "count", "name" };
	struct shown d;
	char row[512];

	(void)state;
	show(&d);
	screen_row(&d.screen, 3, row, sizeof(row));
	for (int i = 0; i < COLUMNS; i++) {
		int x = (int)(strstr(row, heads[i]) - row);

		assert_int_equal(grid_column_at(&d.grid, x), i);
		assert_int_equal(grid_column_at(&d.grid, x + (int)strlen(heads[i]) - 1), i);
	}
	assert_true(d.grid.bar_width > 0);
	assert_int_equal(grid_column_at(&d.grid, d.grid.bar_x), BYTES);
	assert_int_equal(grid_column_at(&d.grid, (int)(strstr(row, "share") - row)), BYTES);
	assert_int_equal(grid_column_at(&d.grid, 89), -1);
	forget(&d);
}

static void test_heads_sort(void **state)
{
	struct shown d;

	(void)state;
	show(&d);
	grid_sort_by(&d.grid, COUNT);
	assert_int_equal(grid_row(&d.grid), ROWS - 1);
	grid_sort_by(&d.grid, COUNT);
	assert_int_equal(grid_row(&d.grid), 0);
	grid_sort_by(&d.grid, BYTES);
	assert_int_equal(grid_row(&d.grid), 0);
	assert_string_equal(grid_cost(&d.grid), "bytes");
	forget(&d);
}

static void test_scrolling(void **state)
{
	struct shown d;

	(void)state;
	show(&d);
	grid_scroll(&d.grid, -3);
	assert_int_equal(d.grid.top, 0);
	grid_go(&d.grid, 5);
	grid_scroll(&d.grid, 3);
	assert_int_equal(d.grid.top, 3);
	assert_int_equal(d.grid.selected, 5); /* still seen */
	grid_scroll(&d.grid, 3);
	assert_int_equal(d.grid.selected, 6); /* taken along */
	grid_place(&d.grid, d.grid.area, 0);
	assert_int_equal(d.grid.top, 6);
	grid_scroll(&d.grid, 1000);
	assert_int_equal(d.grid.top, ROWS - 9);
	assert_int_equal(d.grid.selected, ROWS - 9);
	grid_go(&d.grid, ROWS - 1);
	grid_scroll(&d.grid, -1);
	assert_int_equal(d.grid.selected, ROWS - 2);
	grid_scroll(&d.grid, -1000);
	assert_int_equal(d.grid.top, 0);
	assert_int_equal(d.grid.selected, 8);
	forget(&d);
}

static void test_spots(void **state)
{
	struct shown d;

	(void)state;
	show(&d);
	assert_int_equal(d.screen.spot_count, 1);
	assert_int_equal(d.screen.spots[0].kind, SPOT_GRID);
	assert_ptr_equal(d.screen.spots[0].grid, &d.grid);
	assert_true(rect_has(d.screen.spots[0].area, 3, 2) && rect_has(d.screen.spots[0].area, 12, 81));
	assert_false(rect_has(d.screen.spots[0].area, 2, 2) || rect_has(d.screen.spots[0].area, 3, 1));
	assert_false(rect_has(d.screen.spots[0].area, 13, 2) || rect_has(d.screen.spots[0].area, 3, 82));
	for (int i = 0; i < 2 * SCREEN_SPOTS; i++)
		grid_draw(&d.grid, &d.screen, 1);
	assert_int_equal(d.screen.spot_count, SCREEN_SPOTS);
	screen_clear(&d.screen);
	assert_int_equal(d.screen.spot_count, 0);
	forget(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_clicks), cmocka_unit_test(test_drags), cmocka_unit_test(test_other_buttons),
		cmocka_unit_test(test_corner), cmocka_unit_test(test_positions), cmocka_unit_test(test_columns), cmocka_unit_test(test_heads_sort),
		cmocka_unit_test(test_scrolling), cmocka_unit_test(test_spots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
