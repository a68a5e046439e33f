/* SPDX-License-Identifier: MIT
 *
 * Call trees, drill-down and the flat profile against sums that SQL makes of the same tables.
 */
#include "tests/unit/report_fixture.h"

#include "analyzer/report/callers.h"
#include "analyzer/report/stack_view.h"
#include "analyzer/store/cost.h"

static void tree(struct report_query q, struct table *t)
{
	run("callers", &q, t);
}

static int64_t at(const struct table *t, size_t row, int column)
{
	return table_at(t, row, (size_t)column)->number;
}

/* Parents before children, children no bigger and in order, value = self + the children's values (all rows there). */
static int64_t check_tree(const struct table *t, int complete)
{
	int64_t roots = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		int64_t depth = at(t, row, CALLERS_DEPTH), rest = at(t, row, CALLERS_VALUE) - at(t, row, CALLERS_SELF), last = INT64_MAX;
		assert_true(row == 0 ? depth == 1 : depth >= 1 && depth <= at(t, row - 1, CALLERS_DEPTH) + 1);
		for (size_t k = row + 1; k < t->row_count && at(t, k, CALLERS_DEPTH) > depth; k++) {
			if (at(t, k, CALLERS_DEPTH) != depth + 1)
				continue;
			assert_true(at(t, k, CALLERS_VALUE) <= last);
			last = at(t, k, CALLERS_VALUE);
			rest -= last;
		}
		assert_true(complete ? rest == 0 : rest >= 0);
		if (depth == 1)
			roots += at(t, row, CALLERS_VALUE);
	}
	return roots;
}

static void trees_add_up(void **state)
{
	static const char *const costs[] = { "allocations", "allocated_bytes", "leaked_bytes", "temporary_allocations", "frees", "wait_ns" };
	struct table t;
	char sql[256];

	(void)state;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
		for (int bottom_up = 0; bottom_up < 2; bottom_up++) {
			tree((struct report_query){ .cost = costs[i], .bottom_up = bottom_up }, &t);
			snprintf(sql, sizeof(sql), "SELECT coalesce(sum(value), 0) FROM total JOIN cost ON cost.id = cost_id WHERE name = '%s'",
			         costs[i]);
			assert_int_equal(check_tree(&t, 1), synthetic_ask(s, sql));
			table_release(&t);
		}
	tree((struct report_query){ .pid = 4711, .tid = 4712 }, &t);
	assert_int_equal(check_tree(&t, 1), synthetic_ask(s, "SELECT sum(value) FROM total WHERE cost_id = 2 AND thread_id = 2"));
	table_release(&t);
}

/* Outwards the roots are the sites: allocator frames are left out, and the figures are the hot spots'. */
static void bottom_up_starts_at_the_sites(void **state)
{
	struct table t;

	(void)state;
	tree((struct report_query){ .bottom_up = 1 }, &t);
	int64_t roots = 0, allocators = 0;
	for (size_t row = 0; row < t.row_count; row++) {
		const char *name = table_at(&t, row, CALLERS_FUNCTION)->text;
		roots += at(&t, row, CALLERS_DEPTH) == 1;
		allocators += strncmp(name, "operator new", 12) == 0 || strcmp(name, "strdup") == 0;
	}
	assert_int_equal(roots, synthetic_ask(s, "SELECT count(*) FROM hotspots WHERE allocated_bytes > 0"));
	assert_int_equal(allocators, 0);
	assert_int_equal(at(&t, 0, CALLERS_VALUE), synthetic_ask(s, "SELECT max(allocated_bytes) FROM hotspots"));
	table_release(&t);
}

