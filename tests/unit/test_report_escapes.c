/* SPDX-License-Identifier: MIT
 *
 * Escapes and owners: figures worked out by hand from what tests/data/synthetic.sql writes down, sums that agree with each other,
 * with the summary and with SQL, and what they say in words.
 */
#include "tests/unit/report_fixture.h"

#include "analyzer/export/export.h"
#include "analyzer/report/escapes.h"
#include "analyzer/report/escapes_view.h"

static size_t row_of(const struct table *t, const char *function, int64_t line)
{
	for (size_t row = 0; row < t->row_count; row++)
		if (strcmp(text(t, row, "function"), function) == 0 && cell(t, row, "line")->number == line)
			return row;
	fail_msg("no row is of %s:%lld", function, (long long)line);
	return 0;
}

static const struct report_query everything;
static const struct report_query scopes[] = {
	{ 0 }, { .pid = 4711 }, { .pid = 4720 }, { .pid = 4725 }, { .tid = 4711 }, { .tid = 4713 }, { .pid = 4711, .tid = 4714 }, { .tid = 4726 },
};

/* The first columns are promised, in this order; more may follow. */
static void columns_are_as_promised(void **state)
{
	static const struct {
		const char *report, *columns;
	} promised[] = {
		{ "escapes", "function,file,line,allocations,allocated_bytes,local,caller,thread,retained,uncertain,class,owner,level,"
		             "lifetime_p50_ns,lifetime_p99_ns,max_live,size_p50,size_max," },
		{ "owners", "function,file,line,activations,blocks,bytes,blocks_per_activation,bytes_per_activation,sites,max_bytes," },
		{ "wrappers", "function,file,line,callers,sizes,allocations,suggestion," },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++) {
		const struct report *r = report_find(promised[i].report);
		char head[4096] = "";
		assert_non_null(r);
		for (size_t c = 0; c < r->column_count; c++)
			strcat(strcat(head, r->columns[c].name), ",");
		if (strncmp(head, promised[i].columns, strlen(promised[i].columns)) != 0)
			fail_msg("%s has %s", r->name, head);
	}
}

static void classes_add_up(void **state)
{
	static const char *const pairs[][2] = {
		{ "allocations", "allocations" }, { "allocated_bytes", "allocated_bytes" }, { "retained", "leaked_allocations" },
		{ "retained_bytes", "leaked_bytes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct table t;
		for (size_t k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++)
			assert_int_equal(figure("escapes", pairs[k][0], &scopes[i]), figure("summary", pairs[k][1], &scopes[i]));
		run("escapes", &scopes[i], &t);
		assert_true(t.row_count > 0);
		for (size_t row = 0; row < t.row_count; row++) {
			assert_int_equal(number(&t, row, "local") + number(&t, row, "caller") + number(&t, row, "thread") + number(&t, row, "retained"),
			                 number(&t, row, "allocations"));
			assert_int_equal(number(&t, row, "local_bytes") + number(&t, row, "caller_bytes") + number(&t, row, "thread_bytes") +
			                 number(&t, row, "retained_bytes"), number(&t, row, "allocated_bytes"));
			assert_true(number(&t, row, "uncertain") <= number(&t, row, "allocations"));
		}
		table_release(&t);
	}
}

static void a_site_that_threads_share(void **state)
{
	static const struct {
		const char *column;
		int64_t value;
	} expected[] = {
		{ "allocations", 295000 }, { "allocated_bytes", 11800000 }, { "local", 0 }, { "caller", 90000 }, { "thread", 128500 },
		{ "retained", 76500 }, { "uncertain", 11500 }, { "level", 0 }, { "max_live", 157000 }, { "lifetime_p50_ns", 2147483647 },
		{ "lifetime_p99_ns", 4294967295 }, { "size_p50", 63 }, { "size_max", 63 }, { "caller_share", 31 }, { "thread_share", 44 },
		{ "retained_share", 26 }, { "uncertain_share", 4 }, { "thread_bytes", 128500 * 40 }, { "owner_line", 140 }, { "freed_line", 140 },
	};
	struct table t;

	(void)state;
	run("escapes", &everything, &t);
	size_t row = row_of(&t, "row_new", 22);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (number(&t, row, expected[i].column) != expected[i].value)
			fail_msg("%s is %lld", expected[i].column, (long long)number(&t, row, expected[i].column));
	assert_string_equal(text(&t, row, "class"), "thread");
	assert_string_equal(text(&t, row, "owner"), "flush_page");
	assert_string_equal(text(&t, row, "freed_function"), "flush_page");
	assert_string_equal(text(&t, row, "made_in"), "start_workers (main.c:60)");
	assert_string_equal(text(&t, row, "freed_in"), "start_workers (main.c:60)");
	table_release(&t);
}

static void owners_and_levels(void **state)
{
	static const struct {
		const char *function;
		int64_t line;
		const char *class, *owner;
		int64_t level; /* -1: none */
	} expected[] = {
		{ "reply_begin", 201, "caller", "command_get", 1 }, { "reply_append", 233, "caller", "read_client", 3 },
		{ "parse_command", 40, "caller", "read_client", 1 }, { "parse_command", 46, "local", "parse_command", 0 },
		{ "row_copy", 51, "local", "row_copy", 0 }, { "index::Node::Node(int)", 18, "retained", "(none)", -1 },
		{ "io_main", 80, "retained", "(none)", -1 },
	};
	struct table t;

	(void)state;
	run("escapes", &everything, &t);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		size_t row = row_of(&t, expected[i].function, expected[i].line);
		assert_string_equal(text(&t, row, "class"), expected[i].class);
		assert_string_equal(text(&t, row, "owner"), expected[i].owner);
		assert_int_equal(cell(&t, row, "level")->none ? -1 : number(&t, row, "level"), expected[i].level);
	}
	size_t row = row_of(&t, "row_copy", 51); /* what its thread made was freed in the main thread */
	assert_string_equal(text(&t, row, "made_in"), "start_workers (main.c:60)");
	assert_string_equal(text(&t, row, "freed_in"), "main thread");
	assert_true(cell(&t, row_of(&t, "io_main", 80), "lifetime_p50_ns")->none);
	table_release(&t);
}

