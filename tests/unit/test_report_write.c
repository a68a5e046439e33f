/* SPDX-License-Identifier: MIT
 *
 * Text, CSV and JSON of small tables made by hand, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/callers.h"
#include "analyzer/report/report_write.h"

static const struct column columns[] = {
	{ "function", "SITE", UNIT_TEXT, "" }, { "file", NULL, UNIT_TEXT, "" },      { "line", NULL, UNIT_ID, "" },
	{ "module", NULL, UNIT_TEXT, "" },     { "calls", "CALLS", UNIT_COUNT, "" }, { "bytes", "BYTES", UNIT_BYTES, "" },
	{ "stack", NULL, UNIT_TEXT, "" },      { "site_id", NULL, UNIT_ID, "" },
};

static const struct report report = {
	.name = "test", .title = "Test", .rows = "sites", .columns = columns, .column_count = 8, .key_count = 1, .sort_column = 5,
};

static void add(struct table *t, const char *function, const char *file, int line, const char *module, int64_t calls, int64_t bytes,
                const char *stack)
{
	struct value *row = table_add_row(t);

	table_set_text(t, &row[0], function);
	table_set_text(t, &row[1], file);
	if (line)
		table_set_number(&row[2], line);
	table_set_text(t, &row[3], module);
	table_set_number(&row[4], calls);
	if (bytes >= 0)
		table_set_number(&row[5], bytes);
	table_set_text(t, &row[6], stack);
	table_set_number(&row[7], 77);
}

typedef void writer(const struct report *, const struct table *, const struct report_query *, const struct report_page *, FILE *);

static void expect(writer *write, const struct table *t, const struct report_query *q, const struct report_page *page,
                   const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write(&report, t, q, page, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static const struct report_query no_query;
static const struct report_page plain = { .facts = "facts", .losses = "" };

static void csv_quotes(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, columns, 8);
	add(&t, "a,b", "/x/y \"z\".c", 3, "m", 5, -1, " lead");
	add(&t, "two\nlines", NULL, 0, NULL, -7, 9007199254740993, "bad\xff\xc3(");
	expect(report_write_csv, &t, &no_query, &plain,
	       "function,file,line,module,calls,bytes,stack\n"
	       "\"a,b\",\"/x/y \"\"z\"\".c\",3,m,5,,\" lead\"\n"
	       "\"two\nlines\",,,,-7,9007199254740993,bad\xef\xbf\xbd\xef\xbf\xbd(\n");
	table_release(&t);
}

static void json_escapes(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, columns, 8);
	expect(report_write_json, &t, &no_query, &plain, "[]\n");
	add(&t, "q\"b\\\t\x01\x7f", NULL, 0, "\xe2\x82\xac", 5, 6, "\xed\xa0\x80");
	add(&t, "", "f", 1, "", 0, -1, NULL);
	expect(report_write_json, &t, &no_query, &plain,
	       "[\n {\"function\": \"q\\\"b\\\\\\u0009\\u0001\\u007f\", \"file\": null, \"line\": null, \"module\": \"\xe2\x82\xac\", \"calls\": 5, "
	       "\"bytes\": 6, \"stack\": \"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"},\n"
	       " {\"function\": \"\", \"file\": \"f\", \"line\": 1, \"module\": \"\", \"calls\": 0, \"bytes\": null, \"stack\": null}\n]\n");
	table_release(&t);
}

static void text_aligns(void **state)
{
	struct report_query by_calls = { .sort = "calls", .pid = 3 };
	struct report_page lossy = { .facts = "facts", .losses = "7 lost" };
	struct table t;

	(void)state;
	table_init(&t, columns, 8);
	add(&t, "short", "/src/a.c", 3, "/lib/m.so", 1200, 2048, NULL);
	add(&t, "a_longer\033name", NULL, 0, "/lib/m.so", 5, -1, "main;f;g");
	t.total_rows = 9;
	expect(report_write_text, &t, &no_query, &plain,
	       "facts\n\n"
	       "   BYTES   CALLS  SITE\n"
	       "2.00 KiB  1.20 k  short          a.c:3\n"
	       "       -       5  a_longer?name  m.so\n"
	       "    main > f > g\n"
	       "7 more sites: --limit=0\n");
	expect(report_write_text, &t, &by_calls, &lossy,
	       "facts\n7 lost\nTest, process 3\n\n"
	       " CALLS     BYTES  SITE\n"
	       "1.20 k  2.00 KiB  short          a.c:3\n"
	       "     5         -  a_longer?name  m.so\n"
	       "    main > f > g\n"
	       "7 more sites: --limit=0\n");
	t.row_count = 0;
	t.total_rows = 0;
	expect(report_write_text, &t, &no_query, &plain, "facts\n\nno sites\n");
	table_release(&t);
}

static void text_cuts_to_the_width(void **state)
{
	struct report_page narrow = { .facts = "f", .losses = "", .width = 50, .unicode = 1 };
	struct table t;

	(void)state;
	table_init(&t, columns, 8);
	add(&t, "name::space::with_a_function_of_a_long_name(int, long)", "/src/a.c", 123, NULL, 1, 2, "a;b;c;d;e;f;g;h;i;j");
	expect(report_write_text, &t, &no_query, &narrow,
	       "f\n\n"
	       "BYTES  CALLS  SITE\n"
	       "  2 B      1  name::space::with_a_functi…  a.c:123\n"
	       "    a › … › f › g › h › i › j\n");
	narrow.width = 40; /* no room for the second figure */
	expect(report_write_text, &t, &no_query, &narrow,
	       "f\n\n"
	       "BYTES  SITE\n"
	       "  2 B  name::space::with_a_fun…  a.c:123\n"
	       "    a › … › f › g › h › i › j\n");
	table_release(&t);
}

