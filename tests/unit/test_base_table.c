/* SPDX-License-Identifier: MIT
 *
 * Tables, and the other containers of base: maps and arenas; and errors.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/base/arena.h"
#include "analyzer/base/err.h"
#include "analyzer/base/map.h"
#include "analyzer/base/table.h"

static const struct column columns[] = {
	{ "name", "NAME", UNIT_TEXT, "" }, { "size", "SIZE", UNIT_BYTES, "" },
};

static void add(struct table *t, const char *name, int64_t size)
{
	struct value *row = table_add_row(t);

	row[0].text = table_text(t, name, strlen(name));
	row[0].none = 0;
	if (size >= 0) {
		row[1].number = size;
		row[1].none = 0;
	}
}

static void order(const struct table *t, const char *expected)
{
	char found[64] = "";

	for (size_t i = 0; i < t->row_count; i++)
		strcat(found, table_at(t, i, 0)->text);
	assert_string_equal(found, expected);
}

static void test_sort(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, columns, 2);
	table_sort(&t, 0, 0);
	add(&t, "c", 5);
	add(&t, "a", -1);
	add(&t, "b", 7);
	add(&t, "d", 5);
	table_sort(&t, 1, 1);
	order(&t, "bcda"); /* equal ones keep their order, none is last */
	table_sort(&t, 1, 0);
	order(&t, "cdba"); /* both ways */
	table_sort(&t, 0, 0);
	order(&t, "abcd");
	table_sort(&t, 0, 1);
	order(&t, "dcba");
	assert_int_equal(t.total_rows, 4);
	assert_int_equal(table_column(&t, "size"), 1);
	assert_int_equal(table_column(&t, "SIZE"), -1);
	table_release(&t);
	assert_int_equal(t.row_count, 0);
}

static void test_many_rows_and_texts(void **state)
{
	static char big[200000];
	struct table t;
	const char *first;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	table_init(&t, columns, 2);
	first = table_text(&t, "first", 5);
	for (int i = 0; i < 5000; i++)
		add(&t, "abcdefghijklmnopqrstuvwxyz", (i * 7919) % 5000);
	assert_string_equal(table_text(&t, big, sizeof(big) - 1), big);
	assert_string_equal(first, "first");
	table_sort(&t, 1, 1);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(table_at(&t, (size_t)i, 1)->number, 4999 - i);
	table_release(&t);
}

static void test_map(void **state)
{
	struct map m = MAP_INIT;

	(void)state;
	assert_int_equal(map_find(&m, 0), 0);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t *value = map_at(&m, (uint64_t)i << 32 | (i % 3));

		assert_int_equal(*value, 0);
		*value = i + 1;
	}
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(*map_at(&m, (uint64_t)i << 32 | (i % 3)), i + 1);
	assert_int_equal(map_find(&m, 77), 0);
	assert_int_equal(m.count, 100000);
	map_release(&m);
}

static void test_arena(void **state)
{
	struct arena a = ARENA_INIT;
	char *kept[3000];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char text[32];

		kept[i] = arena_text(&a, text, (size_t)snprintf(text, sizeof(text), "number %d", i));
	}
	assert_non_null(arena_text(&a, NULL, 100000));
	assert_string_equal(kept[0], "number 0");
	assert_string_equal(kept[2999], "number 2999");
	arena_release(&a);
}

static void test_err(void **state)
{
	struct err e = { 0 };

	(void)state;
	err_prefix(&e, "nothing");
	assert_string_equal(e.text, "");
	errno = ENOENT;
	assert_int_equal(err_errno(&e, "cannot read %s", "a\nb"), -1);
	assert_string_equal(e.text, "cannot read a?b: No such file or directory");
	assert_int_equal(e.kind, ERR_FAILED);
	assert_int_equal(err_set(&e, ERR_USAGE, "later"), -1);
	assert_int_equal(e.kind, ERR_FAILED); /* the first knows best */
	err_prefix(&e, "while %s", "testing");
	assert_string_equal(e.text, "while testing: cannot read a?b: No such file or directory");
	assert_int_equal(err_set(NULL, ERR_USAGE, "nobody listens"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_many_rows_and_texts),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_err),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
