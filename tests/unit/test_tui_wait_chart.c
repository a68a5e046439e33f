/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/wait_chart.h"

static const struct column columns[] = {
	{ "kind", "", UNIT_TEXT, "" },
	{ "low", "", UNIT_NS, "" },
	{ "high", "", UNIT_NS, "" },
	{ "count", "", UNIT_COUNT, "" },
};

static void add(struct table *t, const char *kind, int64_t low, int64_t high, int64_t count)
{
	struct value *row = table_add_row(t);

	table_set_text(t, &row[0], kind);
	table_set_number(&row[1], low);
	if (high)
		table_set_number(&row[2], high);
	table_set_number(&row[3], count);
}

static void line_is(const struct table *t, const char *kind, int64_t longest, int width, int exact, const char *want)
{
	struct rect line = { 0, 0, 1, width };
	struct screen s;
	char out[512];

	screen_init(&s, 0);
	screen_resize(&s, 1, 200);
	wait_chart_draw(t, kind, longest, &s, line, exact);
	assert_string_equal(screen_row(&s, 0, out, sizeof(out)), want);
	screen_release(&s);
}

static void test_lines_share_an_axis(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, columns, 4);
	add(&t, "hold", 0, 16, 1000);
	add(&t, "hold", 64, 128, 500);
	add(&t, "wait", 1024, 2048, 50);
	add(&t, "wait", 4096, 8192, 49);
	add(&t, "wait", 8192, 0, 1);
	line_is(&t, "wait", 9000, 100, 0, " wait  p50 2.05 us  p99 8.19 us  max 9.00 us       0 s        █ █▁ 16.4 us");
	line_is(&t, "hold", 100, 100, 0, " hold  p50   12 ns  p99   99 ns  max  100 ns       0 s █  ▄        16.4 us");
	line_is(&t, "wait", 9000, 100, 1, " wait  p50 2,048  p99 8,192  max 9,000       0 s        █ █▁ 16.4 us");
	line_is(&t, "wait", 9000, 70, 0, " wait  p50 2.05 us  p99 8.19 us  max 9.00 us       0 s   ██ 16.4 us"); /* three to a column */
	line_is(&t, "wait", 9000, 60, 0, " wait  p50 2.05 us  p99 8.19 us  max 9.00 us"); /* no room */
	line_is(&t, "join", -1, 100, 0, " join  none measured");
	table_release(&t);
}

static void test_nothing(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, columns, 4);
	line_is(&t, "wait", -1, 100, 0, " wait  none measured");
	line_is(&t, "wait", 0, 100, 0, " wait  none measured");
	line_is(&t, "wait", 5, 100, 0, " wait  p50       -  p99       -  max    5 ns");
	table_release(&t);
}

/* Whatever the database says, nothing is read or drawn beyond the ends. */
static void test_odd_buckets(void **state)
{
	struct table t;
	struct rect line = { 0, 0, 1, 200 };
	struct screen s;

	(void)state;
	table_init(&t, columns, 4);
	add(&t, "wait", INT64_MAX, INT64_MAX, INT64_MAX / 2);
	add(&t, "wait", -5, -7, 3);
	add(&t, "wait", INT64_MIN, 0, -3);
	add(&t, "wait", 0, 0, 0);
	screen_init(&s, 0);
	screen_resize(&s, 1, 200);
	for (int width = 0; width <= 200; width++) {
		line.width = width;
		wait_chart_draw(&t, "wait", INT64_MAX, &s, line, 0);
		wait_chart_draw(&t, "wait", -1, &s, line, 1);
	}
	screen_release(&s);
	table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_share_an_axis), cmocka_unit_test(test_nothing), cmocka_unit_test(test_odd_buckets),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
