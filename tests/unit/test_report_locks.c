/* SPDX-License-Identifier: MIT
 *
 * Reports on locks: figures worked out by hand from what tests/data/synthetic.sql writes down, sums that
 * agree with each other and with SQL, and what they leave out when asked for less.
 */
#include "tests/unit/report_fixture.h"

#include "analyzer/report/report_write.h"

/* The row with this text in a column. */
static size_t row_with(const struct table *t, const char *column, const char *wanted)
{
	for (size_t row = 0; row < t->row_count; row++)
		if (strcmp(text(t, row, column), wanted) == 0)
			return row;
	fail_msg("no row has %s in %s", wanted, column);
	return 0;
}

static const struct report_query everything;

/* The first columns are promised, in this order; more may follow. */
static void columns_are_as_promised(void **state)
{
	static const struct {
		const char *report, *columns;
	} promised[] = {
		{ "locks", "lock,kind,acquisitions,contended,wait_ns,wait_max_ns,wait_p99_ns,hold_ns,hold_max_ns,owner_changes,max_waiters,"
		           "top_waiter,top_holder,pid," },
		{ "waits", "function,stack,lock,waits,wait_ns,wait_max_ns,pid," },
		{ "holders", "function,stack,lock,releases,caused_wait_ns,hold_ns,pid," },
		{ "blocked", "function,stack,on,waits,blocked_ns,pid," },
		{ "lock-order", "held,lock,held_stack,stack,cycle,pid," },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++) {
		const struct report *r = report_find(promised[i].report);
		char head[4096] = "";
		for (size_t c = 0; c < r->column_count; c++)
			strcat(strcat(head, r->columns[c].name), ",");
		if (strncmp(head, promised[i].columns, strlen(promised[i].columns)) != 0)
			fail_msg("%s has %s", r->name, head);
	}
}

static void a_lock_in_figures(void **state)
{
	static const struct {
		const char *column;
		int64_t value;
	} expected[] = {
		{ "acquisitions", 1200000 }, { "contended", 848 }, { "wait_ns", 4310000000 }, { "wait_max_ns", 22000000 },
		{ "wait_p99_ns", 17200000 }, /* the 842nd of 850; 840 are below 16 ms, the other 10 spread up to the longest, 22 ms */
		{ "hold_ns", 3900000000 }, { "hold_max_ns", 23000000 }, { "owner_changes", 9000 }, { "max_waiters", 3 }, { "pid", 4711 },
		{ "try_failures", 5 }, { "timeouts", 2 }, { "life", 1 }, { "hold_measured", 4000 }, { "hold_allocations", 212000 }, { "hold_waiting_ns", 250000000 },
		{ "sampled", 1 }, { "top_waiter_share", 100 }, { "top_holder_share", 88 }, { "read_acquisitions", 0 }, { "lock_id", 1 },
	};
	struct table t;

	(void)state;
	run("locks", &everything, &t);
	assert_int_equal(t.row_count, 8); /* of 14: the others are waited on for work */
	assert_string_equal(text(&t, 0, "lock"), "server+0x40");
	assert_string_equal(text(&t, 0, "kind"), "mutex");
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (number(&t, 0, expected[i].column) != expected[i].value)
			fail_msg("%s is %lld", expected[i].column, (long long)number(&t, 0, expected[i].column));
	assert_string_equal(text(&t, 0, "top_waiter"), "cache_get");
	assert_string_equal(text(&t, 0, "top_holder"), "evict_lru");
	assert_string_equal(text(&t, 0, "wait_histogram"), "0:100 1000:300 1000000:400 8000000:40 16000000:10");
	assert_string_equal(text(&t, 0, "address"), "0x15e2d62c28");
	table_release(&t);
}