/* What most blocks died in may be nobody known: then no other is named in its stead. */
static void an_owner_nobody_knows(void **state)
{
	struct report_query q = { .match = "key_of" };
	struct table t;

	(void)state;
	synthetic_close(s);
	s = synthetic_open("UPDATE escaped SET owner_id = 0, level = 0, free_stack_id = 0, uncertain = blocks WHERE stack_id = 29;"
	                   "INSERT INTO escaped VALUES (29, 1, 2, 22, 1, 22, 0, 1000, 64000, 0)");
	run("escapes", &q, &t);
	assert_int_equal(t.row_count, 1);
	assert_string_equal(text(&t, 0, "class"), "caller");
	assert_string_equal(text(&t, 0, "owner"), "(none)");
	assert_true(cell(&t, 0, "level")->none);
	assert_int_equal(number(&t, 0, "uncertain"), 152000);
	char *words = escapes_describe(&t, 0);
	assert_non_null(strstr(words, "dies in a caller, not known which, freed in index::Tree"));
	free(words);
	table_release(&t);
	synthetic_close(s); /* as frees are named that were recorded without their stacks */
	s = synthetic_open("UPDATE function SET name = '[unknown]' WHERE id = 22; UPDATE escaped SET owner_id = 0, level = 0 WHERE stack_id = 29");
	run("escapes", &q, &t);
	words = escapes_describe(&t, 0);
	assert_memory_equal(words, "dies in a caller, not known which; half", 39);
	free(words);
	table_release(&t);
}

static void a_thread_has_what_is_kept_by_thread(void **state)
{
	struct report_query q = { .tid = 4714, .match = "row_copy" };
	struct table t;

	(void)state;
	run("escapes", &q, &t);
	assert_int_equal(t.row_count, 1);
	assert_int_equal(number(&t, 0, "allocations"), 2600);
	assert_int_equal(number(&t, 0, "thread"), 2600);
	assert_int_equal(number(&t, 0, "max_live"), 3);
	assert_true(cell(&t, 0, "lifetime_p50_ns")->none);
	assert_true(cell(&t, 0, "size_max")->none);
	table_release(&t);
	q = (struct report_query){ .match = "FLUSH_page" }; /* owners' names count as well */
	run("escapes", &q, &t);
	row_of(&t, "row_new", 22);
	table_release(&t);
}

