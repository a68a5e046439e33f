/* SPDX-License-Identifier: MIT
 *
 * What the views of a lock and a thread ask for, against the made-up recording.
 */
#include "synthetic_fixture.h"

#include "analyzer/report/lock_view.h"
#include "analyzer/report/stack_view.h"
#include "analyzer/report/thread_view.h"
#include "analyzer/store/stack_tree.h"
#include "tui/row.h"

static struct err err;

static int64_t sum(const struct table *t, const char *column)
{
	int64_t all = 0;

	for (size_t row = 0; row < t->row_count; row++)
		all += row_number(t, row, column);
	return all;
}

/* The rows of every lock add up to what is known of the lock as a whole, longest first. */
static void test_waiters_add_up(void **state)
{
	struct store *s = synthetic_open(NULL);
	char sql[256];

	(void)state;
	for (int64_t lock = 1; lock <= 13; lock++) {
		struct table waiters, holders;

		assert_int_equal(lock_view_waiters(s, lock, &waiters, &err), 0);
		assert_int_equal(lock_view_holders(s, lock, &holders, &err), 0);
		snprintf(sql, sizeof(sql), "SELECT coalesce(sum(wait_ns), 0) FROM lock_wait WHERE class = 20 AND lock_id = %lld", (long long)lock);
		assert_int_equal(sum(&waiters, "wait_ns"), synthetic_ask(s, sql));
		snprintf(sql, sizeof(sql), "SELECT coalesce(sum(waits), 0) FROM lock_wait WHERE class = 20 AND lock_id = %lld", (long long)lock);
		assert_int_equal(sum(&waiters, "waits"), synthetic_ask(s, sql));
		snprintf(sql, sizeof(sql), "SELECT coalesce(sum(caused_wait_ns), 0) FROM lock_hold WHERE lock_id = %lld", (long long)lock);
		assert_int_equal(sum(&holders, "caused_wait_ns"), synthetic_ask(s, sql));
		for (size_t row = 1; row < waiters.row_count; row++)
			assert_true(row_number(&waiters, row - 1, "wait_ns") >= row_number(&waiters, row, "wait_ns"));
		table_release(&waiters);
		table_release(&holders);
	}
	synthetic_close(s);
}

static void test_a_lock(void **state)
{
	struct store *s = synthetic_open(NULL);
	struct table t;

	(void)state;
	assert_int_equal(lock_view_waiters(s, 1, &t, &err), 0);
	assert_int_equal(t.row_count, 3);
	assert_string_equal(row_text(&t, 0, "function"), "cache_get");
	assert_string_equal(row_text(&t, 0, "owner"), "flush, \"late\"/4714"); /* for 3.9 of 4.0 s */
	assert_string_equal(row_text(&t, 0, "stack"),
	                    "start_thread;worker_main;cache_get;std::unique_lock<std::mutex>::lock();std::mutex::lock()");
	assert_int_equal(row_number(&t, 0, "wait_max_ns"), 22000000);
	table_release(&t);
	assert_int_equal(lock_view_lock(s, 1, &t, &err), 0);
	assert_string_equal(row_text(&t, 0, "lock"), "server+0x40");
	assert_string_equal(row_text(&t, 0, "first_function"), "cache_get");
	assert_int_equal(row_number(&t, 0, "contended"), 848);
	table_release(&t);
	assert_int_equal(lock_view_order(s, 1, &t, &err), 0); /* where the first was taken is not known */
	assert_int_equal(t.row_count, 2);
	assert_string_equal(row_text(&t, 0, "label"), "took server+0x40");
	assert_null(row_cell(&t, 0, "stack"));
	assert_string_equal(row_text(&t, 1, "stack"), "start_thread;flush_main;evict_lru");
	table_release(&t);
	assert_int_equal(lock_view_stack(s, 84, &t, &err), 0);
	assert_string_equal(row_text(&t, 0, "stack"), "start_thread;flush_main;evict_lru");
	table_release(&t);
	assert_int_equal(lock_view_distributions(s, 1, &t, &err), 0);
	assert_int_equal(sum(&t, "count"), synthetic_ask(s, "SELECT sum(count) FROM lock_histogram WHERE lock_id = 1"));
	table_release(&t);
	synthetic_close(s);
}

