/* SPDX-License-Identifier: MIT
 *
 * Folded stacks: they add up, they are sorted, and names cannot break a line.
 */
#include "tests/unit/synthetic_fixture.h"

#include "analyzer/export/export.h"

#include <stddef.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static char *fold(struct store *s, const struct export_query *q)
{
	const struct exporter *folded = export_find("folded");
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(folded);
	assert_non_null(out);
	if (folded->write(s, q, out, &err))
		fail_msg("%s", err.text);
	fclose(out);
	assert_int_equal(strlen(text), size);
	return text;
}

/* The sum of the figures; asserts that lines are well-formed and in bytewise order, each stack once. */
static int64_t check(const char *text)
{
	int64_t sum = 0;
	char last[8192] = "", line[8192];

	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		assert_true((size_t)(end - text) < sizeof(line));
		memcpy(line, text, (size_t)(end - text));
		line[end - text] = 0;
		assert_true(strcmp(last, line) < 0);
		strcpy(last, line);
		char *blank = strrchr(line, ' '), *stop;
		assert_non_null(blank);
		assert_true(blank > line);
		long long value = strtoll(blank + 1, &stop, 10);
		assert_true(value > 0 && *stop == 0);
		sum += value;
	}
	assert_string_equal(text, "");
	return sum;
}

static void costs_add_up(void **state)
{
	static const struct {
		const char *cost, *sql;
	} costs[] = {
		{ NULL, "SELECT sum(allocated_bytes) FROM process" },
		{ "allocations", "SELECT sum(allocations) FROM process" },
		{ "allocated_bytes", "SELECT sum(allocated_bytes) FROM process" },
		{ "at_peak_bytes", "SELECT sum(peak_bytes) FROM process" },
		{ "leaked_bytes", "SELECT sum(leaked_bytes) FROM process" },
		{ "leaked_allocations", "SELECT sum(leaked_allocations) FROM process" },
		{ "temporary_allocations", "SELECT sum(temporary_allocations) FROM process" },
		{ "frees", "SELECT sum(frees) FROM process" },
		{ "reallocations", "SELECT sum(reallocations) FROM process" },
		{ "wait_ns", "SELECT sum(wait_ns) FROM process" },
		{ "waits", "SELECT sum(contended) + (SELECT sum(timeouts) FROM lock_wait WHERE class = 20) FROM process" },
		{ "blocked_ns", "SELECT sum(blocked_ns) FROM process" },
		{ "held_ns", "SELECT sum(caused_wait_ns) FROM lock_hold" },
	};
	struct store *s = synthetic_open(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		struct export_query q = { .cost = costs[i].cost };
		char *text = fold(s, &q);
		assert_int_equal(check(text), synthetic_ask(s, costs[i].sql));
		free(text);
	}
	synthetic_close(s);
}

static void scopes_add_up(void **state)
{
	struct store *s = synthetic_open(NULL);
	struct export_query process = { .cost = "allocations", .pid = 4725 }, thread = { .cost = "allocations", .tid = 4713 };
	char *text = fold(s, &process);

	(void)state;
	assert_int_equal(check(text), synthetic_ask(s, "SELECT allocations FROM process WHERE pid = 4725"));
	free(text);
	text = fold(s, &thread);
	assert_int_equal(check(text), synthetic_ask(s, "SELECT sum(value) FROM total WHERE cost_id = 1 AND thread_id = 3"));
	free(text);
	synthetic_close(s);
}