static void a_limit_keeps_a_tree_of_the_biggest(void **state)
{
	struct table all, t;

	(void)state;
	tree((struct report_query){ 0 }, &all);
	for (long limit = 1; limit <= (long)all.row_count; limit += 6) {
		tree((struct report_query){ .limit = limit }, &t);
		assert_int_equal(t.row_count, limit);
		assert_int_equal(t.total_rows, all.row_count);
		check_tree(&t, 0);
		int64_t least = INT64_MAX;
		size_t bigger = 0;
		for (size_t row = 0; row < t.row_count; row++)
			least = at(&t, row, CALLERS_VALUE) < least ? at(&t, row, CALLERS_VALUE) : least;
		for (size_t row = 0; row < all.row_count; row++)
			bigger += at(&all, row, CALLERS_VALUE) > least;
		assert_true(bigger < (size_t)limit);
		table_release(&t);
	}
	table_release(&all);
}

static void match_keeps_stacks_through_a_function(void **state)
{
	struct table t;

	(void)state;
	tree((struct report_query){ .match = "flush_PAGE", .cost = "allocations" }, &t);
	assert_int_equal(check_tree(&t, 1), 2600 + 512 + 4 + 512);
	assert_string_equal(table_at(&t, 0, CALLERS_FUNCTION)->text, "start_thread");
	table_release(&t);
}

static void stacks_name_their_row(void **state)
{
	struct table t;

	(void)state;
	tree((struct report_query){ .cost = "leaked_allocations" }, &t);
	for (size_t row = 0; row < t.row_count; row++) {
		const char *stack = table_at(&t, row, CALLERS_STACK)->text;
		int64_t frames = 1;
		for (const char *c = stack; *c; c++)
			frames += *c == ';';
		assert_int_equal(frames, at(&t, row, CALLERS_DEPTH));
	}
	table_release(&t);
}

static void stacks_of_a_site(void **state)
{
	struct err err = { 0 };
	struct table t;
	int64_t site = synthetic_ask(s, "SELECT site.id FROM site JOIN function f ON f.id = function_id WHERE name = 'reply_append'");

	(void)state;
	assert_int_equal(stack_view_stacks(s, site, COST_ALLOCATIONS, 2, &t, &err), 0);
	assert_int_equal(t.total_rows, 3);
	assert_int_equal(t.row_count, 2);
	assert_int_equal(t.columns[1].unit, UNIT_COUNT);
	assert_int_equal(table_at(&t, 0, 1)->number, 64000);
	assert_int_equal(table_at(&t, 0, 2)->number, 64000);
	assert_string_equal(table_at(&t, 0, 3)->text,
	                    "_start;__libc_start_call_main;main;event_loop;read_client;run_command;command_get;reply_append");
	assert_int_equal(table_at(&t, 1, 1)->number, 8800);
	table_release(&t);
	assert_int_equal(stack_view_stacks(s, 9999, COST_ALLOCATIONS, 0, &t, &err), 0);
	assert_int_equal(t.row_count, 0);
	table_release(&t);
	assert_int_equal(stack_view_stacks(s, site, 999, 0, &t, &err), -1);
}

static int64_t neighbour(const struct table *t, const char *name, int column)
{
	for (size_t row = 0; row < t->row_count; row++)
		if (strcmp(table_at(t, row, 1)->text, name) == 0)
			return at(t, row, column);
	return -1;
}

