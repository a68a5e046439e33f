/* SPDX-License-Identifier: MIT
 *
 * Figures as people read them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/base/units.h"

static void reads(enum unit unit, int64_t value, const char *expected)
{
	char text[UNIT_WIDTH];

	assert_ptr_equal(unit_format(text, unit, value), text);
	assert_string_equal(text, expected);
}

static void test_bytes(void **state)
{
	(void)state;
	reads(UNIT_BYTES, 0, "0 B");
	reads(UNIT_BYTES, 512, "512 B");
	reads(UNIT_BYTES, 1024, "1.00 KiB");
	reads(UNIT_BYTES, 2083059139, "1.94 GiB");
	reads(UNIT_BYTES, 10240, "10.0 KiB");
	reads(UNIT_BYTES, 1048575, "1.00 MiB"); /* not 1024 KiB */
	reads(UNIT_BYTES, INT64_MAX, "8.00 EiB");
	reads(UNIT_BYTES, -2048, "-2.00 KiB");
}

static void test_counts(void **state)
{
	(void)state;
	reads(UNIT_COUNT, 873, "873");
	reads(UNIT_COUNT, 999, "999");
	reads(UNIT_COUNT, 1000, "1.00 k");
	reads(UNIT_COUNT, 4096000, "4.10 M");
	reads(UNIT_COUNT, 999999, "1.00 M");
	reads(UNIT_COUNT, INT64_MIN, "-9.22 E");
}

static void test_times(void **state)
{
	(void)state;
	reads(UNIT_NS, 0, "0 ns");
	reads(UNIT_NS, 3800, "3.80 us");
	reads(UNIT_NS, 12345678, "12.3 ms");
	reads(UNIT_NS, 59940000000, "59.9 s");
	reads(UNIT_NS, 59990000000, "1m 00s");
	reads(UNIT_NS, 123000000000, "2m 03s");
	reads(UNIT_NS, 3600000000000, "1h 00m");
	reads(UNIT_NS, 90000000000000, "1d 01h");
	assert_true(strlen("106751d 23h") < UNIT_WIDTH);
	reads(UNIT_NS, INT64_MAX, "106751d 23h");
}

static void test_plain(void **state)
{
	(void)state;
	reads(UNIT_ID, 1234567, "1234567");
	reads(UNIT_TEXT, 7, "7");
	reads(UNIT_PERCENT, 12, "12 %");
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t value; /* -1: refused */
	} figures[] = {
		{ "0", 0 }, { "1200", 1200 }, { "1e6", 1000000 }, { "1.5M", 1500000 }, { "64KiB", 65536 }, { "2GiB", 2147483648 }, { "20ms", 20000000 },
		{ "30s", 30000000000 }, { "1.4", 1 }, { "1.5", 2 }, { "64.0KiB", 65536 }, { "250ns", 250 }, { "3B", 3 }, { "", -1 }, { "x", -1 },
		{ "-1", -1 }, { " 1", -1 }, { "1 ", -1 }, { "0x10", -1 }, { "inf", -1 }, { "nan", -1 }, { "1e30", -1 }, { "1m", -1 }, { "1kB", -1 },
		{ "9e18", 9000000000000000000 }, { "1e400", -1 }, { "1.2.3", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		int64_t value = -1;
		int rc = unit_parse(figures[i].text, &value);
		if (rc != (figures[i].value < 0 ? -1 : 0) || value != figures[i].value)
			fail_msg("\"%s\" is read as %lld", figures[i].text, (long long)value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