static void test_a_thread(void **state)
{
	struct store *s = synthetic_open(NULL);
	struct table t;

	(void)state;
	assert_int_equal(thread_view_about(s, 2, &t, &err), 0);
	assert_string_equal(row_text(&t, 0, "creator"), "tableserver/4711");
	assert_string_equal(row_text(&t, 0, "start_function"), "worker_main");
	assert_int_equal(row_number(&t, 0, "joined"), 1);
	table_release(&t);
	assert_int_equal(thread_view_creation(s, 2, &t, &err), 0);
	assert_string_equal(row_text(&t, 0, "stack"), "_start;__libc_start_call_main;main;start_workers");
	table_release(&t);
	assert_int_equal(thread_view_creation(s, 1, &t, &err), 0);
	assert_int_equal(t.row_count, 0);
	table_release(&t);
	assert_int_equal(thread_view_costs(s, 2, &t, &err), 0);
	for (size_t row = 0; row < t.row_count; row++) {
		struct table stacks;

		assert_true(row_number(&t, row, "value") > 0 && row_number(&t, row, "value") <= row_number(&t, row, "all"));
		assert_int_equal(thread_view_stacks(s, 2, row_text(&t, row, "cost"), 0, &stacks, &err), 0);
		assert_int_equal(sum(&stacks, "value"), row_number(&t, row, "value"));
		table_release(&stacks);
	}
	table_release(&t);
	assert_int_equal(thread_view_stacks(s, 2, "allocations", 2, &t, &err), 0);
	assert_int_equal(t.row_count, 2);
	assert_int_equal(t.total_rows, 5);
	table_release(&t);
	assert_int_equal(thread_view_stacks(s, 2, "nonesuch", 2, &t, &err), -1);
	synthetic_close(s);
}

/* The frames of every stack, from the innermost out, are what is folded of it from the root in. */
static void test_frames(void **state)
{
	struct store *s = synthetic_open(NULL);
	int64_t last = synthetic_ask(s, "SELECT max(id) FROM stack");
	size_t inlined = 0, frames = 0;

	(void)state;
	for (int64_t id = 1; id <= last; id++) {
		struct table t, folded;
		char names[4096] = "";

		assert_int_equal(stack_view_frames(s, id, &t, &err), 0);
		assert_int_equal(lock_view_stack(s, id, &folded, &err), 0);
		for (size_t row = t.row_count; row-- > 0;) {
			FILE *out = fmemopen(names + strlen(names), sizeof(names) - strlen(names), "w");
			stack_tree_write_name(row_text(&t, row, "function"), out);
			fputs(row ? ";" : "", out);
			fclose(out);
			assert_int_equal(row_number(&t, row, "number"), row);
			assert_true(row_number(&t, row, "function_id") > 0);
			inlined += *row_text(&t, row, "inlined") != 0;
			frames++;
		}
		assert_string_equal(names, folded.row_count ? row_text(&folded, 0, "stack") : "");
		table_release(&t);
		table_release(&folded);
	}
	assert_int_equal(frames, synthetic_ask(s, "SELECT sum(depth) FROM stack"));
	assert_int_equal(inlined, synthetic_ask(s, "SELECT count(*) FROM (WITH RECURSIVE up(id) AS (SELECT id FROM stack UNION ALL SELECT parent_id FROM "
	                                           "up JOIN stack USING (id) WHERE parent_id > 0) SELECT 1 FROM up JOIN stack USING (id) JOIN frame ON "
	                                           "frame.id = frame_id WHERE inlined)"));
	assert_true(inlined > 0);
	synthetic_close(s);
}

/* Ids that are not there give no rows; a database that points nowhere is refused. */
static void test_nothing_there(void **state)
{
	static int (*const views[])(struct store *, int64_t, struct table *, struct err *) = {
		lock_view_waiters, lock_view_holders, lock_view_distributions, lock_view_lock, lock_view_stack, lock_view_order,
		thread_view_about, thread_view_costs, thread_view_creation, stack_view_frames,
	};
	static const int64_t ids[] = { 0, -1, 999999, INT64_MAX, INT64_MIN };
	struct store *s = synthetic_open("INSERT INTO lock_wait (class, lock_id, stack_id, thread_id, owner_id, slice, reading, waits, wait_ns, max_ns, timeouts) VALUES (20, 14, 999999, 1, 1, 1, 0, 1, 1, 1, 0);"
	                                 "INSERT INTO lock_hold VALUES (14, -1, 1, 1, 1, 1, 1, 1, 0)");
	struct table t;

	(void)state;
	err = (struct err){ 0 };
	for (size_t v = 0; v < sizeof(views) / sizeof(views[0]); v++)
		for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			assert_int_equal(views[v](s, ids[i], &t, &err), 0);
			assert_int_equal(t.row_count, 0);
			table_release(&t);
		}
	assert_int_equal(lock_view_waiters(s, 14, &t, &err), -1);
	assert_non_null(strstr(err.text, "damaged"));
	assert_int_equal(lock_view_holders(s, 14, &t, &err), -1);
	synthetic_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waiters_add_up), cmocka_unit_test(test_a_lock), cmocka_unit_test(test_a_thread),
		cmocka_unit_test(test_frames), cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