static void callers_and_callees(void **state)
{
	struct err err = { 0 };
	struct table t;

	(void)state;
	/* json_parse_value (18) and json_parse_object (19) call each other: 40 + 120 + 40 blocks below the first, each counted once */
	assert_int_equal(stack_view_callers(s, 18, COST_ALLOCATIONS, 0, &t, &err), 0);
	assert_int_equal(neighbour(&t, "load_config", 2), 40 + 120 + 60 + 40);
	assert_int_equal(neighbour(&t, "json_parse_object", 2), 40 + 120 + 40);
	assert_int_equal(neighbour(&t, "load_config", 3), 0);
	table_release(&t);
	assert_int_equal(stack_view_callees(s, 18, COST_ALLOCATIONS, 0, &t, &err), 0);
	assert_int_equal(neighbour(&t, "json_parse_object", 2), 40 + 120 + 40);
	assert_int_equal(neighbour(&t, "json_parse_string", 2), 40 + 120 + 60 + 40);
	assert_int_equal(neighbour(&t, "json_parse_string", 3), 40 + 120 + 60 + 40);
	assert_int_equal(t.row_count, 2);
	table_release(&t);
	/* what a site asked for itself, by who called it */
	assert_int_equal(stack_view_callers(s, 12, COST_ALLOCATIONS, 1, &t, &err), 0);
	assert_int_equal(t.row_count, 1);
	assert_int_equal(neighbour(&t, "command_get", 3), 64000);
	assert_int_equal(t.total_rows, 2);
	table_release(&t);
	assert_int_equal(stack_view_callers(s, 12345, COST_ALLOCATIONS, 0, &t, &err), 0);
	assert_int_equal(t.row_count, 0);
	table_release(&t);
}

static void flat_profile(void **state)
{
	struct report_query q = { .cost = "allocations" };
	struct err err = { 0 };
	struct table t;
	int64_t self = 0;

	(void)state;
	assert_int_equal(stack_view_functions(s, &q, &t, &err), 0);
	for (size_t row = 0; row < t.row_count; row++) {
		assert_true(at(&t, row, 3) <= at(&t, row, 2));
		self += at(&t, row, 3);
	}
	assert_int_equal(self, synthetic_ask(s, "SELECT sum(allocations) FROM process"));
	assert_int_equal(neighbour(&t, "json_parse_value", 2), 40 + 120 + 60 + 40);
	assert_int_equal(neighbour(&t, "flush_page", 2), 2600 + 512 + 4 + 512);
	assert_int_equal(neighbour(&t, "strdup", 3), 0);
	assert_int_equal(neighbour(&t, "strdup", 2), 40 + 120 + 60 + 64);
	table_release(&t);
}

static void damage_is_noticed(void **state)
{
	static const char *const damages[] = {
		"UPDATE stack SET parent_id = 12 WHERE id = 3",                      /* a circle */
		"UPDATE stack SET parent_id = 4000 WHERE id = 3",
		"UPDATE stack SET frame_id = 4000 WHERE id = 9",
		"UPDATE stack SET site_id = 0 WHERE id = 9",
		"UPDATE stack SET depth = -1 WHERE id = 9",
		"UPDATE frame SET function_id = 4000 WHERE id = 9",
		"UPDATE function SET module_id = 77 WHERE id = 9",
		"UPDATE stack SET id = 1000000000000 WHERE id = 80",
		"UPDATE total SET stack_id = 5000 WHERE stack_id = 6 AND cost_id = 2",
	};
	struct report_query q = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct err err = { 0 };
		struct table t;
		char sql[256];
		snprintf(sql, sizeof(sql), "PRAGMA foreign_keys = OFF; %s", damages[i]);
		synthetic_close(s);
		s = synthetic_open(sql);
		if (!report_run(report_find("callers"), s, &q, &t, &err))
			fail_msg("not noticed: %s", damages[i]);
		assert_int_equal(err.kind, ERR_FAILED);
		assert_non_null(strstr(err.text, "damaged"));
		assert_int_equal(report_run(report_find("functions"), s, &q, &t, NULL), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(trees_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(bottom_up_starts_at_the_sites, setup, teardown),
		cmocka_unit_test_setup_teardown(a_limit_keeps_a_tree_of_the_biggest, setup, teardown),
		cmocka_unit_test_setup_teardown(match_keeps_stacks_through_a_function, setup, teardown),
		cmocka_unit_test_setup_teardown(stacks_name_their_row, setup, teardown),
		cmocka_unit_test_setup_teardown(stacks_of_a_site, setup, teardown),
		cmocka_unit_test_setup_teardown(callers_and_callees, setup, teardown),
		cmocka_unit_test_setup_teardown(flat_profile, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_noticed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
