/* SPDX-License-Identifier: MIT
 *
 * Charts over time: what is drawn for which slices in any width, what is marked, the figures in words, and which slice a column is.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tui/time_chart.h"

enum { START, END, ALLOCATIONS, LIVE, MOST, RSS, WAIT, THREADS, COLUMNS };

static const struct column columns[COLUMNS] = {
	{ "start_ns", "", UNIT_NS, "" }, { "end_ns", "", UNIT_NS, "" }, { "allocations", "", UNIT_COUNT, "" }, { "live_bytes", "", UNIT_BYTES, "" },
	{ "most_live_bytes", "", UNIT_BYTES, "" }, { "rss_bytes", "", UNIT_BYTES, "" }, { "wait_ns", "", UNIT_NS, "" }, { "threads", "", UNIT_COUNT, "" },
};

/* Slices of half a second; figures of -1 are none. */
static void add(struct table *t, int64_t allocations, int64_t live, int64_t most, int64_t rss, int64_t wait, int64_t threads)
{
	const int64_t figures[COLUMNS] = { (int64_t)t->row_count * 500000000, (int64_t)(t->row_count + 1) * 500000000, allocations, live, most, rss, wait, threads };
	struct value *row = table_add_row(t);

	for (int i = 0; i < COLUMNS; i++)
		if (figures[i] >= 0)
			table_set_number(&row[i], figures[i]);
}

static void make_whole(struct table *heap, struct table *waits)
{
	table_init(heap, columns, COLUMNS);
	add(heap, 50, 1000, 2048, 4096, -1, 1);
	add(heap, 100, 1000, 4096, -1, -1, 3);
	add(heap, 1, 1000, 8192, 8192, -1, 3);
	add(heap, 0, 0, 1024, -1, -1, 2);
	table_init(waits, columns, COLUMNS);
	for (int i = 0; i < 4; i++)
		add(waits, -1, -1, -1, -1, i == 1 ? 2000000000 : 0, -1);
}

static void line_is(const struct screen *s, int y, const char *want)
{
	char out[512];

	assert_string_equal(screen_row(s, y, out, sizeof(out)), want);
}

static void say_slice(const struct time_chart *c, size_t slice, int exact, const char *want)
{
	char out[512];

	assert_string_equal(time_chart_say_slice(c, slice, exact, out, sizeof(out)), want);
}

static void say_span(const struct time_chart *c, size_t first, size_t last, const char *want)
{
	char out[512];

	assert_string_equal(time_chart_say_span(c, first, last, 0, out, sizeof(out)), want);
}

static void the_whole(void **state)
{
	struct time_marks marks = { 0 };
	struct table heap, waits;
	struct time_chart c = { 0 };
	struct screen s;

	(void)state;
	make_whole(&heap, &waits);
	time_chart_open(&c, (const struct table *[]){ &heap, NULL, &waits }, 3, 1);
	screen_init(&s, 0);
	screen_resize(&s, 8, 32);
	assert_int_equal(time_chart_height(&c, &marks, 1), 5);
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 32 }, 1, 0);
	line_is(&s, 0, " live heap    8.00 KiB ▂▂▄▄██▁▁");
	line_is(&s, 1, " resident     8.00 KiB ▄▄▄▄████"); /* stays until it is measured again */
	line_is(&s, 2, " alloc rate      200/s ▄▄██▁▁");
	line_is(&s, 3, " lock wait      2.00 s   ██");
	screen_clear(&s);
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 26 }, 1, 0);
	line_is(&s, 0, "");                                 /* too narrow for any */
	assert_false(rect_has(c.plot, 0, 24));
	time_chart_release(&c);
	time_chart_open(&c, (const struct table *[]){ &heap, &waits }, 2, 0);
	assert_int_equal(c.shown_count, 5);                  /* threads as well */
	say_slice(&c, 0, 0, "at 0 ns: 2.00 KiB live, 4.00 KiB resident, 100 allocations/s, 1 thread");
	say_slice(&c, 1, 1, "at 500 ms: 4,096 live, 4,096 resident, 200 allocations/s, 2,000,000,000 waited, 3 threads");
	say_span(&c, 0, 3, "0 ns to 2.00 s: 151 allocations, 2.00 s waited, up to 8.00 KiB live, up to 8.00 KiB resident, up to 3 threads");
	say_span(&c, 2, 2, "1.00 s to 1.50 s: 1 allocation, up to 8.00 KiB live, up to 8.00 KiB resident, up to 3 threads");
	assert_int_equal(time_chart_peak(&c), 2);
	time_chart_release(&c);
	screen_release(&s);
	table_release(&heap);
	table_release(&waits);
}