static void kinds_of_locks(void **state)
{
	struct table t;

	(void)state;
	run("locks", &everything, &t);
	size_t rwlock = row_with(&t, "kind", "rwlock"), spin = row_with(&t, "kind", "spin"), futex = row_with(&t, "kind", "futex");
	size_t unused = row_with(&t, "lock", "config_lock");

	assert_int_equal(number(&t, rwlock, "contended"), 119);
	assert_int_equal(number(&t, rwlock, "read_contended"), 100);
	assert_int_equal(number(&t, rwlock, "read_wait_ns"), 180000000);
	assert_int_equal(number(&t, rwlock, "wait_p99_ns"), 7800000); /* the 119th of 120: 19/20 of the way from 4 ms to the longest, 8 ms */
	assert_string_equal(text(&t, rwlock, "flags"), "prefer-writer");
	assert_string_equal(text(&t, rwlock, "top_holder"), "table_write");
	assert_int_equal(number(&t, spin, "acquisitions"), 80000);
	assert_string_equal(text(&t, spin, "top_waiter"), "(none)");
	assert_true(cell(&t, spin, "wait_p99_ns")->none);
	assert_int_equal(number(&t, futex, "contended"), 7);
	assert_true(cell(&t, futex, "hold_ns")->none);
	assert_string_equal(text(&t, futex, "top_holder"), "(none)");
	assert_true(cell(&t, unused, "hold_ns")->none);
	table_release(&t);
}

static const struct report_query scopes[] = { { 0 }, { .pid = 4711 }, { .pid = 4720 }, { .pid = 4725 }, { .tid = 4711 },
	                                      { .tid = 4712 }, { .tid = 4714 }, { .pid = 4725, .tid = 4726 } };

static void they_add_up_to_the_summary(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		const struct report_query *q = &scopes[i];
		int64_t wait = figure("summary", "wait_ns", q), blocked = figure("summary", "blocked_ns", q);
		assert_int_equal(figure("locks", "wait_ns", q), wait);
		assert_int_equal(figure("waits", "wait_ns", q), wait);
		assert_int_equal(figure("threads", "wait_ns", q), wait);
		assert_int_equal(figure("locks", "contended", q), figure("summary", "contended", q));
		assert_int_equal(figure("waits", "waits", q) - figure("waits", "timeouts", q), figure("summary", "contended", q));
		assert_int_equal(figure("blocked", "blocked_ns", q), blocked);
		assert_int_equal(figure("threads", "blocked_ns", q), blocked);
		assert_int_equal(figure("holders", "caused_wait_ns", q), figure("threads", "held_ns", q));
	}
	assert_int_equal(figure("summary", "wait_ns", &everything), 4627000000);
	assert_int_equal(figure("summary", "blocked_ns", &everything), 11420000000);
	assert_int_equal(figure("holders", "caused_wait_ns", &everything), 4613000000);
	assert_int_equal(figure("summary", "contended", &scopes[4]), 40 - 2 + 20 - 1);
	assert_int_equal(figure("waits", "wait_ns", &scopes[5]), 2529000000);
}

static void waits_by_stack(void **state)
{
	struct table t;

	(void)state;
	run("waits", &everything, &t);
	assert_int_equal(t.row_count, 10);
	assert_string_equal(text(&t, 0, "function"), "cache_get"); /* not the wrappers it calls */
	assert_string_equal(text(&t, 0, "stack"),
	                    "start_thread;worker_main;cache_get;std::unique_lock<std::mutex>::lock();std::mutex::lock()");
	assert_string_equal(text(&t, 0, "lock"), "server+0x40");
	assert_int_equal(number(&t, 0, "waits"), 300 + 100 + 350 + 50);
	assert_int_equal(number(&t, 0, "wait_ns"), 4000000000);
	assert_int_equal(number(&t, 0, "wait_max_ns"), 22000000);
	assert_int_equal(number(&t, 0, "line"), 120);
	assert_string_equal(text(&t, 0, "top_owner"), "flush, \"late\"/4714");
	size_t readers = row_with(&t, "function", "table_read"), writer = row_with(&t, "function", "table_write");
	assert_int_equal(number(&t, readers, "read_waits"), 100);
	assert_int_equal(number(&t, readers, "read_wait_ns"), 180000000);
	assert_string_equal(text(&t, readers, "top_owner"), "tableserver/4711");
	assert_string_equal(text(&t, writer, "top_owner"), "(none)");
	assert_int_equal(number(&t, writer, "read_waits"), 0);
	assert_int_equal(number(&t, writer, "timeouts"), 1);
	table_release(&t);
}

