/* SPDX-License-Identifier: MIT
 *
 * What looks like a wrapper of an allocator, and what does not: functions are added to the made-up recording, which has none.
 */
#include "tests/unit/synthetic_fixture.h"

#include "analyzer/report/report.h"

/* pool_take, called at its line 10 from five places; the innermost frames are pool_take itself. */
#define FUNCTIONS \
	"INSERT INTO function VALUES (900, 'pool_take', 'pool_take', 1), (901, 'pool_get', 'pool_get', 1);" \
	"INSERT INTO frame VALUES (900, 900, 4, 10, 90000, 0), (901, 901, 4, 20, 90100, 0);" \
	"INSERT INTO site VALUES (900, 900, 4, 10), (901, 901, 4, 20);"
/* Stacks 900 to 904 on top of five callers; `under` is what lies between. */
#define STACKS \
	"INSERT INTO stack SELECT 900 + row_number() OVER (ORDER BY id) - 1, id, 900, depth + 1, 900 FROM stack WHERE id IN (6, 8, 11, 13, 17);"
#define STACKS_BY_WAY_OF_GET \
	"INSERT INTO stack SELECT 910 + row_number() OVER (ORDER BY id) - 1, id, 901, depth + 1, 901 FROM stack WHERE id IN (6, 8, 11, 13, 17);" \
	"INSERT INTO stack SELECT id - 10, id, 900, depth + 1, 900 FROM stack WHERE id BETWEEN 910 AND 914;"
/* Each caller wants blocks of a size of its own, 100 of each. */
#define SIZES(size) \
	"INSERT INTO total SELECT 1, id, 1, 100 FROM stack WHERE id BETWEEN 900 AND 904;" \
	"INSERT INTO total SELECT 2, id, 1, 100 * (" size ") FROM stack WHERE id BETWEEN 900 AND 904;" \
	"INSERT INTO histogram SELECT 'size', 900, 1, " size ", " size ", 100 * count(*), 100 * sum(" size ") FROM stack " \
	"WHERE id BETWEEN 900 AND 904 GROUP BY " size ";"
#define VARIED SIZES("(id - 899) * (id - 899) * 16")

static struct table run(struct store *s, const struct report_query *q)
{
	struct err err = { 0 };
	struct table t;

