/* SPDX-License-Identifier: MIT
 *
 * Databases: made and published, refused, failed without a trace of them left.
 */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/store/store.h"

static char dir[] = "/tmp/culprit-store-XXXXXX";
static char path[256];

static size_t files_left(void)
{
	char pattern[300];
	glob_t found = { 0 };
	size_t n;

	snprintf(pattern, sizeof(pattern), "%s*", path);
	glob(pattern, 0, NULL, &found);
	n = found.gl_pathc;
	globfree(&found);
	return n;
}

static int setup(void **state)
{
	(void)state;
	if (!path[0] && !mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/x.db", dir);
	unlink(path);
	return 0;
}

static void write_file(const char *name, const char *bytes, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static struct store *make(void)
{
	struct err err = { 0 };
	struct store *s = store_create(path, &err);

	assert_string_equal(err.text, "");
	assert_non_null(s);
	return s;
}

static void test_publish_and_read(void **state)
{
	struct err err = { 0 };
	struct store *s = make();
	struct statement *q = store_prepare(s, "INSERT INTO meta VALUES (?1, ?2)", &err);
	char text[8];

	(void)state;
	assert_non_null(q);
	statement_bind_text(q, 1, "answer", 6);
	statement_bind_number(q, 2, 42);
	assert_int_equal(statement_step(q, &err), 0);
	statement_bind_text(q, 1, "none", 4);
	statement_bind_none(q, 2);
	assert_int_equal(statement_step(q, &err), 0);
	statement_finish(q);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(store_publish(s, &err), 0);
	assert_int_equal(store_meta_number(s, "answer", 0), 42);
	store_close(s);
	assert_int_equal(files_left(), 1);
	assert_int_equal(store_is_database(path), 1);

	s = store_open(path, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(store_meta_number(s, "answer", 0), 42);
	assert_int_equal(store_meta_number(s, "none", 7), 7);
	assert_int_equal(store_meta_number(s, "absent", 7), 7);
	store_meta_text(s, "answer", text, sizeof(text));
	assert_string_equal(text, "42");
	assert_int_equal(store_execute(s, "DELETE FROM meta", &err), -1);
	store_close(s);
}

static void test_fill(void **state)
{
	static const struct column columns[] = { { "name", "NAME", UNIT_TEXT, "" }, { "size", "SIZE", UNIT_BYTES, "" } };
	struct err err = { 0 };
	struct store *s = make();
	struct statement *q = store_prepare(s, "SELECT 'a', 1 UNION ALL SELECT NULL, NULL", &err);
	struct table t;

	(void)state;
	table_init(&t, columns, 2);
	assert_int_equal(store_fill(s, q, &t, &err), 0);
	assert_int_equal(t.row_count, 2);
	assert_string_equal(table_at(&t, 0, 0)->text, "a");
	assert_int_equal(table_at(&t, 0, 1)->number, 1);
	assert_int_equal(table_at(&t, 1, 0)->none, 1);
	assert_int_equal(table_at(&t, 1, 1)->none, 1);
	statement_finish(q);
	table_release(&t);
	store_close(s);
}

/* Figures of a trace that says anything add up to something, and one that is nonsense hides no other. */
static void test_sums_do_not_overflow(void **state)
{
	static const struct {
		const char *sql;
		int64_t sum;
	} cases[] = {
		{ "SELECT sum(n) FROM (SELECT 9223372036854775807 AS n UNION ALL SELECT 9223372036854775806)", INT64_MAX },
		{ "SELECT sum(n) FROM (SELECT 9223372036854775807 AS n UNION ALL SELECT 9223372036854775806 UNION ALL SELECT -9223372036854775807)",
		  INT64_MAX - 1 },
		{ "SELECT sum(n) FROM (SELECT -9223372036854775808 AS n UNION ALL SELECT -1)", INT64_MIN },
		{ "SELECT sum(n) FROM (SELECT 1 AS n UNION ALL SELECT NULL UNION ALL SELECT 3)", 4 },
		{ "SELECT sum(n) IS NULL FROM (SELECT NULL AS n)", 1 },
		{ "SELECT sum(n) = 1.75 FROM (SELECT 1 AS n UNION ALL SELECT 0.75)", 1 },
		{ "SELECT max(part) FROM (SELECT sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS part FROM "
		  "(SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 9223372036854775807))", INT64_MAX },
	};
	struct err err = { 0 };
	struct store *made = store_create(path, &err), *s;

	(void)state;
	assert_non_null(made);
	assert_int_equal(store_publish(made, &err), 0);
	store_close(made);
	assert_non_null(s = store_open(path, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct statement *q = store_prepare(s, cases[i].sql, &err);
		assert_int_equal(statement_step(q, &err), 1);
		assert_int_equal(statement_number(q, 0), cases[i].sum);
		statement_finish(q);
	}
	store_close(s);
}

static void test_unpublished_leaves_nothing(void **state)
{
	(void)state;
	store_close(make());
	assert_int_equal(files_left(), 0);
}

static void test_full_disk(void **state)
{
	struct err err = { 0 };
	struct store *s = make();
	struct rlimit old, small = { 256 << 10, 256 << 10 };
	int failed = 0;

	(void)state;
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	failed = store_execute(s, "INSERT INTO file SELECT value, hex(randomblob(4000)) FROM"
	                          " (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 20000)"
	                          "  SELECT value FROM n)", &err) ||
	         store_publish(s, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(failed, 1);
	assert_non_null(strstr(err.text, "cannot write"));
	assert_non_null(strstr(err.text, path));
	store_close(s);
	assert_int_equal(files_left(), 0);
}

static void refuse(const char *why)
{
	struct err err = { 0 };

	assert_null(store_open(path, &err));
	assert_int_equal(err.kind, ERR_FAILED);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void test_refusals(void **state)
{
	struct err err = { 0 };
	struct store *s;
	char garbage[8192];

	(void)state;
	refuse("No such file");
	write_file(path, "", 0);
	refuse("is not a culprit database");
	write_file(path, "no database at all", 18);
	refuse("is not a culprit database");
	memset(garbage, 0x5a, sizeof(garbage));
	memcpy(garbage, "SQLite format 3", 16);
	write_file(path, garbage, sizeof(garbage));
	refuse("damaged");

	s = make();
	assert_int_equal(store_execute(s, "PRAGMA user_version = 99", &err), 0);
	assert_int_equal(store_publish(s, &err), 0);
	store_close(s);
	refuse("a newer culprit (schema 99");

	s = make();
	assert_int_equal(store_execute(s, "PRAGMA application_id = 1", &err), 0);
	assert_int_equal(store_publish(s, &err), 0);
	store_close(s);
	refuse("not one of culprit's");
}

static void test_create_refusals(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(store_create("/nonexistent/x.db", &err));
	assert_non_null(strstr(err.text, "No such file"));
	err = (struct err){ 0 };
	assert_null(store_create("/dev/null", &err));
	assert_non_null(strstr(err.text, "no regular file"));
}

static int cleanup(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_publish_and_read, setup),
		cmocka_unit_test_setup(test_fill, setup),
		cmocka_unit_test_setup(test_sums_do_not_overflow, setup),
		cmocka_unit_test_setup(test_unpublished_leaves_nothing, setup),
		cmocka_unit_test_setup(test_full_disk, setup),
		cmocka_unit_test_setup(test_refusals, setup),
		cmocka_unit_test_setup(test_create_refusals, setup),
	};

	return cmocka_run_group_tests(tests, setup, cleanup);
}
