/* SPDX-License-Identifier: MIT
 *
 * Costs by source line against what plain SQL says of the same stacks; finding source files; queries that people write.
 */
#include "tests/unit/report_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "analyzer/report/source_lines.h"
#include "analyzer/store/store_query.h"

/* --- lines ------------------------------------------------------------------------------------------------ */

static void selfs_add_up(void **state)
{
	static const char *const costs[] = { "allocated_bytes", "allocations", "leaked_bytes", "wait_ns" };
	struct table files;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		struct report_query q = { .cost = costs[i] };
		char sql[256];

		snprintf(sql, sizeof(sql), "SELECT sum(value) FROM total JOIN stack ON stack.id = stack_id JOIN site ON site.id = site_id "
		         "JOIN cost ON cost.id = cost_id WHERE name = '%s' AND file_id <> 0 AND line <> 0", costs[i]);
		assert_int_equal(figure("lines", "self", &q), synthetic_ask(s, sql));
		assert_int_equal(source_files_read(s, &q, &files, &err), 0);
		assert_int_equal(sum(&files, "self"), synthetic_ask(s, sql));
		for (size_t row = 0; row < files.row_count; row++)
			assert_true(number(&files, row, "value") >= number(&files, row, "self"));
		table_release(&files);
	}
}

static void a_file_is_its_lines(void **state)
{
	struct report_query q = { 0 }, row_c = { .match = "tableserver/row.c" };
	const char *const written[] = { "first", "second", "third" };
	struct source_text text = { .path = "row.c", .lines = (const char **)written, .count = 3 };
	struct table lines, report;
	struct err err = { 0 };

	(void)state;
	run("lines", &row_c, &report);
	assert_int_equal(source_lines_read(s, "/src/tableserver/row.c", &q, NULL, &lines, &err), 0);
	assert_int_equal(lines.row_count, report.row_count);
	assert_int_equal(sum(&lines, "value"), sum(&report, "value"));
	for (size_t row = 1; row < lines.row_count; row++)
		assert_true(number(&lines, row, "line") > number(&lines, row - 1, "line"));
	size_t with_cost = lines.row_count;
	int64_t value = sum(&lines, "value");
	table_release(&lines);

	/* With a text there are its lines, too; those with a cost beyond its end stay. */
	assert_int_equal(source_lines_read(s, "/src/tableserver/row.c", &q, &text, &lines, &err), 0);
	assert_int_equal(lines.row_count, 3 + with_cost);
	assert_string_equal(table_at(&lines, 1, (size_t)table_column(&lines, "text"))->text, "second");
	assert_true(cell(&lines, 1, "value")->none);
	assert_int_equal(sum(&lines, "value"), value);
	table_release(&lines);

	assert_int_equal(source_lines_read(s, "/no/such/file.c", &q, NULL, &lines, &err), 0);
	assert_int_equal(lines.row_count, 0);
	table_release(&lines);
	table_release(&report);
}

static void files_of_functions(void **state)
{
	struct report_query q = { 0 };
	struct err err = { 0 };
	char *path;

	(void)state;
	assert_int_equal(source_of_function(s, synthetic_ask(s, "SELECT id FROM function WHERE name = 'row_new'"), &q, &path, &err), 0);
	assert_string_equal(path, "/src/tableserver/row.c");
	free(path);
	assert_int_equal(source_of_function(s, synthetic_ask(s, "SELECT id FROM function WHERE name = 'strdup'"), &q, &path, &err), 0);
	assert_null(path);
	assert_int_equal(source_of_function(s, 1 << 30, &q, &path, &err), 0);
	assert_null(path);
}

/* --- the text of files ------------------------------------------------------------------------------------ */

static char top[64];