/* A thread's waits: the owner is the one it waited for. */
static void waits_of_a_thread(void **state)
{
	struct report_query q = { .tid = 4713, .match = "server" };
	struct table t;

	(void)state;
	run("waits", &q, &t);
	assert_int_equal(t.row_count, 1);
	assert_int_equal(t.total_rows, 1);
	assert_int_equal(number(&t, 0, "wait_ns"), 1600000000);
	table_release(&t);
	q = (struct report_query){ .tid = 4714 };
	run("locks", &q, &t);
	assert_int_equal(t.row_count, 2);
	assert_string_equal(text(&t, 1, "lock"), "server+0x40");
	assert_int_equal(number(&t, 1, "wait_ns"), 10000000);
	assert_true(cell(&t, 1, "acquisitions")->none);
	assert_true(cell(&t, 1, "wait_p99_ns")->none);
	assert_string_equal(text(&t, 1, "top_waiter"), "evict_lru");
	table_release(&t);
}

/* The same functions, one of them called at another line: one row, with the sums and the longest. */
static void stacks_that_read_the_same(void **state)
{
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("INSERT INTO frame SELECT 99, function_id, file_id, line + 7, address + 16, 0 FROM frame WHERE id = 17;"
	                   "INSERT INTO stack SELECT 201, 43, 99, 2, site_id FROM stack WHERE id = 44;"
	                   "INSERT INTO stack SELECT 202, 201, frame_id, depth, site_id FROM stack WHERE id = 91;"
	                   "INSERT INTO stack SELECT 203, 201, frame_id, depth, site_id FROM stack WHERE id = 93;"
	                   "UPDATE lock_wait SET stack_id = 202, max_ns = 6500000 WHERE stack_id = 91 AND thread_id = 3;"
	                   "UPDATE lock_hold SET stack_id = 202 WHERE stack_id = 91;"
	                   "INSERT INTO lock_wait (class, lock_id, stack_id, thread_id, owner_id, slice, reading, waits, wait_ns, max_ns, timeouts) VALUES (22, 6, 203, 3, 0, 111, 0, 2, 80000000, 60000000, 0)");
	run("waits", &everything, &t);
	assert_int_equal(t.row_count, 10);
	size_t row = row_with(&t, "function", "table_read");
	assert_int_equal(number(&t, row, "waits"), 100);
	assert_int_equal(number(&t, row, "read_waits"), 100);
	assert_int_equal(number(&t, row, "wait_ns"), 180000000);
	assert_int_equal(number(&t, row, "wait_max_ns"), 6500000);
	assert_int_equal(number(&t, row, "pid"), 4711);
	table_release(&t);
	run("blocked", &everything, &t);
	row = row_with(&t, "on", "sem");
	assert_int_equal(t.row_count, 5);
	assert_int_equal(number(&t, row, "waits"), 7);
	assert_int_equal(number(&t, row, "blocked_ns"), 130000000);
	assert_int_equal(number(&t, row, "max_ns"), 60000000);
	assert_int_equal(number(&t, row, "objects"), 1);
	table_release(&t);
}

static void holders_by_stack(void **state)
{
	struct table t;

	(void)state;
	run("holders", &everything, &t);
	assert_int_equal(t.row_count, 9);
	assert_string_equal(text(&t, 0, "function"), "evict_lru");
	assert_string_equal(text(&t, 0, "stack"), "start_thread;flush_main;evict_lru");
	assert_int_equal(number(&t, 0, "releases"), 600);
	assert_int_equal(number(&t, 0, "caused_wait_ns"), 3800000000);
	assert_int_equal(number(&t, 0, "hold_ns"), 1100000000);
	assert_int_equal(number(&t, 0, "hold_max_ns"), 23000000);
	assert_int_equal(number(&t, 0, "allocations"), 212000);
	assert_int_equal(number(&t, 0, "line"), 158);
	table_release(&t);
}

