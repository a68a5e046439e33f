/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/glyph.h"
#include "tui/screen.h"

static void row_is(const struct screen *s, int y, const char *want)
{
	char out[512];

	assert_string_equal(screen_row(s, y, out, sizeof(out)), want);
}

static struct screen make(int ascii)
{
	struct screen s;

	screen_init(&s, ascii);
	screen_resize(&s, 4, 20);
	return s;
}

static void test_put_clips(void **state)
{
	struct screen s = make(0);

	(void)state;
	assert_int_equal(screen_put(&s, 0, 2, 10, "hello", STYLE_PLAIN), 5);
	assert_int_equal(screen_put(&s, 1, 2, 4, "hello", STYLE_PLAIN), 4);
	assert_int_equal(screen_put(&s, 2, 18, 10, "hello", STYLE_PLAIN), 2);
	assert_int_equal(screen_put(&s, 9, 0, 10, "hello", STYLE_PLAIN), 0);
	assert_int_equal(screen_put(&s, -1, 0, 10, "hello", STYLE_PLAIN), 0);
	assert_int_equal(screen_put(&s, 3, 20, 10, "hello", STYLE_PLAIN), 0);
	screen_put_right(&s, 3, 0, 8, "42", STYLE_PLAIN);
	row_is(&s, 0, "  hello");
	row_is(&s, 1, "  hel…");
	row_is(&s, 2, "                  h…");
	row_is(&s, 3, "      42");
	screen_release(&s);
}

static void test_wide_and_broken_text(void **state)
{
	struct screen s = make(0);

	(void)state;
	assert_int_equal(screen_put(&s, 0, 0, 5, "日本語", STYLE_PLAIN), 5); /* two columns each: two fit with the sign */
	row_is(&s, 0, "日本…");
	screen_put(&s, 1, 0, 20, "a\xff" "b\nc\x1b[2Jd", STYLE_PLAIN);
	row_is(&s, 1, "a?b?c?[2Jd");
	screen_put(&s, 2, 0, 20, "日本", STYLE_PLAIN);
	screen_put(&s, 2, 1, 1, "x", STYLE_PLAIN); /* the right half of a wide character: the left one goes too */
	row_is(&s, 2, " x本");
	screen_put(&s, 3, 0, 20, "e\xcc\x81t\xc3\xa9", STYLE_PLAIN); /* a combining mark takes no column */
	assert_int_equal(s.cells[3 * 20 + 1].ch, 't');
	screen_release(&s);
}

static void test_ascii(void **state)
{
	struct screen s = make(1);

	(void)state;
	screen_put(&s, 0, 0, 20, "a › b … é", STYLE_PLAIN);
	row_is(&s, 0, "a > b ~ ?");
	screen_bar(&s, 1, 0, 4, 0.5, STYLE_BAR);
	row_is(&s, 1, "##");
	for (int y = 0; y < 4; y++)
		for (int x = 0; x < 20; x++)
			assert_in_range(s.cells[y * 20 + x].ch, ' ', '~');
	screen_release(&s);
}

static void test_bar_and_chart(void **state)
{
	static const double values[4] = { 0, 0.001, 0.5, 1 };
	struct screen s = make(0);
	struct rect area = { 1, 0, 2, 4 };

	(void)state;
	screen_bar(&s, 0, 0, 4, 0.53125, STYLE_BAR);
	row_is(&s, 0, "██▏");
	screen_bar(&s, 0, 0, 4, 0.0001, STYLE_BAR); /* more than nothing is seen */
	row_is(&s, 0, "▏");
	screen_bar(&s, 0, 0, 4, 7, STYLE_BAR);
	row_is(&s, 0, "████");
	screen_bar(&s, 0, 0, 4, 0, STYLE_BAR);
	row_is(&s, 0, "");
	screen_chart(&s, area, values, STYLE_BAR);
	row_is(&s, 1, "   █");
	row_is(&s, 2, " ▁██");
	screen_release(&s);
}

static void test_wrap(void **state)
{
	struct screen s = make(0);
	struct rect area = { 0, 0, 2, 10 }, none = { 0, 0, 0, 10 };

	(void)state;
	assert_int_equal(screen_wrap(&s, none, "three words here and more", STYLE_PLAIN), 3);
	assert_int_equal(screen_wrap(&s, area, "three words here and more", STYLE_PLAIN), 3);
	row_is(&s, 0, "three");
	row_is(&s, 1, "words here");
	row_is(&s, 2, "");
	assert_int_equal(screen_wrap(&s, none, "averyveryverylongword", STYLE_PLAIN), 3);
	assert_int_equal(screen_wrap(&s, none, "", STYLE_PLAIN), 0);
	screen_release(&s);
}

static void test_match(void **state)
{
	struct screen s = make(0);

	(void)state;
	screen_put(&s, 0, 0, 20, "Row_new row_old", STYLE_PLAIN);
	screen_select(&s, 0, 0, 20);
	screen_match(&s, 0, 0, 20, "row", 1);
	assert_int_equal(s.cells[0].style, STYLE_MATCH | STYLE_SELECTED);
	assert_int_equal(s.cells[3].style, STYLE_PLAIN | STYLE_SELECTED);
	assert_int_equal(s.cells[8].style, STYLE_MATCH | STYLE_SELECTED);
	screen_put(&s, 1, 0, 20, "Row_new row_old", STYLE_PLAIN);
	screen_match(&s, 1, 0, 20, "row", 0);
	assert_int_equal(s.cells[20].style, STYLE_PLAIN);
	assert_int_equal(s.cells[28].style, STYLE_MATCH);
	screen_release(&s);
}

static void test_encode(void **state)
{
	static const uint32_t points[] = { 'a', 0x7f, 0x80, 0x7ff, 0x800, 0x20ac, 0xffff, 0x10000, 0x10ffff };
	char bytes[GLYPH_BYTES];

	(void)state;
	for (size_t i = 3; i < 6; i++) {
		uint32_t ch;
		int width;
		size_t n = strlen(glyph_encode(bytes, points[i]));

		assert_int_equal(glyph_next(bytes, 0, &ch, &width), n);
	}
	assert_string_equal(glyph_encode(bytes, 0x20ac), "€");
	assert_string_equal(glyph_encode(bytes, 0x1f600), "😀");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_clips), cmocka_unit_test(test_wide_and_broken_text), cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_bar_and_chart), cmocka_unit_test(test_wrap), cmocka_unit_test(test_match),
		cmocka_unit_test(test_encode),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