/* The first columns of a report are those of the view of its name. */
static void reports_are_the_views_of_that_name(void **state)
{
	static const struct {
		const char *report, *sql;
		size_t columns;
	} views[] = {
		{ "escapes", "SELECT * FROM escapes ORDER BY allocated_bytes DESC, site_id", 18 },
		{ "owners", "SELECT function, NULL, NULL, activations, blocks, bytes, blocks_per_activation, bytes_per_activation, sites, max_bytes "
		            "FROM owners ORDER BY bytes DESC, function_id", 10 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct statement *q = store_prepare(s, views[i].sql, NULL);
		struct err err = { 0 };
		struct table t;
		assert_non_null(q);
		run(views[i].report, &everything, &t);
		for (size_t row = 0; row < t.row_count; row++) {
			const struct value *v = table_at(&t, row, 0);
			assert_int_equal(statement_step(q, &err), 1);
			for (size_t c = 0; c < views[i].columns; c++) {
				if (i == 1 && (c == 1 || c == 2))
					continue; /* the view has no place */
				if (v[c].text)
					assert_string_equal(v[c].none ? "" : v[c].text, statement_text(q, (int)c));
				else if ((v[c].none ? 0 : v[c].number) != statement_number(q, (int)c))
					fail_msg("%s of %s is %lld", t.columns[c].name, v[0].text, (long long)v[c].number);
			}
		}
		assert_int_equal(statement_step(q, &err), 0);
		statement_finish(q);
		table_release(&t);
	}
}

static void an_owner_in_figures(void **state)
{
	struct report_query q = { .match = "command_get" };
	struct table t;

	(void)state;
	run("owners", &q, &t);
	assert_int_equal(t.row_count, 1);
	assert_int_equal(number(&t, 0, "activations"), 18000);
	assert_int_equal(number(&t, 0, "blocks"), 11800 + 4000 + 2000 + 200);
	assert_int_equal(number(&t, 0, "bytes"), 12000 * 16384 + 4000 * 512 + 2000 * 128);
	assert_int_equal(number(&t, 0, "blocks_per_activation"), 1);
	assert_int_equal(number(&t, 0, "bytes_per_activation"), (12000 * 16384 + 4000 * 512 + 2000 * 128 + 9000) / 18000);
	assert_int_equal(number(&t, 0, "sites"), 3);
	assert_int_equal(number(&t, 0, "local_bytes"), 0);
	assert_int_equal(number(&t, 0, "line"), 171);
	assert_string_equal(text(&t, 0, "file"), "/src/tableserver/command.c");
	assert_string_equal(text(&t, 0, "top_site"), "reply_begin");
	assert_int_equal(number(&t, 0, "top_site_share"), 99);
	table_release(&t);
	q = (struct report_query){ .match = "read_client", .pid = 4720 };
	run("owners", &q, &t);
	assert_int_equal(number(&t, 0, "blocks"), 9000);
	assert_int_equal(number(&t, 0, "sites"), 1);
	table_release(&t);
	q = (struct report_query){ .match = "row_copy" };
	run("owners", &q, &t);
	assert_int_equal(number(&t, 0, "local_bytes"), number(&t, 0, "bytes"));
	table_release(&t);
	assert_int_equal(figure("owners", "bytes", &everything),
	                 synthetic_ask(s, "SELECT sum(bytes) FROM escaped WHERE class IN (1, 2) AND owner_id <> 0"));
	assert_int_equal(figure("owners", "uncertain", &everything),
	                 synthetic_ask(s, "SELECT sum(uncertain) FROM escaped WHERE class IN (1, 2) AND owner_id <> 0"));
}

static void owners_are_of_processes(void **state)
{
	struct report_query q = { .tid = 4711 };
	struct err err = { 0 };
	struct table t;

	(void)state;
	assert_int_equal(report_run(report_find("owners"), s, &q, &t, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
}

static void in_words(void **state)
{
	static const struct {
		const char *function;
		int64_t line;
		const char *words;
	} expected[] = {
		{ "reply_begin", 201, "dies in command_get +1; half within 1.02 us, 99 % 131 us; at most 8 alive; 32.0 KiB each" },
		{ "row_new", 22, "freed by another thread in flush_page; between threads of start_workers (main.c:60); half within 2.15 s, 99 % 4.29 s; "
		                 "at most 157 k alive; 63 B each" },
		{ "parse_command", 46, "dies before it returns; half within 1.02 us, 99 % 1.02 us; at most 4 alive; 63 B each" },
		{ "json_parse_string", 85, "not freed, the others in json_parse_value json.c:30; half within 8.59 s, 99 % 8.59 s; at most 221 alive; "
		                           "half 31 B, all 31 B" },
		{ "reply_append", 233, "dies in read_client +3; half within 65.5 us, 99 % 524 us; at most 59 alive; half 1.00 KiB, all 4.00 KiB" },
	};
	struct table t;

	(void)state;
	run("escapes", &everything, &t);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		char *words = escapes_describe(&t, row_of(&t, expected[i].function, expected[i].line));
		if (i != 3)
			assert_string_equal(words, expected[i].words);
		else
			assert_memory_equal(words, expected[i].words, 50);
		free(words);
	}
	table_release(&t);
}

/* A page of 100 columns has all figures, and no line is longer. */
static void at_a_hundred_columns(void **state)
{
	const struct report *r = report_find("escapes");
	struct report_page page = { .facts = "facts", .losses = "", .width = 100, .unicode = 1 };
	char *page_text = NULL, *line;
	size_t size = 0;
	struct table t;

	(void)state;
	run("escapes", &everything, &t);
	FILE *out = open_memstream(&page_text, &size);
	report_write_text(r, &t, &everything, &page, out);
	fclose(out);
	assert_non_null(strstr(page_text, "\nALLOCATED   CALLS  LOCAL  CALLER  THREAD   KEPT  UNSURE  SITE\n"));
	assert_non_null(strstr(page_text, "11.3 MiB   295 k    0 %    31 %    44 %   26 %     4 %  row_new"));
	for (line = strtok(page_text, "\n"); line; line = strtok(NULL, "\n")) {
		size_t columns = 0;
		for (const char *p = line; *p; p++)
			columns += ((unsigned char)*p & 0xc0) != 0x80;
		if (columns > 100)
			fail_msg("%zu columns: %s", columns, line);
	}
	free(page_text);
	table_release(&t);
}

/* What views of a site and an owner list adds up to their rows. */
static void drill_down_adds_up(void **state)
{
	struct err err = { 0 };
	struct table t, part;

	(void)state;
	run("escapes", &everything, &t);
	for (size_t row = 0; row < t.row_count; row++) {
		int64_t site = number(&t, row, "site_id"), retained = number(&t, row, "retained");
		assert_int_equal(escapes_view_stacks(s, site, &part, &err), 0);
		assert_int_equal(sum(&part, "blocks"), number(&t, row, "allocations"));
		assert_int_equal(sum(&part, "bytes"), number(&t, row, "allocated_bytes"));
		assert_int_equal(sum(&part, "thread"), number(&t, row, "thread"));
		assert_int_equal(sum(&part, "uncertain"), number(&t, row, "uncertain"));
		for (size_t i = 1; i < part.row_count; i++)
			assert_true(number(&part, i - 1, "bytes") >= number(&part, i, "bytes"));
		table_release(&part);
		assert_int_equal(escapes_view_owners(s, site, &part, &err), 0);
		assert_int_equal(sum(&part, "blocks"), number(&t, row, "allocations") - retained);
		assert_int_equal(sum(&part, "uncertain"), number(&t, row, "uncertain"));
		table_release(&part);
		assert_int_equal(escapes_view_frees(s, site, &part, &err), 0);
		assert_int_equal(sum(&part, "blocks"), number(&t, row, "allocations") - retained);
		table_release(&part);
	}
	table_release(&t);
	run("owners", &everything, &t);
	for (size_t row = 0; row < t.row_count; row++) {
		assert_int_equal(escapes_view_dying(s, number(&t, row, "function_id"), &part, &err), 0);
		assert_int_equal(sum(&part, "bytes"), number(&t, row, "bytes"));
		assert_int_equal(sum(&part, "blocks"), number(&t, row, "blocks"));
		table_release(&part);
	}
	table_release(&t);
}

static void a_site_in_detail(void **state)
{
	struct err err = { 0 };
	struct table t;
	int64_t site = synthetic_ask(s, "SELECT site_id FROM stack WHERE id = 10");

	(void)state;
	assert_int_equal(escapes_view_stacks(s, site, &t, &err), 0);
	assert_int_equal(t.row_count, 2);
	assert_string_equal(text(&t, 0, "way"), "row_new < command_set < run_command < read_client < event_loop < main < __libc_start_call_main < _start");
	table_release(&t);
	assert_int_equal(escapes_view_owners(s, site, &t, &err), 0);
	assert_int_equal(t.row_count, 4);
	assert_string_equal(text(&t, 0, "function"), "flush_page");
	assert_string_equal(text(&t, 0, "class"), "thread");
	assert_string_equal(text(&t, 0, "stack"), "start_thread;flush_main;flush_page");
	assert_string_equal(text(&t, 1, "function"), "command_set");
	assert_int_equal(number(&t, 1, "level"), 2);
	assert_int_equal(number(&t, 1, "blocks"), 80000);
	assert_string_equal(text(&t, 2, "function"), "(not known)");
	table_release(&t);
	assert_int_equal(escapes_view_frees(s, site, &t, &err), 0);
	assert_string_equal(text(&t, 0, "made_in"), "start_workers (main.c:60)");
	assert_int_equal(number(&t, 0, "blocks"), 90000); /* of two threads that were created in one place */
	assert_string_equal(text(&t, 2, "made_in"), "main thread");
	table_release(&t);
	assert_int_equal(escapes_view_dying(s, synthetic_ask(s, "SELECT id FROM function WHERE name = 'command_set'"), &t, &err), 0);
	assert_int_equal(t.row_count, 3);
	assert_string_equal(text(&t, 2, "function"), "index::Node::Node(int)");
	assert_int_equal(number(&t, 2, "level"), 3);
	assert_string_equal(text(&t, 2, "way"), "command_set;index::Tree<std::string, unsigned long>::insert(std::string const&, unsigned long);"
	                                        "index::Tree<std::string, unsigned long>::split(index::Node*);index::Node::Node(int)");
	table_release(&t);
	assert_int_equal(escapes_view_dying(s, 4444, &t, &err), 0);
	assert_int_equal(t.row_count, 0);
	table_release(&t);
}

static void folded_costs_add_up(void **state)
{
	static const struct {
		const char *cost, *columns[2];
	} costs[] = {
		{ "local_bytes", { "local_bytes", NULL } }, { "escaped_bytes", { "caller_bytes", "thread_bytes" } },
		{ "retained_bytes", { "retained_bytes", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		for (size_t k = 0; k < 3; k++) {
			struct export_query q = { .cost = costs[k].cost, .pid = scopes[i].pid, .tid = scopes[i].tid };
			struct err err = { 0 };
			char *lines = NULL;
			size_t size = 0;
			FILE *out = open_memstream(&lines, &size);
			int64_t folded = 0, wanted = 0;
			assert_int_equal(export_find("folded")->write(s, &q, out, &err), 0);
			fclose(out);
			for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"))
				folded += strtoll(strrchr(line, ' '), NULL, 10);
			for (size_t c = 0; c < 2; c++)
				wanted += costs[k].columns[c] ? figure("escapes", costs[k].columns[c], &scopes[i]) : 0;
			assert_int_equal(folded, wanted);
			free(lines);
		}
	}
}

static void damage_is_refused(void **state)
{
	static const struct {
		const char *sql, *report;
	} damages[] = {
		{ "UPDATE escaped SET stack_id = 4444 WHERE stack_id = 6 AND thread_id = 5", "escapes" },
		{ "UPDATE escaped SET owner_id = 4444 WHERE stack_id = 6", "escapes" }, { "UPDATE escaped SET owner_id = 4444 WHERE stack_id = 6", "owners" },
		{ "UPDATE escaped SET free_stack_id = -3 WHERE stack_id = 6", "escapes" }, { "UPDATE escaped SET class = 7 WHERE stack_id = 6", "escapes" },
		{ "UPDATE escaped SET class = -1 WHERE stack_id = 6 AND thread_id = 5", "escapes" },
		{ "UPDATE owner SET function_id = 4444 WHERE function_id = 3 AND process_id = 1", "owners" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct err err = { 0 };
		struct table t;
		synthetic_close(s);
		s = synthetic_open(damages[i].sql);
		assert_int_equal(report_run(report_find(damages[i].report), s, &everything, &t, &err), -1);
		assert_non_null(strstr(err.text, "damaged"));
	}
	synthetic_close(s); /* what points nowhere is left out by views, which have something to show nevertheless */
	s = synthetic_open("UPDATE escaped SET owner_id = 4444, free_stack_id = 4444, free_thread_id = 99 WHERE stack_id = 10");
	struct table t;
	struct err err = { 0 };
	int64_t site = synthetic_ask(s, "SELECT site_id FROM stack WHERE id = 10");
	assert_int_equal(escapes_view_owners(s, site, &t, &err), 0);
	table_release(&t);
	assert_int_equal(escapes_view_frees(s, site, &t, &err), 0);
	assert_true(t.row_count > 1);
	table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(columns_are_as_promised, setup, teardown),
		cmocka_unit_test_setup_teardown(classes_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_site_that_threads_share, setup, teardown),
		cmocka_unit_test_setup_teardown(owners_and_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(an_owner_nobody_knows, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thread_has_what_is_kept_by_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_are_the_views_of_that_name, setup, teardown),
		cmocka_unit_test_setup_teardown(an_owner_in_figures, setup, teardown),
		cmocka_unit_test_setup_teardown(owners_are_of_processes, setup, teardown),
		cmocka_unit_test_setup_teardown(in_words, setup, teardown),
		cmocka_unit_test_setup_teardown(at_a_hundred_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(drill_down_adds_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_site_in_detail, setup, teardown),
		cmocka_unit_test_setup_teardown(folded_costs_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
