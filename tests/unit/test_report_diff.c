/* SPDX-License-Identifier: MIT
 *
 * Which sites of two recordings are the same, on databases of a few rows each; and that a hundred thousand of them take no time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/report/diff.h"

/* A database with one process and thread; `sql` adds the rest. */
static struct store *make(int which, const char *sql)
{
	static const char base[] = "INSERT INTO meta VALUES ('schema_version', 1), ('duration_ns', 1000000000), ('complete', 1), ('notes', '');"
		"INSERT INTO process (id, pid, ppid, command, command_line, executable, start_ns, ended, duration_ns) "
		"VALUES (1, 1, 0, 'x', 'x', '/x', 0, 'exit 0', 1000000000);"
		"INSERT INTO thread (id, process_id, tid, name, start_ns) VALUES (1, 1, 1, 'x', 0);";
	struct err err = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/tmp/culprit-diff-%ld-%d.db", (long)getpid(), which);
	struct store *s = store_create(path, &err);
	if (!s || store_execute(s, base, &err) || store_execute(s, sql, &err) || store_publish(s, &err))
		fail_msg("%s", err.text);
	store_close(s);
	s = store_open(path, &err);
	if (!s)
		fail_msg("%s", err.text);
	unlink(path);
	return s;
}

/* Sites in a row each: names, files (0: none), modules, bytes. */
#define MODULES(build) "INSERT INTO module VALUES (1, '/usr/bin/app', '" build "', 'debug info'), (2, '/usr/lib/bare.so', '" build "', 'none'), " \
	"(3, '/opt/only.so', '" build "', 'none');"
#define FILES(dir) "INSERT INTO file VALUES (1, '" dir "/a.c'), (2, '" dir "/b.c');"

static void read_both(const char *a, const char *b, const struct diff_query *q, struct diff *d)
{
	struct store *base = make(0, a), *now = make(1, b);
	struct err err = { 0 };

	if (diff_read(base, now, q, d, &err))
		fail_msg("%s", err.text);
	store_close(base);
	store_close(now);
}

/* "state before after" of a function's row; "none" if there is none, "several" for more. */
static const char *row_of(const struct diff *d, const char *function, char out[64])
{
	int found = 0;

	strcpy(out, "none");
	for (size_t row = 0; row < d->sites.row_count; row++) {
		const struct value *v = table_at(&d->sites, row, 0);
		if (strcmp(v[DIFF_FUNCTION].text, function) != 0)
			continue;
		snprintf(out, 64, "%s %lld %lld", v[DIFF_STATE].text, (long long)v[DIFF_AT(DIFF_ALLOCATED_BYTES, DIFF_BASE)].number,
		         (long long)v[DIFF_AT(DIFF_ALLOCATED_BYTES, DIFF_NOW)].number);
		if (found++)
			strcpy(out, "several");
	}
	return out;
}

static const char earlier[] = MODULES("aa") FILES("/src")
	"INSERT INTO function VALUES (1, 'moved', 'moved', 1), (2, 'helper', 'helper', 1), (3, 'helper', 'helper', 1), (4, 'bare.so+0x10', '', 2), "
	"(5, 'bare.so+0x20', '', 2), (6, 'only.so+0x10', '', 3), (7, 'known', 'known', 1), (8, 'two', 'two', 1), (9, 'two', 'two', 1), "
	"(10, '[unknown]+0x7f10', '', NULL), (11, 'a+0x12', 'a+0x12', 1);"
	"INSERT INTO site VALUES (1, 1, 1, 10), (2, 2, 1, 20), (3, 3, 2, 20), (4, 4, NULL, 0), (5, 5, NULL, 0), (6, 6, NULL, 0), (7, 7, 1, 5), "
	"(8, 8, 1, 5), (9, 9, 2, 5), (10, 10, NULL, 0), (11, 11, 1, 1);"
	"INSERT INTO site_total SELECT 2, id, 1, id * 100 FROM site;";
static const char later[] = MODULES("bb") FILES("/elsewhere/src")
	"INSERT INTO function VALUES (1, 'moved', 'moved', 1), (2, 'helper', 'helper', 1), (3, 'helper', 'helper', 1), (4, 'bare.so+0x14', '', 2), "
	"(5, 'bare.so+0x24', '', 2), (7, 'known', 'known', 1), (8, 'two', 'two', 1), (10, '[unknown]+0x7f20', '', NULL), (11, 'a+0x12', 'a+0x12', 1);"
	"INSERT INTO site VALUES (21, 1, 1, 11), (31, 1, 1, 99), (22, 2, 1, 20), (23, 3, 2, 20), (24, 4, NULL, 0), (25, 5, NULL, 0), (27, 7, NULL, 0), "
	"(28, 8, NULL, 5), (30, 10, NULL, 0), (41, 11, 1, 1);"
	"INSERT INTO site_total SELECT 2, id, 1, id FROM site;";

static void test_what_is_the_same(void **state)
{
	const struct diff_query q = { 0 };
	struct diff d;
	char out[64];

	(void)state;
	read_both(earlier, later, &q, &d);
	assert_string_equal(row_of(&d, "moved", out), " 100 52");          /* two lines of it, elsewhere */
	assert_string_equal(row_of(&d, "helper", out), "several");         /* two static functions of two files */
	assert_string_equal(row_of(&d, "known", out), " 700 27");          /* its file is not known any more */
	assert_string_equal(row_of(&d, "two", out), "several");            /* whose file is not known could be either */
	assert_string_equal(row_of(&d, "bare.so+0x10", out), "none");
	assert_string_equal(row_of(&d, "bare.so (without names)", out), " 900 49");
	assert_string_equal(row_of(&d, "unknown code (without names)", out), " 1000 30");
	assert_string_equal(row_of(&d, "a+0x12", out), " 1100 41");        /* a name as others */
	assert_string_equal(row_of(&d, "only.so (without names)", out), "gone 600 0");
	assert_non_null(strstr(d.remarks, "3 rows stand for all functions"));
	diff_release(&d);
}