/* Of one site, function or stack: what sqlite3 adds up of its stacks. */
static void choices_add_up(void **state)
{
	static const struct {
		const char *ids, *of; /* `of`: stacks as leaf, for %lld */
		size_t id;
	} choices[] = {
		{ "SELECT max(id) FROM site", "SELECT id FROM stack WHERE site_id = %lld", offsetof(struct export_query, site_id) },
		{ "SELECT max(id) FROM stack", "SELECT %lld", offsetof(struct export_query, stack_id) },
		{ "SELECT max(id) FROM function", "WITH RECURSIVE up(leaf, id) AS (SELECT id, id FROM stack UNION ALL SELECT leaf, parent_id FROM up "
		  "JOIN stack ON stack.id = up.id WHERE parent_id > 0) SELECT leaf FROM up JOIN stack ON stack.id = up.id JOIN frame ON "
		  "frame.id = frame_id WHERE function_id = %lld", offsetof(struct export_query, function_id) },
	};
	static const char *const costs[][2] = { { "allocated_bytes", "2" }, { "wait_ns", "20" }, { "held_ns", "23" } };
	struct store *s = synthetic_open(NULL);
	int64_t some = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		for (int64_t id = 1, last = synthetic_ask(s, choices[i].ids); id <= last; id++)
			for (size_t k = 0; k < sizeof(costs) / sizeof(costs[0]); k++) {
				struct export_query q = { .cost = costs[k][0] };
				char of[600], sql[800];
				memcpy((char *)&q + choices[i].id, &id, sizeof(id));
				snprintf(of, sizeof(of), choices[i].of, (long long)id);
				snprintf(sql, sizeof(sql), "SELECT coalesce(sum(value), 0) FROM total WHERE cost_id = %s AND stack_id IN (%s)", costs[k][1], of);
				char *text = fold(s, &q);
				assert_int_equal(check(text), synthetic_ask(s, sql));
				some += check(text) > 0;
				free(text);
			}
	assert_true(some > 50);
	synthetic_close(s);
}

static void locks_add_up(void **state)
{
	struct store *s = synthetic_open(NULL);
	int64_t some = 0;

	(void)state;
	for (int64_t id = 1, last = synthetic_ask(s, "SELECT max(id) FROM lock"); id <= last; id++)
		for (int held = 0; held < 2; held++) {
			struct export_query q = { .cost = held ? "held_ns" : "wait_ns", .lock_id = id };
			char sql[200], *text = fold(s, &q);
			snprintf(sql, sizeof(sql), "SELECT coalesce(sum(%s), 0) FROM %s lock_id = %lld", held ? "caused_wait_ns" : "wait_ns",
			         held ? "lock_hold WHERE" : "lock_wait WHERE class = 20 AND", (long long)id);
			assert_int_equal(check(text), synthetic_ask(s, sql));
			some += check(text) > 0;
			free(text);
		}
	assert_true(some > 5);
	synthetic_close(s);
}

/* What they waited for is the last frame; two lives of a lock are one line, where their stacks are. */
static void waits_end_in_what_they_were_for(void **state)
{
	static const char *const lines[][2] = {
		{ "wait_ns", "start_thread;worker_main;cache_get;std::unique_lock<std::mutex>::lock()_[i];std::mutex::lock()_[i];"
		             "server+0x40 4000000000\n" },
		{ "wait_ns", "\nmain;pack_file;pack_lock;pack\\x3b\"state\" 8000000\n" },
		{ "wait_ns", "start_thread;flush_main;flush_page;plugin.so+0x1234;plugin.so+0x1234 14000000\n" },
		{ "waits", "start_thread;worker_main;table_read;table_lock 100\n" },
		{ "blocked_ns", "main;stop_workers;join 1000000000\n" },
		{ "blocked_ns", "std::condition_variable::wait(std::unique_lock<std::mutex>&);cond jobs+0x28 10200000000\n" },
		{ "blocked_ns", "std::condition_variable::wait(std::unique_lock<std::mutex>&);cond jobs+0x88 100000000\n" },
		{ "blocked_ns", "start_thread;flush_main;flush_page;futex plugin.so+0x1234 40000000\n" },
		{ "held_ns", "start_thread;flush_main;evict_lru;server+0x40 3800000000\n" },
	};
	struct store *s = synthetic_open(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct export_query q = { .cost = lines[i][0] };
		char *text = fold(s, &q);
		if (!strstr(text, lines[i][1]))
			fail_msg("%s is not in\n%s", lines[i][1], text);
		free(text);
	}
	synthetic_close(s);
	s = synthetic_open("UPDATE lock_wait SET stack_id = 97 WHERE lock_id = 10");
	struct export_query lives = { .cost = "wait_ns", .pid = 4725 };
	char *text = fold(s, &lives);
	assert_string_equal(text, "main;pack_file;pack_lock;pack\\x3b\"state\" 20000000\n");
	free(text);
	synthetic_close(s);
}

static void waits_of_a_thread(void **state)
{
	struct store *s = synthetic_open(NULL);
	struct export_query q = { .cost = "held_ns", .tid = 4713 };
	char *text = fold(s, &q);

	(void)state;
	assert_string_equal(text, "start_thread;worker_main;audit;cache_grow+0x18 (heap) 9000000\n"
	                          "start_thread;worker_main;cache_get;server+0x40 90000000\n");
	free(text);
	synthetic_close(s);
}