static void marks_and_columns(void **state)
{
	struct time_marks marks = { .has_cursor = 1, .has_span = 1, .cursor = 2, .first = 1, .last = 2 };
	struct table heap, waits;
	struct time_chart c = { 0 };
	struct screen s;

	(void)state;
	make_whole(&heap, &waits);
	time_chart_open(&c, (const struct table *[]){ &heap }, 1, 1);
	screen_init(&s, 0);
	screen_resize(&s, 8, 80);
	assert_int_equal(time_chart_height(&c, &marks, 1), 6);
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 32 }, 1, 0);
	line_is(&s, 3, " span           1.00 s   [─^]");
	line_is(&s, 5, " 500 ms to 1.50 s: 101 allocat…");
	for (int x = 23; x < 31; x++) {
		unsigned in_span = x >= 25 && x < 29, at_cursor = x >= 27 && x < 29;
		assert_int_equal(s.cells[x].style, (in_span ? STYLE_CURSOR_SPAN : STYLE_BAR) | (at_cursor ? STYLE_SELECTED : 0));
		assert_int_equal(time_chart_slice_at(&c, x), (size_t)(x - 23) / 2);
	}
	assert_int_equal(time_chart_slice_at(&c, 0), 0);     /* beside the axis */
	assert_int_equal(time_chart_slice_at(&c, 79), 3);
	assert_true(rect_has(c.plot, 2, 30) && !rect_has(c.plot, 3, 30) && !rect_has(c.plot, 0, 22));
	marks = (struct time_marks){ .has_cursor = 1, .cursor = 3 };
	screen_clear(&s);
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 32 }, 1, 0);
	line_is(&s, 3, " cursor         1.50 s       ^");
	marks = (struct time_marks){ .has_span = 1, .first = 3, .last = 3 };
	screen_clear(&s);
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 32 }, 1, 0);
	line_is(&s, 3, " span           500 ms       []");
	time_chart_release(&c);
	screen_release(&s);
	table_release(&heap);
	table_release(&waits);
}

/* 100 slices in 8 columns: the largest of each dozen is seen, and every slice has its column. */
static void many_slices_to_a_column(void **state)
{
	struct time_marks marks = { .has_cursor = 1 };
	struct time_chart c = { 0 };
	struct table t;
	struct screen s;
	int before = 0;

	(void)state;
	table_init(&t, columns, COLUMNS);
	for (int i = 0; i < 100; i++)
		add(&t, -1, i == 30 ? 800 : i == 80 ? 400 : 0, -1, -1, -1, -1);
	time_chart_open(&c, (const struct table *[]){ &t }, 1, 0);
	screen_init(&s, 1);
	screen_resize(&s, 8, 32);
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 32 }, 1, 0);
	line_is(&s, 0, " live heap       800 B   #   :");
	line_is(&s, 1, " cursor           0 ns ^");
	assert_int_equal(time_chart_peak(&c), 30);
	for (marks.cursor = 0; marks.cursor < 100; marks.cursor++) {
		int at = -1, count = 0;
		screen_clear(&s);
		time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 32 }, 1, 0);
		for (int x = 23; x < 31; x++)
			if (s.cells[x].style & STYLE_SELECTED) {
				at = x;
				count++;
			}
		assert_int_equal(count, 1);
		assert_true(at == 23 + before || at == 24 + before);
		before = at - 23;
	}
	assert_int_equal(before, 7);
	time_chart_release(&c);
	screen_release(&s);
	table_release(&t);
}

static void nothing_to_draw(void **state)
{
	struct time_marks marks = { .has_cursor = 1 };
	struct time_chart c = { 0 };
	struct table empty, idle, huge;
	struct screen s;

	(void)state;
	screen_init(&s, 0);
	screen_resize(&s, 8, 80);
	table_init(&empty, columns, COLUMNS);
	time_chart_open(&c, (const struct table *[]){ &empty, NULL }, 2, 1);
	assert_int_equal(time_chart_height(&c, &marks, 3), 1);
	assert_int_equal(time_chart_peak(&c), 0);
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 80 }, 3, 0);
	time_chart_release(&c);
	table_init(&idle, columns, COLUMNS);
	add(&idle, 0, 0, -1, -1, 0, -1);
	time_chart_open(&c, (const struct table *[]){ &idle }, 1, 0);
	assert_int_equal(c.shown_count, 0);
	say_slice(&c, 0, 0, "at 0 ns: nothing");
	say_span(&c, 0, 0, "0 ns to 500 ms: nothing");
	time_chart_release(&c);
	time_chart_open(&c, (const struct table *[]){ &idle }, 1, 1); /* a brief one keeps its charts */
	assert_int_equal(c.shown_count, 2);
	time_chart_release(&c);
	table_init(&huge, columns, COLUMNS);
	add(&huge, INT64_MAX, INT64_MAX, -1, -1, -1, -1);
	add(&huge, INT64_MAX, INT64_MIN, -1, -1, -1, -1);
	time_chart_open(&c, (const struct table *[]){ &huge }, 1, 0);
	marks = (struct time_marks){ .has_cursor = 1, .has_span = 1, .last = 1 };
	time_chart_draw(&c, &marks, &s, (struct rect){ 0, 0, 8, 80 }, 3, 1);
	time_chart_release(&c);
	screen_release(&s);
	table_release(&empty);
	table_release(&idle);
	table_release(&huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole),
		cmocka_unit_test(marks_and_columns),
		cmocka_unit_test(many_slices_to_a_column),
		cmocka_unit_test(nothing_to_draw),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