static void blocked_by_stack(void **state)
{
	struct table t;

	(void)state;
	run("blocked", &everything, &t);
	assert_int_equal(t.row_count, 5);
	assert_string_equal(text(&t, 0, "function"), "queue_take");
	assert_string_equal(text(&t, 0, "on"), "cond");
	assert_string_equal(text(&t, 0, "name"), "jobs+0x28"); /* 10.2 s of 10.3 s */
	assert_int_equal(number(&t, 0, "objects"), 2);
	assert_int_equal(number(&t, 0, "waits"), 1710);
	assert_int_equal(number(&t, 0, "blocked_ns"), 10300000000);
	assert_int_equal(number(&t, 0, "max_ns"), 91000000);
	assert_int_equal(number(&t, 0, "timeouts"), 100);
	assert_int_equal(number(&t, row_with(&t, "on", "join"), "blocked_ns"), 1000000000);
	assert_int_equal(number(&t, row_with(&t, "on", "sem"), "timeouts"), 1);
	assert_int_equal(number(&t, row_with(&t, "on", "futex"), "blocked_ns"), 40000000);
	assert_int_equal(number(&t, row_with(&t, "on", "barrier"), "pid"), 4725);
	table_release(&t);
}

/* The one waited on longest gives the name, wherever it stands. */
static void blocked_on_the_longest(void **state)
{
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("UPDATE OR IGNORE lock_wait SET wait_ns = 90000000000 WHERE lock_id = 13");
	run("blocked", &everything, &t);
	assert_string_equal(text(&t, 0, "name"), "jobs+0x88");
	assert_int_equal(number(&t, 0, "lock_id"), 13);
	table_release(&t);
}

static void orders_and_cycles(void **state)
{
	struct report_query q = { .match = "AUDIT" };
	struct table t;

	(void)state;
	run("lock-order", &everything, &t);
	assert_int_equal(t.row_count, 3);
	for (size_t row = 0; row < 3; row++)
		assert_int_equal(number(&t, row, "cycle"), row < 2);
	assert_string_equal(text(&t, 0, "held"), "cache_grow+0x18 (heap)");
	assert_string_equal(text(&t, 0, "lock"), "table_lock");
	assert_string_equal(text(&t, 0, "held_stack"), "start_thread;worker_main;transfer");
	assert_string_equal(text(&t, 0, "stack"), "start_thread;worker_main;table_read");
	assert_string_equal(text(&t, 0, "thread"), "worker/1/4712");
	assert_string_equal(text(&t, 2, "held_stack"), "(none)");
	table_release(&t);
	run("lock-order", &q, &t);
	assert_int_equal(t.row_count, 1);
	assert_int_equal(t.total_rows, 1);
	table_release(&t);
}

