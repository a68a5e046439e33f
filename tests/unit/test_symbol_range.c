/* SPDX-License-Identifier: MIT
 *
 * Ranges that nest and overlap, against a plain search through all of them; and symbols without a size.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "analyzer/ingest/symbol_range.h"
#include "analyzer/ingest/symbol_table.h"

static void the_one_that_starts_last_comes_first(void **state)
{
	struct symbol_ranges r = {0};
	size_t cursor = SYMBOL_RANGE_FIRST;

	(void)state;
	symbol_ranges_add(&r, 10, 100, 1, 0);
	symbol_ranges_add(&r, 20, 30, 2, 1);
	symbol_ranges_add(&r, 20, 25, 3, 2);
	symbol_ranges_add(&r, 50, 50, 4, 0); /* empty */
	symbol_ranges_add(&r, 60, 40, 5, 0); /* reversed */
	symbol_ranges_sort(&r);
	assert_int_equal(r.count, 3);
	assert_int_equal(symbol_ranges_find(&r, 22, &cursor)->value, 3);
	assert_int_equal(symbol_ranges_find(&r, 22, &cursor)->value, 2);
	assert_int_equal(symbol_ranges_find(&r, 22, &cursor)->value, 1);
	assert_null(symbol_ranges_find(&r, 22, &cursor));
	assert_null(symbol_ranges_find(&r, 22, &cursor));
	cursor = SYMBOL_RANGE_FIRST;
	assert_null(symbol_ranges_find(&r, 9, &cursor));
	cursor = SYMBOL_RANGE_FIRST;
	assert_null(symbol_ranges_find(&r, 100, &cursor));
	cursor = SYMBOL_RANGE_FIRST;
	assert_int_equal(symbol_ranges_find(&r, 99, &cursor)->value, 1);
	symbol_ranges_release(&r);
	cursor = SYMBOL_RANGE_FIRST;
	assert_null(symbol_ranges_find(&r, 1, &cursor));
}

static void all_that_cover_are_found(void **state)
{
	unsigned int seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct symbol_ranges r = {0};

		for (int i = 0; i < 40; i++) {
			uint64_t low = (unsigned int)rand_r(&seed) % 200;

			symbol_ranges_add(&r, low, low + (unsigned int)rand_r(&seed) % (i % 8 ? 10 : 150), (uint32_t)i, 0);
		}
		symbol_ranges_sort(&r);
		for (uint64_t address = 0; address < 360; address++) {
			size_t cursor = SYMBOL_RANGE_FIRST, covering = 0, found = 0;
			const struct symbol_range *range;
			uint64_t last = UINT64_MAX;

			for (size_t i = 0; i < r.count; i++)
				covering += r.items[i].low <= address && address < r.items[i].high;
			while ((range = symbol_ranges_find(&r, address, &cursor))) {
				assert_true(range->low <= address && address < range->high && range->low <= last);
				last = range->low;
				found++;
			}
			assert_int_equal(found, covering);
		}
		symbol_ranges_release(&r);
	}
}

static void add(struct symbol_table *t, const char *name, uint64_t address, uint64_t size, int function, int local)
{
	const struct symbol symbol = {name, address, size, 0x2000, function, local};

	symbol_table_add(t, &symbol);
}

static void is_at(const struct symbol_table *t, uint64_t address, uint64_t not_before, const char *name, uint64_t start)
{
	uint64_t found = 0;
	const char *have = symbol_table_find(t, address, not_before, &found);

	if (name)
		assert_non_null(have);
	else
		assert_null(have);
	if (have && name) {
		assert_string_equal(have, name);
		assert_int_equal(found, start);
	}
}

static void symbols_lend_their_name_to_nothing_else(void **state)
{
	struct symbol_table t = {.count = 0};

	(void)state;
	add(&t, "first", 0x1000, 0x10, 1, 0);
	add(&t, "second", 0x1100, 0x10, 1, 0);
	add(&t, "label", 0x1108, 0, 0, 1);
	add(&t, "last_label", 0x1200, 0, 0, 0);
	symbol_table_finish(&t);
	is_at(&t, 0xfff, 0, NULL, 0);
	is_at(&t, 0x1000, 0, "first", 0x1000);
	is_at(&t, 0x100f, 0, "first", 0x1000);
	is_at(&t, 0x1010, 0, NULL, 0);
	is_at(&t, 0x10ff, 0, NULL, 0);
	is_at(&t, 0x110c, 0, "second", 0x1100);
	is_at(&t, 0x1110, 0, "label", 0x1108);
	is_at(&t, 0x11ff, 0, "label", 0x1108);
	is_at(&t, 0x11ff, 0x1180, NULL, 0); /* unwind data has a function that starts in between */
	is_at(&t, 0x1fff, 0x1200, "last_label", 0x1200);
	is_at(&t, 0x2000, 0, NULL, 0); /* the section ends */
	symbol_table_release(&t);
}

static void the_plainest_of_several_names_is_taken(void **state)
{
	struct symbol_table t = {.count = 0};

	(void)state;
	add(&t, "__read", 0x1000, 0x10, 1, 0);
	add(&t, "read", 0x1000, 0x10, 1, 0);
	add(&t, "__libc_read", 0x1000, 0x10, 1, 0);
	add(&t, "fopen64", 0x1100, 0x10, 1, 0);
	add(&t, "fopen@@GLIBC_2.2.5", 0x1100, 0x10, 1, 0);
	add(&t, "_IO_fopen", 0x1100, 0x10, 1, 0);
	add(&t, "here", 0x1200, 0x10, 1, 1);
	add(&t, "exported", 0x1200, 0x10, 1, 0);
	symbol_table_finish(&t);
	is_at(&t, 0x1001, 0, "read", 0x1000);
	is_at(&t, 0x1101, 0, "fopen@@GLIBC_2.2.5", 0x1100);
	is_at(&t, 0x1201, 0, "exported", 0x1200);
	symbol_table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_starts_last_comes_first),
		cmocka_unit_test(all_that_cover_are_found),
		cmocka_unit_test(symbols_lend_their_name_to_nothing_else),
		cmocka_unit_test(the_plainest_of_several_names_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
