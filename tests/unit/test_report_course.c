/* SPDX-License-Identifier: MIT
 *
 * Courses: over all slices of time they add up to what plain SQL over the file's own tables says of the same site, function, stack,
 * thread or lock; what is live at a slice's end is, too; a lens's span does not shorten them and its filter counts.
 */
#include "tests/unit/report_fixture.h"

#include "analyzer/report/course.h"
#include "analyzer/store/lens.h"

static void read_course(enum course_of of, int64_t id, struct table *t)
{
	struct err err = { 0 };

	if (course_read(s, of, id, t, &err))
		fail_msg("%s", err.text);
	assert_int_equal(t->row_count, synthetic_ask(s, "SELECT count(*) FROM main.slice"));
	assert_int_equal(t->total_rows, t->row_count);
}

static int64_t ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int64_t ask(const char *format, ...)
{
	char sql[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(sql, sizeof(sql), format, list);
	va_end(list);
	return synthetic_ask(s, sql);
}

/* The figures of a course beside SQL: `which` is a condition on x, a row with a stack and a thread. */
static void adds_up(enum course_of of, int64_t id, const char *which)
{
	struct table t;

	read_course(of, id, &t);
	assert_int_equal(sum(&t, "allocations"), ask("SELECT coalesce(sum(value), 0) FROM main.total x WHERE cost_id = 1 AND %s", which));
	assert_int_equal(sum(&t, "allocated_bytes"), ask("SELECT coalesce(sum(value), 0) FROM main.total x WHERE cost_id = 2 AND %s", which));
	assert_int_equal(sum(&t, "wait_ns"), ask("SELECT coalesce(sum(value), 0) FROM main.total x WHERE cost_id = 20 AND %s", which));
	assert_int_equal(sum(&t, "waits"), ask("SELECT coalesce(sum(value), 0) FROM main.total x WHERE cost_id = 21 AND %s", which));
	assert_int_equal(sum(&t, "blocked_ns"), ask("SELECT coalesce(sum(value), 0) FROM main.total x WHERE cost_id = 22 AND %s", which));
	assert_int_equal(sum(&t, "caused_wait_ns"), ask("SELECT coalesce(sum(value), 0) FROM main.total x WHERE cost_id = 23 AND %s", which));
	for (size_t row = 0; row < t.row_count; row += 15)
		assert_int_equal(number(&t, row, "live_bytes"),
		                 ask("SELECT coalesce(sum(amount), 0) FROM main.span_sum x JOIN main.thread ON thread.id = thread_id JOIN main.process p ON p.id = "
		                     "process_id, main.slice z WHERE class = 1 AND slice <= z.id AND (end_slice > z.id OR (end_slice = 0 AND "
		                     "(p.end_ns IS NULL OR p.end_ns > z.start_ns))) AND z.id = %zu AND %s", row + 1, which));
	assert_true(cell(&t, 0, "rss_bytes")->none && cell(&t, 0, "threads")->none && cell(&t, 0, "most_live_bytes")->none);
	table_release(&t);
}

static void each(enum course_of of, const char *ids, const char *which)
{
	struct err err = { 0 };
	struct statement *q = store_prepare(s, ids, &err);
	char condition[600];

	assert_non_null(q);
	while (statement_step(q, &err) > 0) {
		snprintf(condition, sizeof(condition), which, (long long)statement_number(q, 0));
		adds_up(of, statement_number(q, 0), condition);
	}
	assert_string_equal(err.text, "");
	statement_finish(q);
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static const char sites[] = "stack_id IN (SELECT id FROM main.stack WHERE site_id = %lld)";
static const char functions[] = /* from the leaf outwards, rather than from the root inwards */
	"stack_id IN (WITH RECURSIVE up(leaf, id) AS (SELECT id, id FROM main.stack UNION ALL SELECT leaf, parent_id FROM up JOIN main.stack "
	"ON stack.id = up.id WHERE parent_id > 0) SELECT leaf FROM up JOIN main.stack ON stack.id = up.id JOIN main.frame ON frame.id = frame_id "
	"WHERE function_id = %lld)";

static void everything_adds_up(void **state)
{
	(void)state;
	each(COURSE_SITE, "SELECT id FROM main.site", sites);
	each(COURSE_FUNCTION, "SELECT id FROM main.function", functions);
	each(COURSE_STACK, "SELECT id FROM main.stack", "stack_id = %lld");
	each(COURSE_THREAD, "SELECT id FROM main.thread", "thread_id = %lld");
	assert_true(ask("SELECT count(*) FROM process WHERE end_ns IS NOT NULL") > 0); /* or the word on ended processes is not tried */
}

static void locks_add_up(void **state)
{
	int64_t waits = 0;

	(void)state;
	for (int64_t id = 1; id <= ask("SELECT max(id) FROM main.lock"); id++) {
		struct table t;
		read_course(COURSE_LOCK, id, &t);
		assert_int_equal(sum(&t, "waits"), ask("SELECT coalesce(sum(waits), 0) FROM main.lock_wait WHERE class = 20 AND lock_id = %lld", (long long)id));
		assert_int_equal(sum(&t, "wait_ns"), ask("SELECT coalesce(sum(wait_ns), 0) FROM main.lock_wait WHERE class = 20 AND lock_id = %lld", (long long)id));
		assert_int_equal(sum(&t, "blocked_ns"), ask("SELECT coalesce(sum(wait_ns), 0) FROM main.lock_wait WHERE class = 22 AND lock_id = %lld", (long long)id));
		for (size_t row = 0; row < t.row_count; row += 20)
			assert_int_equal(number(&t, row, "wait_ns"), ask("SELECT coalesce(sum(wait_ns), 0) FROM main.lock_wait WHERE class = 20 AND lock_id = %lld "
			                                                 "AND slice = %zu", (long long)id, row + 1));
		assert_true(cell(&t, 0, "allocations")->none && cell(&t, 0, "live_bytes")->none);
		waits += sum(&t, "waits");
		table_release(&t);
	}
	assert_true(waits > 0);
}

/* Row by row against the timeline and the threads. */
static void the_whole(void **state)
{
	struct table t;

	(void)state;
	read_course(COURSE_HEAP, 0, &t);
	for (size_t row = 0; row < t.row_count; row++) {
		static const char *const same[][2] = {
			{ "start_ns", "max(slice.start_ns)" }, { "end_ns", "max(slice.end_ns)" }, { "allocations", "sum(allocations)" },
			{ "allocated_bytes", "sum(allocated_bytes)" }, { "live_bytes", "sum(live_end_bytes)" }, { "most_live_bytes", "sum(live_bytes)" },
			{ "rss_bytes", "sum(rss_bytes)" },
		};
		for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
			assert_int_equal(cell(&t, row, same[i][0])->number, ask("SELECT coalesce(%s, 0) FROM slice LEFT JOIN timeline ON slice = slice.id WHERE "
			                                                        "slice.id = %zu", same[i][1], row + 1));
		assert_int_equal(number(&t, row, "threads"),
		                 ask("SELECT count(*) FROM thread, slice WHERE slice.id = %zu AND thread.start_ns < slice.end_ns AND "
		                     "(thread.end_ns IS NULL OR thread.end_ns > slice.start_ns) AND (SELECT process.end_ns IS NULL OR process.end_ns > "
		                     "slice.start_ns FROM process WHERE process.id = process_id)", row + 1));
		assert_int_equal(cell(&t, row, "rss_bytes")->none, ask("SELECT count(rss_bytes) = 0 FROM timeline WHERE slice = %zu", row + 1));
		assert_true(cell(&t, row, "wait_ns")->none);
	}
	table_release(&t);
	read_course(COURSE_ALL, 0, &t);
	assert_int_equal(sum(&t, "allocations"), ask("SELECT sum(allocations) FROM timeline"));
	assert_int_equal(sum(&t, "most_live_bytes"), ask("SELECT sum(live_bytes) FROM timeline"));
	assert_int_equal(sum(&t, "waits"), ask("SELECT sum(waits) FROM lock_wait WHERE class = 20"));
	table_release(&t);
	read_course(COURSE_WAITS, 0, &t);
	assert_int_equal(sum(&t, "wait_ns"), ask("SELECT sum(wait_ns) FROM main.lock_wait WHERE class = 20"));
	assert_int_equal(sum(&t, "blocked_ns"), ask("SELECT sum(wait_ns) FROM main.lock_wait WHERE class = 22"));
	assert_true(cell(&t, 0, "allocations")->none);
	table_release(&t);
}

static void put_lens(int64_t from, int64_t to, const char *filter)
{
	struct lens lens = { .from_ns = from, .to_ns = to };
	struct err err = { 0 };

	if (filter_parse(filter, &lens.filter, &err) || lens_apply(s, &lens, &err))
		fail_msg("%s", err.text);
}

static void a_span_does_not_shorten(void **state)
{
	struct table t;

	(void)state;
	put_lens(2000000000, 3000000000, "");
	assert_int_equal(ask("SELECT count(*) FROM timeline WHERE slice < 40"), 0); /* the span is there */
	each(COURSE_SITE, "SELECT id FROM main.site WHERE id % 5 = 0", sites);
	each(COURSE_THREAD, "SELECT id FROM main.thread", "thread_id = %lld");
	read_course(COURSE_HEAP, 0, &t);
	assert_int_equal(sum(&t, "allocations"), ask("SELECT sum(allocations) FROM main.timeline"));
	table_release(&t);
	locks_add_up(state);
}

static void a_filter_counts(void **state)
{
	struct table t;

	(void)state;
	put_lens(2000000000, 3000000000, "thread=worker");
	each(COURSE_SITE, "SELECT id FROM main.site",
	     "stack_id IN (SELECT id FROM main.stack WHERE site_id = %lld) AND thread_id IN (SELECT id FROM main.thread WHERE name LIKE '%%worker%%')");
	read_course(COURSE_HEAP, 0, &t);
	assert_int_equal(sum(&t, "allocations"), ask("SELECT sum(value) FROM main.total WHERE cost_id = 1 AND thread_id IN "
	                                             "(SELECT id FROM main.thread WHERE name LIKE '%%worker%%')"));
	assert_true(cell(&t, 0, "most_live_bytes")->none);
	assert_int_equal(number(&t, 100, "threads"), ask("SELECT count(*) FROM main.thread WHERE name LIKE '%%worker%%'"));
	table_release(&t);
	read_course(COURSE_ALL, 0, &t);
	assert_int_equal(sum(&t, "allocated_bytes"), ask("SELECT sum(value) FROM main.total WHERE cost_id = 2 AND thread_id IN "
	                                                 "(SELECT id FROM main.thread WHERE name LIKE '%%worker%%')"));
	assert_int_equal(sum(&t, "blocked_ns"), ask("SELECT sum(value) FROM main.total WHERE cost_id = 22 AND thread_id IN "
	                                            "(SELECT id FROM main.thread WHERE name LIKE '%%worker%%')"));
	table_release(&t);
	read_course(COURSE_LOCK, 1, &t);
	assert_int_equal(sum(&t, "wait_ns"), ask("SELECT sum(wait_ns) FROM main.lock_wait WHERE class = 20 AND lock_id = 1 AND thread_id IN "
	                                         "(SELECT id FROM main.thread WHERE name LIKE '%%worker%%')"));
	table_release(&t);
	put_lens(0, 0, "process=4725"); /* whole processes: the timeline has all of it */
	read_course(COURSE_HEAP, 0, &t);
	assert_int_equal(sum(&t, "allocations"), ask("SELECT sum(timeline.allocations) FROM main.timeline JOIN main.process ON process.id = process_id WHERE pid = 4725"));
	assert_int_equal(sum(&t, "most_live_bytes"), ask("SELECT sum(live_bytes) FROM main.timeline JOIN main.process ON process.id = process_id WHERE pid = 4725"));
	table_release(&t);
}

static void what_is_not_there(void **state)
{
	(void)state;
	adds_up(COURSE_SITE, 999999, "0");
	adds_up(COURSE_FUNCTION, -1, "0");
	adds_up(COURSE_STACK, INT64_MAX, "0");
	adds_up(COURSE_THREAD, 0, "0");
}

static void an_empty_recording(void **state)
{
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("DELETE FROM slice; DELETE FROM span_sum; DELETE FROM timeline; DELETE FROM main.lock_wait");
	for (int of = 0; of < COURSE_KINDS; of++) {
		read_course((enum course_of)of, 1, &t);
		assert_int_equal(t.row_count, 0);
		table_release(&t);
	}
}

static void a_damaged_database_is_refused(void **state)
{
	static const struct {
		const char *sql;
		enum course_of of;
	} cases[] = {
		{ "UPDATE slice SET id = 999 WHERE id = 256", COURSE_HEAP },
		{ "UPDATE timeline SET slice = 257 WHERE slice = 256", COURSE_HEAP },
		{ "UPDATE timeline SET slice = -1 WHERE slice = 256", COURSE_HEAP },
		{ "INSERT INTO span_sum VALUES (1, 5, 4, 6, 1, 1, 1)", COURSE_SITE },
		{ "INSERT INTO span_sum VALUES (1, 5, 257, 6, 1, 1, 1)", COURSE_THREAD },
		{ "INSERT INTO span_sum VALUES (1, 0, 0, 6, 1, 1, 1)", COURSE_STACK },
		{ "INSERT INTO span_sum VALUES (20, 9, 0, 6, 777, 1, 1)", COURSE_WAITS },
		{ "INSERT INTO span_sum VALUES (20, 9, 0, 77777, 1, 1, 1)", COURSE_SITE },
		{ "INSERT INTO span_sum VALUES (20, 9, 0, -1, 1, 1, 1)", COURSE_FUNCTION },
		{ "UPDATE thread SET id = 1 << 40 WHERE id = 7", COURSE_THREAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		struct table t;
		synthetic_close(s);
		s = synthetic_open(cases[i].sql);
		if (course_read(s, cases[i].of, cases[i].of == COURSE_STACK ? 6 : 1, &t, &err) != -1)
			fail_msg("%s", cases[i].sql);
		assert_non_null(strstr(err.text, "the database is damaged"));
	}
}

/* Absurd times and amounts do no harm. */
static void absurd_figures(void **state)
{
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("UPDATE thread SET start_ns = 9223372036854775807, end_ns = -9223372036854775807 WHERE id = 2;"
	                   "UPDATE span_sum SET amount = 9223372036854775807 WHERE class = 1 AND slice < 9; UPDATE slice SET end_ns = 0 WHERE id = 7");
	for (int of = 0; of < COURSE_KINDS; of++) {
		read_course((enum course_of)of, 1, &t);
		table_release(&t);
	}
}

static void it_can_be_interrupted(void **state)
{
	struct err err = { 0 };
	struct table t;

	(void)state;
	store_interrupt(s);
	assert_int_equal(course_read(s, COURSE_FUNCTION, 1, &t, &err), -1);
	assert_int_equal(err.kind, ERR_INTERRUPTED);
	store_continue(s);
	read_course(COURSE_FUNCTION, 1, &t);
	table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_adds_up, setup, teardown),
		cmocka_unit_test_setup_teardown(locks_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(the_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_span_does_not_shorten, setup, teardown),
		cmocka_unit_test_setup_teardown(a_filter_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_recording, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_database_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(absurd_figures, setup, teardown),
		cmocka_unit_test_setup_teardown(it_can_be_interrupted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