/* The query a view answers: as many rows, and the same figures. */
static void views_say_the_same(void **state)
{
	static const struct {
		const char *report, *figure, *sql;
	} views[] = {
		{ "locks", "wait_p99_ns", "SELECT wait_p99_ns FROM locks" }, { "locks", "hold_ns", "SELECT hold_ns FROM locks" },
		{ "locks", "top_holder", "SELECT top_holder FROM locks" }, { "locks", "top_waiter", "SELECT top_waiter FROM locks" },
		{ "waits", "wait_ns", "SELECT wait_ns FROM waits" }, { "waits", "stack", "SELECT stack FROM waits" },
		{ "waits", "function", "SELECT function FROM waits" }, { "holders", "hold_ns", "SELECT hold_ns FROM holders" },
		{ "holders", "stack", "SELECT stack FROM holders" }, { "blocked", "waits", "SELECT waits FROM blocked" },
		{ "blocked", "on", "SELECT \"on\" FROM blocked" }, { "lock-order", "held_stack", "SELECT held_stack FROM lock_orders" },
		{ "lock-order", "start_ns", "SELECT start_ns FROM lock_orders" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		struct err err = { 0 };
		struct statement *q = store_prepare(s, views[i].sql, &err);
		struct table t;
		size_t row = 0;
		assert_non_null(q);
		run(views[i].report, &everything, &t);
		for (; statement_step(q, &err) > 0; row++) {
			const struct value *v = cell(&t, row, views[i].figure);
			assert_int_equal(v->none, statement_none(q, 0));
			assert_int_equal(v->number, v->text ? 0 : statement_number(q, 0));
			assert_string_equal(v->text ? v->text : "", v->text ? statement_text(q, 0) : "");
		}
		assert_int_equal(row, t.row_count);
		statement_finish(q);
		table_release(&t);
	}
}

static void matches_look_at_locks_too(void **state)
{
	struct report_query q = { .match = "table_lock" };
	struct table t;

	(void)state;
	run("waits", &q, &t);
	assert_int_equal(t.row_count, 2);
	table_release(&t);
	run("holders", &q, &t);
	assert_int_equal(t.row_count, 2);
	table_release(&t);
	run("locks", &q, &t);
	assert_int_equal(t.row_count, 1);
	assert_int_equal(t.total_rows, 1);
	table_release(&t);
	q.match = "Evict";
	run("locks", &q, &t);
	assert_string_equal(text(&t, 0, "lock"), "server+0x40");
	table_release(&t);
	q.match = "jobs+0x28";
	run("blocked", &q, &t);
	assert_string_equal(text(&t, 0, "function"), "queue_take");
	table_release(&t);
}

static void estimates_are_said(void **state)
{
	static const struct {
		const char *report, *cost;
		int shares, holds;
	} cases[] = {
		{ "locks", NULL, 1, 1 }, { "waits", NULL, 1, 0 }, { "holders", NULL, 1, 0 }, { "blocked", NULL, 0, 0 },
		{ "hotspots", NULL, 0, 0 }, { "callers", "wait_ns", 1, 0 }, { "callers", "frees", 0, 0 }, { NULL, "held_ns", 1, 0 },
		{ NULL, "blocked_ns", 0, 0 }, { NULL, NULL, 0, 0 },
	};
	char losses[1024];

	(void)state;
	for (int sampled = 1; sampled >= 0; sampled--) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			losses[0] = 0;
			report_estimates(s, cases[i].report ? report_find(cases[i].report) : NULL, cases[i].cost, losses, sizeof(losses));
			assert_int_equal(strstr(losses, "the waits for 1 lock came too fast") != NULL, cases[i].shares && sampled);
			assert_int_equal(strstr(losses, "4.99 k of 1.69 M holds were measured") != NULL, cases[i].holds && sampled);
		}
		synthetic_close(s);
		s = synthetic_open("UPDATE lock SET sampled = 0, hold_measured = acquisitions");
	}
}

static void a_damaged_database_is_refused(void **state)
{
	static const char *const damages[][2] = {
		{ "waits", "UPDATE OR IGNORE lock_wait SET stack_id = 4444 WHERE lock_id = 3" },
		{ "holders", "UPDATE OR IGNORE lock_hold SET stack_id = 0 WHERE lock_id = 3" },
		{ "blocked", "UPDATE OR IGNORE lock_wait SET stack_id = -1 WHERE lock_id = 5" },
		{ "lock-order", "UPDATE OR IGNORE lock_order SET held_stack_id = 99999 WHERE id = 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct err err = { 0 };
		struct table t;
		synthetic_close(s);
		s = synthetic_open(damages[i][1]);
		assert_int_equal(report_run(report_find(damages[i][0]), s, &everything, &t, &err), -1);
		assert_int_equal(err.kind, ERR_FAILED);
		assert_non_null(strstr(err.text, "the database is damaged"));
	}
}

/* --- text --------------------------------------------------------------------------------------------- */

static void expect_text(const char *report, const struct report_query *q, size_t width, const char *expected)
{
	struct report_page page = { .facts = "facts", .losses = "", .width = width, .unicode = 1 };
	char *written = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&written, &size);
	struct table t;

	assert_non_null(out);
	run(report, q, &t);
	report_write_text(report_find(report), &t, q, &page, out);
	fclose(out);
	assert_string_equal(written, expected);
	free(written);
	table_release(&t);
}