static void damaged_waits_are_refused(void **state)
{
	static const char *const damages[][2] = {
		{ "wait_ns", "UPDATE lock_wait SET stack_id = 4444 WHERE lock_id = 9" },
		{ "held_ns", "UPDATE lock_hold SET stack_id = 0 WHERE lock_id = 9" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct store *s = synthetic_open(damages[i][1]);
		struct export_query q = { .cost = damages[i][0] };
		struct err err = { 0 };
		assert_int_equal(export_find("folded")->write(s, &q, stdout, &err), -1);
		assert_non_null(strstr(err.text, "damaged"));
		synthetic_close(s);
	}
}

static void names_are_escaped(void **state)
{
	struct store *s = synthetic_open(NULL);
	struct export_query q = { .cost = "allocations" };
	char *text = fold(s, &q);

	(void)state;
	assert_non_null(strstr(text, "\nmain;pack_file;odd\\x0aname\\xff\"quoted, twice\" 1300\n"));
	assert_non_null(strstr(text, ";<[u8\\x3b 32] as plugin::hash::Digest>::finish 512\n"));
	free(text);
	synthetic_close(s);
}

/* row_new is inlined, and in there once more; two places in parse_command read the same and are one line. */
static void inlined_frames_and_equal_lines(void **state)
{
	struct store *s = synthetic_open(NULL);
	struct export_query q = { .cost = "allocations", .pid = 4711, .tid = 4711 };
	char *text = fold(s, &q);

	(void)state;
	assert_non_null(strstr(text, ";command_set;row_new_[i];row_new_[i] 152000\n"));
	assert_non_null(strstr(text, ";event_loop;read_client;parse_command 621100\n")); /* 410000 + 205000 + 6100 */
	free(text);
	q = (struct export_query){ .cost = "allocations", .pid = 4725 };
	text = fold(s, &q);
	assert_non_null(strstr(text, "main;pack_file;deflate_block;window_new_[i] 64\n"));
	assert_non_null(strstr(text, "main;pack_file;window_new_[i] 1\n"));
	free(text);
	synthetic_close(s);
}

/* A blank sorts before every other character of a name, so whole lines and names alone sort differently. */
static void order_is_that_of_whole_lines(void **state)
{
	struct store *s = synthetic_open("UPDATE function SET name = 'read_client 2' WHERE name = 'flush_main';"
	                                 "UPDATE function SET name = 'start_thread' WHERE name = 'worker_main';"
	                                 "UPDATE function SET name = '' WHERE name = 'io_main';"
	                                 "UPDATE function SET name = 'back\\slash' WHERE name = 'flush_page'");
	struct export_query q = { .cost = "allocations" };
	char *text = fold(s, &q);

	(void)state;
	assert_int_equal(check(text), synthetic_ask(s, "SELECT sum(allocations) FROM process"));
	assert_non_null(strstr(text, "start_thread;read_client 2;back\\x5cslash;row_copy 2600\n"));
	assert_non_null(strstr(text, "start_thread;?\?;strdup 64\n"));
	free(text);
	synthetic_close(s);
}

static void what_cannot_be_exported(void **state)
{
	struct store *s = synthetic_open(NULL);
	const struct export_query wrong[] = { { .cost = "bogus" }, { .pid = 9 }, { .tid = 9 } };
	static const char *const words[] = { "there are allocations, allocated_bytes", "there are 4711, 4720, 4725", "4711, 4712" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct err err = { 0 };
		assert_int_equal(export_find("folded")->write(s, &wrong[i], stdout, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, words[i]));
	}
	assert_null(export_find("bogus"));
	synthetic_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(costs_add_up),
		cmocka_unit_test(scopes_add_up),
		cmocka_unit_test(choices_add_up),
		cmocka_unit_test(locks_add_up),
		cmocka_unit_test(waits_end_in_what_they_were_for),
		cmocka_unit_test(waits_of_a_thread),
		cmocka_unit_test(damaged_waits_are_refused),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(inlined_frames_and_equal_lines),
		cmocka_unit_test(order_is_that_of_whole_lines),
		cmocka_unit_test(what_cannot_be_exported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