static const char *in_top(const char *name)
{
	static char path[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", top, name);
	return path[next];
}

static void write_file(const char *name, const char *text)
{
	FILE *out = fopen(in_top(name), "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	fclose(out);
}

static int make_top(void **state)
{
	(void)state;
	strcpy(top, "/tmp/culprit-source-XXXXXX");
	assert_non_null(mkdtemp(top));
	mkdir(in_top("sub"), 0777);
	write_file("a.c", "one\n\ttwo\r\n  \xc3\xa9\tx\nlast");
	write_file("sub/a.c", "deeper\n");
	write_file("empty.c", "");
	mkfifo(in_top("pipe.c"), 0600);
	return 0;
}

static int remove_top(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static void where_it_was(void **state)
{
	struct source_text text;
	char said[300];

	(void)state;
	assert_int_equal(source_text_read(in_top("a.c"), NULL, 0, &text, said, sizeof(said)), 1);
	assert_string_equal(said, "");
	assert_int_equal(text.count, 4);
	assert_string_equal(text.lines[0], "one");
	assert_string_equal(text.lines[1], "        two");
	assert_string_equal(text.lines[2], "  \xc3\xa9     x");
	assert_string_equal(text.lines[3], "last");
	source_text_release(&text);
	assert_int_equal(source_text_read(in_top("empty.c"), NULL, 0, &text, said, sizeof(said)), 1);
	assert_int_equal(text.count, 0);
	source_text_release(&text);
}

static void below_a_directory(void **state)
{
	struct source_text text;
	char said[300];

	(void)state;
	assert_int_equal(source_text_read("/build/x/sub/a.c", top, 0, &text, said, sizeof(said)), 1); /* the longest end of the path */
	assert_string_equal(text.lines[0], "deeper");
	source_text_release(&text);
	assert_int_equal(source_text_read("/build/x/other/a.c", top, 0, &text, said, sizeof(said)), 1);
	assert_string_equal(text.lines[0], "one");
	source_text_release(&text);
	assert_int_equal(source_text_read("/build/sub/../a.c", in_top("sub"), 0, &text, said, sizeof(said)), 1); /* not above it */
	assert_string_equal(text.lines[0], "deeper");
	source_text_release(&text);
}

static void what_is_no_source(void **state)
{
	const char *const paths[] = { in_top("pipe.c"), "/dev/zero", top, "/no/such/file.c", "", "a\nb" };
	struct source_text text;
	char said[300];

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(source_text_read(paths[i], "/no/such/directory", 0, &text, said, sizeof(said)), 0);
		assert_null(text.path);
		assert_int_equal(text.count, 0);
		assert_non_null(strstr(said, "neither"));
		source_text_release(&text);
	}
	assert_int_equal(source_text_read("/no/such/file.c", NULL, 0, &text, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "--source=DIR"));
	source_text_release(&text);
}

static void older_and_newer(void **state)
{
	int64_t now = (int64_t)time(NULL) * 1000000000;
	struct source_text text;
	char said[300];

	(void)state;
	source_text_read(in_top("a.c"), NULL, now + 3600000000000, &text, said, sizeof(said));
	assert_string_equal(said, "");
	source_text_release(&text);
	source_text_read(in_top("a.c"), NULL, now - 3600000000000, &text, said, sizeof(said));
	assert_non_null(strstr(said, "a.c was changed after the recording began"));
	source_text_release(&text);
}

/* --- queries ---------------------------------------------------------------------------------------------- */

static void rows_of_a_query(void **state)
{
	struct table t;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(store_query(s, "SELECT 'x' AS a, 5 AS n_bytes, 0.25 AS f, NULL AS missing, x'ff' AS blob UNION ALL SELECT 'y', 6, 2, NULL, 'text'", 0, &t,
	                             &err), 0);
	assert_int_equal(t.row_count, 2);
	assert_int_equal(t.total_rows, 2);
	assert_int_equal(t.columns[0].unit, UNIT_TEXT);
	assert_int_equal(t.columns[1].unit, UNIT_BYTES);
	assert_int_equal(t.columns[2].unit, UNIT_ID);
	assert_int_equal(number(&t, 0, "n_bytes"), 5);
	assert_string_equal(text(&t, 0, "f"), "0.25");
	assert_string_equal(text(&t, 1, "f"), "2");
	assert_string_equal(text(&t, 0, "missing"), "(none)");
	assert_string_equal(text(&t, 0, "blob"), "X'FF'");
	assert_string_equal(text(&t, 1, "blob"), "text");
	table_release(&t);
	assert_int_equal(store_query(s, "SELECT id FROM stack", 3, &t, &err), 0);
	assert_int_equal(t.row_count, 3);
	assert_true(t.total_rows > 3);
	table_release(&t);
	assert_int_equal(store_query(s, "SELECT id FROM stack LIMIT 3", 3, &t, &err), 0);
	assert_int_equal(t.total_rows, 3);
	table_release(&t);
}

static void what_is_refused(void **state)
{
	static const char *const queries[] = { "", " ", "-- nothing", "DELETE FROM total", "CREATE TEMP TABLE t (a)", "PRAGMA query_only = 0", "BEGIN",
		                               "ATTACH ':memory:' AS x", "SELECT 1; SELECT 2", "SELEC", "SELECT x'", "EXPLAIN DELETE FROM total" };
	struct table t;

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct err err = { 0 };
		assert_int_equal(store_query(s, queries[i], 0, &t, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_true(err.text[0]);
	}
	/* What was allowed before is still allowed to the reports. */
	assert_int_equal(store_execute(s, "CREATE TEMP TABLE mine (a)", &(struct err){ 0 }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(selfs_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_is_its_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(files_of_functions, setup, teardown),
		cmocka_unit_test_setup_teardown(where_it_was, make_top, remove_top),
		cmocka_unit_test_setup_teardown(below_a_directory, make_top, remove_top),
		cmocka_unit_test_setup_teardown(what_is_no_source, make_top, remove_top),
		cmocka_unit_test_setup_teardown(older_and_newer, make_top, remove_top),
		cmocka_unit_test_setup_teardown(rows_of_a_query, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