static const struct column tree_columns[] = {
	{ "depth", NULL, UNIT_ID, "" },        { "function", "F", UNIT_TEXT, "" },    { "file", NULL, UNIT_TEXT, "" },
	{ "line", NULL, UNIT_ID, "" },         { "module", NULL, UNIT_TEXT, "" },     { "value", "V", UNIT_COUNT, "" },
	{ "self", "S", UNIT_COUNT, "" },       { "share", "%", UNIT_PERCENT, "" },    { "stack", NULL, UNIT_TEXT, "" },
	{ "function_id", NULL, UNIT_ID, "" },
};

static void node(struct table *t, int64_t depth, const char *name, int64_t value, int64_t self)
{
	struct value *row = table_add_row(t);

	table_set_number(&row[CALLERS_DEPTH], depth);
	table_set_text(t, &row[CALLERS_FUNCTION], name);
	table_set_number(&row[CALLERS_VALUE], value);
	table_set_number(&row[CALLERS_SELF], self);
	table_set_number(&row[CALLERS_SHARE], value);
}

static void trees_indent_at_forks(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, tree_columns, 10);
	node(&t, 1, "main", 100, 0);
	node(&t, 2, "loop", 100, 0);
	node(&t, 3, "a", 60, 0);
	node(&t, 4, "b", 40, 40);
	node(&t, 4, "c", 20, 0);
	node(&t, 5, "d", 20, 20);
	node(&t, 3, "e", 40, 0);
	node(&t, 4, "f", 40, 40);
	expect(callers_write_text, &t, &no_query, &plain,
	       "SHARE      VALUE       SELF  FUNCTION\n"
	       "100 %        100             main\n"
	       "100 %        100             loop\n"
	       " 60 %         60             |- a\n"
	       " 40 %         40         40  |  |- b\n"
	       " 20 %         20             |  `- c\n"
	       " 20 %         20         20  |     d\n"
	       " 40 %         40             `- e\n"
	       " 40 %         40         40     f\n");
	table_release(&t);
}

static void utf8_is_judged_strictly(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {
		{ "a", 1 }, { "\xc3\xa9", 2 }, { "\xe2\x82\xac", 3 }, { "\xf0\x9f\x98\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
		{ "\x80", 0 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xc3", 0 }, { "\xe0\x9f\xbf", 0 }, { "\xed\xa0\x80", 0 },
		{ "\xe2\x82", 0 }, { "\xf0\x8f\xbf\xbf", 0 }, { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 }, { "\xff", 0 }, { "\xe2(\xa1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
	assert_int_equal(utf8_length("\xe2\x82\xac", 2), 0);
	assert_int_equal(utf8_length("", 0), 0);
	assert_int_equal(utf8_length("\xc2\x9b", 2), 0); /* a terminal would obey it */
	assert_int_equal(utf8_length("\xc2\xa0", 2), 2);
	assert_int_equal(utf8_columns("a\xe2\x82\xac\xff"), 3);
	assert_int_equal(utf8_cut("a\xe2\x82\xac\xff", 2), 4);
	assert_int_equal(utf8_cut("ab", 5), 2);
	char text[] = "a\x1b[m\n\xe2\x82\xac\xc2\x9b\xff\x7f.";
	utf8_tidy(text);
	assert_string_equal(text, "a?[m?\xe2\x82\xac????.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_quotes),
		cmocka_unit_test(json_escapes),
		cmocka_unit_test(text_aligns),
		cmocka_unit_test(text_cuts_to_the_width),
		cmocka_unit_test(trees_indent_at_forks),
		cmocka_unit_test(utf8_is_judged_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