	assert_non_null(report_find("wrappers"));
	if (report_run(report_find("wrappers"), s, q, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

static const struct value *cell(const struct table *t, size_t row, const char *column)
{
	int c = table_column(t, column);

	if (c < 0 || row >= t->row_count)
		fail_msg("there is no %s in row %zu", column, row);
	return table_at(t, row, (size_t)c);
}

/* How many rows the recording has when it is changed like this. */
static size_t rows_with(const char *sql)
{
	struct report_query q = { 0 };
	struct store *s = synthetic_open(sql);
	struct table t = run(s, &q);
	size_t rows = t.row_count;

	table_release(&t);
	synthetic_close(s);
	return rows;
}

static void one_that_is_called_with_many_sizes(void **state)
{
	struct report_query q = { 0 };
	struct store *s = synthetic_open(FUNCTIONS STACKS VARIED);
	struct table t = run(s, &q);

	(void)state;
	assert_int_equal(t.row_count, 1);
	assert_string_equal(cell(&t, 0, "function")->text, "pool_take");
	assert_string_equal(cell(&t, 0, "file")->text, "/src/tableserver/row.c");
	assert_int_equal(cell(&t, 0, "line")->number, 10);
	assert_int_equal(cell(&t, 0, "callers")->number, 5);
	assert_int_equal(cell(&t, 0, "sizes")->number, 5);
	assert_int_equal(cell(&t, 0, "allocations")->number, 500);
	assert_string_equal(cell(&t, 0, "suggestion")->text, "--wrapper='^pool_take$'");
	table_release(&t);
	q.match = "get";
	t = run(s, &q);
	assert_int_equal(t.row_count, 0);
	table_release(&t);
	q = (struct report_query){ .pid = 4725 };
	t = run(s, &q);
	assert_int_equal(t.row_count, 0);
	table_release(&t);
	synthetic_close(s);
}

static void two_of_which_one_calls_the_other(void **state)
{
	struct report_query q = { .sort = "function" };
	struct store *s = synthetic_open(FUNCTIONS STACKS_BY_WAY_OF_GET VARIED);
	struct table t = run(s, &q);

	(void)state;
	assert_int_equal(t.row_count, 2);
	assert_string_equal(cell(&t, 0, "function")->text, "pool_get");
	assert_int_equal(cell(&t, 0, "line")->number, 20);
	assert_string_equal(cell(&t, 1, "function")->text, "pool_take");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(cell(&t, i, "callers")->number, 5);
		assert_int_equal(cell(&t, i, "allocations")->number, 500);
	}
	table_release(&t);
	synthetic_close(s);
}

/* A function that asks for other things as well is no wrapper of the one it calls. */
static void a_caller_with_needs_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(rows_with(FUNCTIONS STACKS_BY_WAY_OF_GET VARIED "INSERT INTO total VALUES (1, 910, 1, 200), (2, 910, 1, 4000)"), 0);
	assert_int_equal(rows_with(FUNCTIONS STACKS_BY_WAY_OF_GET VARIED "INSERT INTO total VALUES (1, 910, 1, 10), (2, 910, 1, 400)"), 2);
}

static void what_is_none(void **state)
{
	(void)state;
	assert_int_equal(rows_with(NULL), 0);
	assert_int_equal(rows_with(FUNCTIONS STACKS VARIED), 1);
	assert_int_equal(rows_with(FUNCTIONS STACKS SIZES("id - id + 64")), 0); /* one size */
	assert_int_equal(rows_with(FUNCTIONS STACKS SIZES("id - 860")), 0); /* all callers want much the same */
	assert_int_equal(rows_with(FUNCTIONS STACKS VARIED "UPDATE histogram SET count = 9000 WHERE site_id = 900 AND low = 16;"
	                           "UPDATE total SET value = 9000 WHERE stack_id = 900 AND cost_id = 1"), 0); /* one size prevails */
	assert_int_equal(rows_with(FUNCTIONS STACKS VARIED "DELETE FROM total WHERE stack_id IN (903, 904)"), 0); /* three callers */
	assert_int_equal(rows_with(FUNCTIONS STACKS VARIED "UPDATE stack SET parent_id = 8 WHERE id = 902;"
	                           "UPDATE stack SET depth = 8, parent_id = 8 WHERE id BETWEEN 900 AND 904"), 0); /* one place */
	assert_int_equal(rows_with(FUNCTIONS STACKS VARIED "UPDATE total SET value = 10 WHERE stack_id >= 900 AND cost_id = 1"), 0); /* few */
	assert_int_equal(rows_with(FUNCTIONS STACKS VARIED "INSERT INTO site VALUES (902, 900, 4, 11);" /* most come through another line */
	                           "INSERT INTO frame VALUES (902, 900, 4, 11, 90010, 0); INSERT INTO stack SELECT 950, 8, 902, depth + 1, 902 "
	                           "FROM stack WHERE id = 8; INSERT INTO total VALUES (1, 950, 1, 700), (2, 950, 1, 7000)"), 0);
}

/* One that is looked through already is not told again, but what it is called by counts. */
static void what_is_known(void **state)
{
	struct report_query q = { 0 };
	struct store *s = synthetic_open(FUNCTIONS STACKS_BY_WAY_OF_GET VARIED
	                                 "UPDATE stack SET site_id = (SELECT site_id FROM stack p WHERE p.id = stack.parent_id) "
	                                 "WHERE id BETWEEN 910 AND 914");
	struct table t = run(s, &q);

	(void)state;
	assert_int_equal(t.row_count, 1);
	assert_string_equal(cell(&t, 0, "function")->text, "pool_take");
	table_release(&t);
	synthetic_close(s);
}

static void names_are_quoted(void **state)
{
	struct report_query q = { 0 };
	struct store *s = synthetic_open(FUNCTIONS STACKS VARIED "UPDATE function SET name = 'a::pool<it''s, char [2]>::take(int*)' WHERE id = 900");
	struct table t = run(s, &q);

	(void)state;
	assert_string_equal(cell(&t, 0, "suggestion")->text, "--wrapper='^a::pool<it'\\''s, char \\[2]>::take\\(int\\*\\)$'");
	table_release(&t);
	synthetic_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_called_with_many_sizes),
		cmocka_unit_test(two_of_which_one_calls_the_other),
		cmocka_unit_test(a_caller_with_needs_of_its_own),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(what_is_known),
		cmocka_unit_test(names_are_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