static void test_one_build(void **state)
{
	const struct diff_query q = { 0 };
	struct diff d;
	char out[64];

	(void)state;
	read_both(earlier, earlier, &q, &d);
	assert_string_equal(row_of(&d, "bare.so+0x10", out), " 400 400");
	assert_string_equal(row_of(&d, "only.so+0x10", out), " 600 600");
	for (size_t m = 0; m < DIFF_MEASURES; m++)
		assert_int_equal(d.changed[m], 0);
	assert_int_equal(d.unchanged, d.sites.row_count);
	diff_release(&d);
}

/* What no other recording has to be compared with is told by its offset. */
static void test_a_module_of_one(void **state)
{
	const struct diff_query q = { 0 };
	struct diff d;
	char out[64];

	(void)state;
	read_both(earlier, "INSERT INTO module VALUES (1, '/usr/bin/app', 'bb', 'debug info');", &q, &d);
	assert_string_equal(row_of(&d, "only.so+0x10", out), "gone 600 0");
	assert_string_equal(row_of(&d, "bare.so+0x20", out), "gone 500 0");
	diff_release(&d);
}

/* Own peaks of two lines: at least the larger one, and what they had together at the process's peak. */
static void test_peaks(void **state)
{
	static const char names[] = MODULES("aa") FILES("/src") "INSERT INTO function VALUES (1, 'f', 'f', 1), (2, 'g', 'g', 1);"
		"INSERT INTO site VALUES (1, 1, 1, 1), (2, 1, 1, 2), (3, 2, 1, 3);";
	const struct diff_query q = { .cost = "peak_bytes" };
	char a[2048], b[2048];
	struct diff d;

	(void)state;
	snprintf(a, sizeof(a), "%sINSERT INTO site_peak VALUES (1, 1, 0, 70, 1), (2, 1, 0, 50, 1), (3, 1, 0, 90, 1), (3, 1, 1, 90, 1);"
	         "INSERT INTO site_total VALUES (3, 1, 1, 60), (3, 2, 1, 40), (3, 3, 1, 5);", names);
	snprintf(b, sizeof(b), "%sINSERT INTO site_peak VALUES (1, 1, 0, 70, 1), (2, 1, 0, 50, 1), (3, 1, 0, 80, 1);"
	         "INSERT INTO site_total VALUES (3, 1, 1, 10), (3, 2, 1, 40), (3, 3, 1, 5);", names);
	read_both(a, b, &q, &d);
	assert_string_equal(table_at(&d.sites, 0, DIFF_FUNCTION)->text, "f");
	assert_int_equal(table_at(&d.sites, 0, DIFF_AT(DIFF_PEAK_BYTES, DIFF_BASE))->number, 100);
	assert_int_equal(table_at(&d.sites, 0, DIFF_AT(DIFF_PEAK_BYTES, DIFF_NOW))->number, 70);
	assert_int_equal(table_at(&d.sites, 1, DIFF_AT(DIFF_PEAK_BYTES, DIFF_CHANGE))->number, -10);
	assert_non_null(strstr(d.remarks, "peak_bytes of 1 row of several lines is the least"));
	diff_release(&d);
}

/* All different, all the same. */
static void test_large(void **state)
{
	static const char sql[] = "INSERT INTO module VALUES (1, '/bin/x', 'aa', 'debug info');"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO file SELECT i, '/src/file' || i || '.cc' FROM n;"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO function SELECT i, "
		"'some::very::long_namespace::container<std::string>::function_number_' || (i + %d) || '(std::string const&)', 'x', 1 FROM n;"
		"INSERT INTO site SELECT id, id, id %% 5000 + 1, id FROM function;"
		"INSERT INTO site_total SELECT cost.id, site.id, 1, site.id * 7 FROM cost JOIN site WHERE cost.id < 7;";
	const struct diff_query q = { .limit = 30 };
	char text[2][1600];
	struct err err = { 0 };
	struct timespec from, to;

	(void)state;
	for (int shift = 0; shift <= 200000; shift += 200000) {
		struct diff d;
		snprintf(text[0], sizeof(text[0]), sql, 0);
		snprintf(text[1], sizeof(text[1]), sql, shift);
		struct store *base = make(0, text[0]), *now = make(1, text[1]);
		clock_gettime(CLOCK_MONOTONIC, &from);
		assert_int_equal(diff_read(base, now, &q, &d, &err), 0);
		clock_gettime(CLOCK_MONOTONIC, &to);
		assert_int_equal(d.compared, shift ? 200000 : 100000);
		assert_int_equal(d.unchanged, shift ? 0 : 100000);
		double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
		if (seconds > 20) /* under the sanitizers, beside other tests; otherwise half a second */
			fail_msg("a hundred thousand sites a side took %.1f s", seconds);
		diff_release(&d);
		store_close(base);
		store_close(now);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_the_same), cmocka_unit_test(test_one_build), cmocka_unit_test(test_a_module_of_one),
		cmocka_unit_test(test_peaks), cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