static void text_of_locks(void **state)
{
	struct report_query q = { .limit = 2, .pid = 4711 };

	(void)state;
	expect_text("locks", &q, 80,
	            "facts\nLocks, process 4711\n\n"
	            "  WAIT  ACQUIRED  WAITED  LONGEST      P99    HELD  LOCK         KIND\n"
	            "4.31 s    1.20 M     848  22.0 ms  17.2 ms  3.90 s  server+0x40  mutex\n"
	            "    held by evict_lru 88 %, waited in cache_get 100 %\n"
	            "270 ms     400 k     119  8.00 ms  7.80 ms  700 ms  table_lock   rwlock\n"
	            "    held by table_write 67 %, waited in table_read 67 %, waits from 1.00 ms █ ▂\n"
	            "4 more locks: --limit=0\n");
}

/* Bars are of powers of two; without UTF-8 they are of ASCII. */
static void bars_of_waits(void **state)
{
	static const char wide[] = "    held by evict_lru 88 %, waited in cache_get 100 %, waits from 0 ns ▂▆         █  ▁▁\n";
	static const char ascii[] = "    held by evict_lru 88 %, waited in cache_get 100 %, waits from 0 ns .+         #  ..\n";
	struct report_page page = { .facts = "", .losses = "", .width = 120, .unicode = 1 };
	struct table t;

	(void)state;
	run("locks", &everything, &t);
	for (; page.unicode >= 0; page.unicode--) {
		char *written = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&written, &size);
		assert_non_null(out);
		report_find("locks")->write_below(&t, 0, &page, out);
		fclose(out);
		assert_string_equal(written, page.unicode ? wide : ascii);
		free(written);
	}
	table_release(&t);
}

static void text_of_waits(void **state)
{
	struct report_query q = { .limit = 2 };

	(void)state;
	expect_text("waits", &q, 80,
	            "facts\n\n"
	            "  WAIT  WAITS  LONGEST  STILL  FUNCTION                LOCK\n"
	            "4.00 s    800  22.0 ms      0  cache_get  cache.c:120  server+0x40\n"
	            "    start_thread › … › std::unique_lock<std::mutex>::lock()\n"
	            "300 ms     40  15.0 ms      0  cache_get  cache.c:120  server+0x40\n"
	            "    _start › … › read_client › run_command › cache_get › std::mutex::lock()\n"
	            "8 more stacks: --limit=0\n");
}

static void text_of_lock_order(void **state)
{
	(void)state;
	expect_text("lock-order", &everything, 0,
	            "facts\n\n"
	            "potential deadlock 1: cache_grow+0x18 (heap) then table_lock in table_read, table_lock then cache_grow+0x18 (heap) in audit\n"
	            "  table_lock wanted with cache_grow+0x18 (heap) held, first by worker/1/4712 after 2.00 s\n"
	            "    held:   start_thread › worker_main › transfer\n"
	            "    wanted: start_thread › worker_main › table_read\n"
	            "  cache_grow+0x18 (heap) wanted with table_lock held, first by worker/2/4713 after 2.50 s\n"
	            "    held:   _start › __libc_start_call_main › main › event_loop › read_client › run_command › table_write\n"
	            "    wanted: start_thread › worker_main › audit\n"
	            "\n"
	            "in the same order always\n"
	            "  cache_grow+0x18 (heap) wanted with server+0x40 held, first by flush, \"late\"/4714 after 1.00 s\n"
	            "    held:   not known\n"
	            "    wanted: start_thread › flush_main › evict_lru\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(columns_are_as_promised, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lock_in_figures, setup, teardown),
		cmocka_unit_test_setup_teardown(kinds_of_locks, setup, teardown),
		cmocka_unit_test_setup_teardown(they_add_up_to_the_summary, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_by_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_of_a_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(stacks_that_read_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(holders_by_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(blocked_by_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(blocked_on_the_longest, setup, teardown),
		cmocka_unit_test_setup_teardown(orders_and_cycles, setup, teardown),
		cmocka_unit_test_setup_teardown(views_say_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(matches_look_at_locks_too, setup, teardown),
		cmocka_unit_test_setup_teardown(estimates_are_said, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_database_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(text_of_locks, setup, teardown),
		cmocka_unit_test_setup_teardown(bars_of_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(text_of_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(text_of_lock_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
