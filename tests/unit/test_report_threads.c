/* SPDX-License-Identifier: MIT
 *
 * Threads: who created them and where, and the places that create them.
 */
#include "tests/unit/report_fixture.h"

#include "analyzer/report/report_write.h"

static void who_created_them(void **state)
{
	struct report_query q = { .sort = "tid" };
	struct table t;

	(void)state;
	run("threads", &q, &t);
	assert_int_equal(t.row_count, 7);
	assert_int_equal(number(&t, 6, "tid"), 4711);
	assert_string_equal(text(&t, 6, "created_by"), "(none)");
	assert_string_equal(text(&t, 6, "stack"), "(none)");
	assert_int_equal(number(&t, 6, "alive"), 1);
	assert_true(cell(&t, 6, "end_ns")->none);
	assert_int_equal(number(&t, 6, "held_ns"), 200000000);
	assert_int_equal(number(&t, 5, "tid"), 4712);
	assert_string_equal(text(&t, 5, "created_by"), "tableserver/4711");
	assert_string_equal(text(&t, 5, "start_function"), "worker_main");
	assert_string_equal(text(&t, 5, "function"), "start_workers");
	assert_string_equal(text(&t, 5, "stack"), "_start;__libc_start_call_main;main;start_workers");
	assert_int_equal(number(&t, 5, "line"), 60);
	assert_int_equal(number(&t, 5, "alive"), 0);
	assert_int_equal(number(&t, 5, "joined"), 1);
	assert_int_equal(number(&t, 5, "detached"), 0);
	assert_int_equal(number(&t, 5, "wait_ns"), 2400000000 + 9000000 + 120000000);
	assert_int_equal(number(&t, 5, "blocked_ns"), 5000000000 + 50000000 + 100000000);
	assert_int_equal(number(&t, 3, "detached"), 1);
	table_release(&t);
}

static void matches_of_threads(void **state)
{
	static const struct {
		const char *match;
		size_t rows;
	} cases[] = { { "worker", 3 }, { "WORKER_MAIN", 2 }, { "pack-io", 1 }, { "start_workers", 3 }, { "io_main", 1 }, { "nobody", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report_query q = { .match = cases[i].match };
		struct table t;
		run("threads", &q, &t);
		assert_int_equal(t.row_count, cases[i].rows);
		assert_int_equal(t.total_rows, cases[i].rows);
		table_release(&t);
	}
}

static void places_that_create(void **state)
{
	struct report_query q = { .sort = "-start_function" };
	struct table t;

	(void)state;
	run("thread-sites", &q, &t); /* worker_main, io_main, flush_main */
	assert_int_equal(t.row_count, 3);
	assert_string_equal(text(&t, 0, "start_function"), "worker_main");
	assert_string_equal(text(&t, 0, "function"), "start_workers");
	assert_int_equal(number(&t, 0, "threads"), 2);
	assert_int_equal(number(&t, 0, "alive"), 0);
	assert_int_equal(number(&t, 0, "life_p50_ns"), 12600000000);
	assert_int_equal(number(&t, 0, "life_max_ns"), 12600000000);
	assert_int_equal(number(&t, 0, "wait_ns"), 2529000000 + 1664000000);
	assert_int_equal(number(&t, 0, "blocked_ns"), 5150000000 + 5200000000);
	assert_int_equal(number(&t, 0, "allocations"), synthetic_ask(s, "SELECT sum(value) FROM total WHERE cost_id = 1 AND thread_id IN (2, 3)"));
	assert_string_equal(text(&t, 0, "stack"), "_start;__libc_start_call_main;main;start_workers");
	assert_string_equal(text(&t, 1, "start_function"), "io_main");
	assert_int_equal(number(&t, 1, "pid"), 4725);
	assert_int_equal(number(&t, 1, "alive"), 1);
	assert_true(cell(&t, 1, "life_p50_ns")->none);
	table_release(&t);
	q = (struct report_query){ .pid = 4711, .match = "flush" };
	run("thread-sites", &q, &t);
	assert_int_equal(t.row_count, 1);
	table_release(&t);
}

/* Ten threads from one place that lived 1, 2, ... 9 ms, and one that lives on: half of nine lived at most 5 ms. */
static void lives_of_many(void **state)
{
	struct report_query q = { 0 };
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("INSERT INTO thread (process_id, tid, name, start_ns, end_ns, creator_id, created_stack_id, start_function) "
	                   "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) "
	                   "SELECT 1, 5000 + i, 'brief', i, CASE WHEN i < 10 THEN i + ((i * 7) % 10) * 1000000 END, 1, 90, 'brief_main' FROM n");
	run("thread-sites", &q, &t);
	assert_string_equal(text(&t, 0, "start_function"), "brief_main");
	assert_int_equal(number(&t, 0, "threads"), 10);
	assert_int_equal(number(&t, 0, "alive"), 1);
	assert_int_equal(number(&t, 0, "life_p50_ns"), 5000000);
	assert_int_equal(number(&t, 0, "life_max_ns"), 9000000);
	table_release(&t);
}

static void text_of_threads(void **state)
{
	struct report_query q = { .tid = 4712 };
	struct report_page page = { .facts = "facts", .losses = "", .width = 80 };
	char *written = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&written, &size);
	struct table t;

	(void)state;
	assert_non_null(out);
	run("threads", &q, &t);
	report_write_text(report_find("threads"), &t, &q, &page, out);
	fclose(out);
	assert_string_equal(written,
	                    "facts\nThreads, thread 4712\n\n"
	                    "ALLOCATED  THREAD   START     END  CALLS    WAIT  BLOCKED    LEAKED  NAME\n"
	                    " 16.6 MiB    4712  100 ms  12.7 s  173 k  2.53 s   5.15 s  1.20 MiB  worker/1\n"
	                    "    runs worker_main, created by tableserver/4711 in start_workers main.c:60,...\n");
	free(written);
	table_release(&t);
}

static void a_damaged_database_is_refused(void **state)
{
	struct report_query q = { 0 };
	struct err err = { 0 };
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("UPDATE thread SET created_stack_id = 7777 WHERE id = 4");
	assert_int_equal(report_run(report_find("threads"), s, &q, &t, &err), -1);
	assert_non_null(strstr(err.text, "the database is damaged"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_created_them, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_of_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(places_that_create, setup, teardown),
		cmocka_unit_test_setup_teardown(lives_of_many, setup, teardown),
		cmocka_unit_test_setup_teardown(text_of_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_database_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
