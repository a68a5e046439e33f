/* SPDX-License-Identifier: MIT
 *
 * What reports say adds up: to the summary, whoever is asked about, and to what SQL says; and what a
 * report cannot be asked is refused.
 */
#include "tests/unit/report_fixture.h"

static const struct report_query scopes[] = {
	{ 0 }, { .pid = 4711 }, { .pid = 4720 }, { .pid = 4725 }, { .tid = 4711 }, { .tid = 4713 }, { .pid = 4711, .tid = 4714 }, { .tid = 4726 },
};

static void hotspots_add_up_to_the_summary(void **state)
{
	static const char *const pairs[][2] = {
		{ "allocations", "allocations" }, { "allocated_bytes", "allocated_bytes" }, { "at_peak_bytes", "peak_bytes" },
		{ "leaked_bytes", "leaked_bytes" }, { "leaked_allocations", "leaked_allocations" },
		{ "temporary_allocations", "temporary_allocations" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		for (size_t k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++)
			assert_int_equal(figure("hotspots", pairs[k][0], &scopes[i]), figure("summary", pairs[k][1], &scopes[i]));
	assert_true(figure("summary", "allocations", &scopes[5]) == 172790);
}

static void parts_add_up_to_the_summary(void **state)
{
	static const struct report_query by_process[] = { { 0 }, { .pid = 4711 }, { .pid = 4725 } };

	(void)state;
	for (size_t i = 0; i < sizeof(by_process) / sizeof(by_process[0]); i++) {
		const struct report_query *q = &by_process[i];
		int64_t allocations = figure("summary", "allocations", q), bytes = figure("summary", "allocated_bytes", q);
		static const char *const reports[] = { "sizes", "modules", "kinds", "threads", "timeline" };
		for (size_t k = 0; k < sizeof(reports) / sizeof(reports[0]); k++) {
			assert_int_equal(figure(reports[k], "allocations", q), allocations);
			assert_int_equal(figure(reports[k], "allocated_bytes", q), bytes);
		}
		assert_int_equal(figure("functions", "self", q), bytes);
		assert_int_equal(figure("lifetimes", "freed", q), figure("summary", "frees", q));
		assert_int_equal(figure("lifetimes", "live", q), figure("summary", "leaked_allocations", q));
	}
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		assert_int_equal(figure("leaks", "leaked_bytes", &scopes[i]), figure("summary", "leaked_bytes", &scopes[i]));
		assert_int_equal(figure("temporary", "temporary_allocations", &scopes[i]),
		                 figure("summary", "temporary_allocations", &scopes[i]));
		assert_int_equal(figure("threads", "leaked_bytes", &scopes[i]), figure("summary", "leaked_bytes", &scopes[i]));
		assert_int_equal(figure("modules", "at_peak_bytes", &scopes[i]), figure("summary", "peak_bytes", &scopes[i]));
	}
}

static void hotspots_are_the_view_of_that_name(void **state)
{
	struct report_query all = { 0 };
	struct err err = { 0 };
	struct table t;

	(void)state;
	run("hotspots", &all, &t);
	assert_int_equal(t.row_count, synthetic_ask(s, "SELECT count(*) FROM hotspots"));
	struct statement *q = store_prepare(s, "SELECT allocations, peak_bytes, at_peak_bytes, coalesce(line, 0) FROM hotspots "
	                                       "WHERE function = ?1 AND allocated_bytes = ?2", &err);
	assert_non_null(q);
	for (size_t row = 0; row < t.row_count; row++) {
		const struct value *v = table_at(&t, row, 0);
		statement_bind_text(q, 1, v[0].text, strlen(v[0].text));
		statement_bind_number(q, 2, v[5].number);
		assert_int_equal(statement_step(q, &err), 1);
		assert_int_equal(v[4].number, statement_number(q, 0));
		assert_int_equal(v[6].number, statement_number(q, 1));
		assert_int_equal(v[7].number, statement_number(q, 2));
		assert_int_equal(v[2].none ? 0 : v[2].number, statement_number(q, 3));
		assert_int_equal(statement_step(q, &err), 0);
	}
	statement_finish(q);
	table_release(&t);
}

static void peaks_are_of_whom_was_asked(void **state)
{
	struct report_query q = { .match = "row_new", .sort = "line" };
	struct table t;

	(void)state;
	run("hotspots", &q, &t);
	assert_int_equal(table_at(&t, 0, 6)->number, 157000 * 40);
	table_release(&t);
	q.tid = 4713;
	run("hotspots", &q, &t);
	assert_int_equal(table_at(&t, 0, 6)->number, 30000 * 40);
	table_release(&t);
	q = (struct report_query){ .match = "row_new", .pid = 4720 };
	run("hotspots", &q, &t);
	assert_int_equal(table_at(&t, 0, 6)->number, 3000 * 40);
	assert_int_equal(t.row_count, 1);
	table_release(&t);
}

static void sorting_and_limits(void **state)
{
	struct report_query q = { .sort = "allocations", .limit = 3 };
	struct table t;

	(void)state;
	run("hotspots", &q, &t);
	assert_int_equal(t.row_count, 3);
	assert_int_equal(t.total_rows, 21);
	assert_string_equal(table_at(&t, 0, 0)->text, "parse_command");
	assert_int_equal(table_at(&t, 0, 4)->number, 419000);
	assert_true(table_at(&t, 1, 4)->number >= table_at(&t, 2, 4)->number);
	table_release(&t);
	q.sort = "-allocations";
	run("hotspots", &q, &t);
	assert_int_equal(table_at(&t, 0, 4)->number, 7);
	table_release(&t);
	q.sort = "function";
	run("hotspots", &q, &t);
	assert_string_equal(table_at(&t, 0, 0)->text, "<[u8; 32] as plugin::hash::Digest>::finish");
	table_release(&t);
	q = (struct report_query){ .match = "PARSE" };
	run("hotspots", &q, &t);
	assert_int_equal(t.row_count, 3);
	table_release(&t);
}

static void refused(const char *report, struct report_query q, const char *words)
{
	struct err err = { 0 };
	struct table t;

	assert_int_equal(report_run(report_find(report), s, &q, &t, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void what_cannot_be_asked(void **state)
{
	(void)state;
	refused("hotspots", (struct report_query){ .sort = "bogus" }, "it has function, file, line");
	refused("hotspots", (struct report_query){ .sort = "site_id" }, "no column");
	refused("hotspots", (struct report_query){ .pid = 1 }, "there are 4711, 4720, 4725");
	refused("hotspots", (struct report_query){ .pid = 4720, .tid = 4712 }, "there are 4720");
	refused("hotspots", (struct report_query){ .cost = "frees" }, "--cost");
	refused("sizes", (struct report_query){ .tid = 4711 }, "--thread");
	refused("summary", (struct report_query){ .match = "x" }, "--match");
	refused("timeline", (struct report_query){ .bottom_up = 1 }, "--bottom-up");
	refused("callers", (struct report_query){ .cost = "bogus" }, "there are allocations, allocated_bytes");
	assert_null(report_find("bogus"));
}

static void leaks_show_the_biggest_stack(void **state)
{
	struct report_query q = { .match = "row_new" };
	struct table t;

	(void)state;
	run("leaks", &q, &t);
	assert_int_equal(t.row_count, 1);
	const struct value *stack = table_at(&t, 0, (size_t)table_column(&t, "stack"));
	assert_string_equal(stack->text, "_start;__libc_start_call_main;main;event_loop;read_client;run_command;command_set;row_new;row_new");
	table_release(&t);
}

static void lifetimes_are_upper_bounds(void **state)
{
	struct report_query q = { .match = "cache_grow" };
	struct table t;

	(void)state;
	run("lifetimes", &q, &t); /* 13 blocks of 0.7 s: the bucket from 2^29 to 2^30 - 1 */
	assert_int_equal(table_at(&t, 0, 4)->number, 13);
	for (size_t c = 5; c <= 7; c++)
		assert_int_equal(table_at(&t, 0, c)->number, (1 << 30) - 1);
	assert_int_equal(table_at(&t, 0, 8)->number, 1);
	table_release(&t);
	q.match = "reply_begin"; /* 12000 at once, 200 within 131 us: more than one in a hundred */
	run("lifetimes", &q, &t);
	assert_int_equal(table_at(&t, 0, 5)->number, 1023);
	assert_int_equal(table_at(&t, 0, 6)->number, 131071);
	table_release(&t);
	q.match = "io_main";
	run("lifetimes", &q, &t);
	assert_true(table_at(&t, 0, 5)->none);
	table_release(&t);
}

static void facts_and_losses(void **state)
{
	char facts[1024], losses[2048];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(report_facts(s, facts, sizeof(facts), losses, sizeof(losses), &err), 0);
	assert_string_equal(facts, "tableserver, pid 4711 and 2 more processes: 1.58 M allocations, 357 MiB, peaks together 18.7 MiB, 0 lost");
	assert_string_equal(losses, "");
	synthetic_close(s);
	s = synthetic_open("UPDATE process SET lost_events = 7 WHERE id = 2; UPDATE meta SET value = 0 WHERE key = 'complete';"
	                   "UPDATE meta SET value = 'first' || char(10) || 'second' WHERE key = 'notes';"
	                   "UPDATE process SET implied_frees = 3, stack_differences = 1, stacks_checked = 9 WHERE id = 1");
	assert_int_equal(report_facts(s, facts, sizeof(facts), losses, sizeof(losses), &err), 0);
	assert_non_null(strstr(facts, "7 lost"));
	static const char *const words[] = { "7 events were lost", "up to 12.8 s", "3 frees", "1 of 9", "; first; second" };
	for (size_t i = 0; i < 5; i++)
		assert_non_null(strstr(losses, words[i]));
	char small[16], tiny[1];
	assert_int_equal(report_facts(s, small, sizeof(small), tiny, sizeof(tiny), &err), 0);
	assert_string_equal(small, "tableserver, pi");
	assert_string_equal(tiny, "");
	synthetic_close(s);
	s = synthetic_open("DELETE FROM total; DELETE FROM thread; DELETE FROM process");
	assert_int_equal(report_facts(s, facts, sizeof(facts), losses, sizeof(losses), &err), 0);
	assert_non_null(strstr(losses, "no allocation was recorded"));
}

/* Every report on a recording of nothing: no rows, no complaint. */
/* What is left out for a limit is what would have been cut, whatever the order. */
static void limits_keep_the_first_rows(void **state)
{
	static const char *const names[] = { "hotspots", "leaks", "temporary" };

	(void)state;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		const struct report *r = report_find(names[n]);

		for (size_t c = 0; c < 2 * (r->column_count - r->key_count); c++) {
			char sort[64];
			struct report_query q = { .sort = sort, .pid = c % 3 ? 0 : 4711 };
			struct table all, few;

			snprintf(sort, sizeof(sort), "%s%s", c % 2 ? "-" : "", r->columns[c / 2].name);
			run(names[n], &q, &all);
			q.limit = 4;
			run(names[n], &q, &few);
			assert_int_equal(few.row_count, all.row_count < 4 ? all.row_count : 4);
			assert_int_equal(few.total_rows, all.row_count);
			for (size_t v = 0; v < few.row_count * r->column_count; v++) {
				assert_int_equal(few.values[v].none, all.values[v].none);
				assert_int_equal(few.values[v].number, all.values[v].number);
				if (few.values[v].text)
					assert_string_equal(few.values[v].text, all.values[v].text);
			}
			table_release(&all);
			table_release(&few);
		}
	}
}

static void nothing_recorded(void **state)
{
	struct report_query q = { 0 };
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("DELETE FROM total; DELETE FROM site_total; DELETE FROM histogram; DELETE FROM site_peak; DELETE FROM stack; DELETE FROM site;"
	                   "DELETE FROM frame; DELETE FROM function; DELETE FROM module; DELETE FROM file; DELETE FROM thread;"
	                   "DELETE FROM process; DELETE FROM kind_total; DELETE FROM timeline; DELETE FROM span_sum; DELETE FROM escaped;"
	                   "DELETE FROM owner; DELETE FROM lock_wait; DELETE FROM lock_hold; DELETE FROM lock_order; DELETE FROM lock; DELETE FROM mark");
	for (size_t i = 0; report_all[i]; i++) {
		run(report_all[i]->name, &q, &t);
		assert_int_equal(t.row_count, 0);
		assert_int_equal(t.total_rows, 0);
		table_release(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hotspots_add_up_to_the_summary, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_add_up_to_the_summary, setup, teardown),
		cmocka_unit_test_setup_teardown(hotspots_are_the_view_of_that_name, setup, teardown),
		cmocka_unit_test_setup_teardown(peaks_are_of_whom_was_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(sorting_and_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(leaks_show_the_biggest_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(lifetimes_are_upper_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(facts_and_losses, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_keep_the_first_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_recorded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
