/* SPDX-License-Identifier: MIT
 *
 * Advice on a made-up recording: which rules speak, from when on, in which order; each with rows added for it alone.
 */
#include "tests/unit/synthetic_fixture.h"

#include "analyzer/report/advice.h"
#include "analyzer/report/report.h"

static struct table t;

static void run_with(const char *more, const struct report_query *q)
{
	struct store *s = synthetic_open(more);
	struct err err = { 0 };

	if (report_run(report_find("advice"), s, q, &t, &err))
		fail_msg("%s", err.text);
	synthetic_close(s);
}

static const struct value *cell(size_t row, size_t column)
{
	assert_true(row < t.row_count);
	return table_at(&t, row, column);
}

/* The row of a rule, at a function if that is not NULL; the number of rows if there is none. */
static size_t find(const char *rule, const char *function)
{
	size_t row = 0;

	while (row < t.row_count && (strcmp(cell(row, ADVICE_RULE)->text, rule) != 0 ||
	       (function && (cell(row, ADVICE_FUNCTION)->none || strcmp(cell(row, ADVICE_FUNCTION)->text, function) != 0))))
		row++;
	return row;
}

static size_t count(const char *rule)
{
	size_t found = 0;

	for (size_t row = 0; row < t.row_count; row++)
		found += strcmp(cell(row, ADVICE_RULE)->text, rule) == 0;
	return found;
}

static void says(size_t row, const char *words)
{
	if (!strstr(cell(row, ADVICE_EVIDENCE)->text, words))
		fail_msg("\"%s\" is not in: %s", words, cell(row, ADVICE_EVIDENCE)->text);
}

/* 1 if the rule speaks with these rows and this threshold (NULL: none). */
static int speaks(const char *rule, const char *more, const char *threshold)
{
	struct report_query q = { .thresholds = &threshold, .threshold_count = threshold != NULL };

	run_with(more, &q);
	int found = find(rule, NULL) < t.row_count;
	table_release(&t);
	return found;
}

static void order_and_ranks(void **state)
{
	static const char *const kinds[] = { "failure", "cost", "hint" };
	struct report_query q = { 0 };
	size_t kind = 0;

	(void)state;
	run_with(NULL, &q);
	assert_true(t.row_count > 6);
	for (size_t row = 0; row < t.row_count; row++) {
		assert_int_equal(cell(row, ADVICE_RANK)->number, row + 1);
		while (strcmp(cell(row, ADVICE_KIND)->text, kinds[kind]) != 0)
			assert_true(++kind < 3);
		if (row && strcmp(cell(row - 1, ADVICE_KIND)->text, cell(row, ADVICE_KIND)->text) == 0)
			assert_true(cell(row, ADVICE_SHARE)->number <= cell(row - 1, ADVICE_SHARE)->number);
		assert_true(cell(row, ADVICE_EVIDENCE)->text[0] && cell(row, ADVICE_CURE)->text[0]);
	}
	table_release(&t);
}

static void what_it_finds(void **state)
{
	struct report_query q = { 0 };

	(void)state;
	run_with(NULL, &q);
	size_t row = find("lock-order", "table_read");
	says(row, "cache_grow+0x18 (heap) then table_lock in table_read, table_lock then cache_grow+0x18 (heap) in audit");
	assert_int_equal(cell(row, ADVICE_STACK_ID)->number, 91);
	row = find("critical-section", "evict_lru");
	says(row, "mutex server+0x40 was held for 1.54 ms on average and 23.0 ms at the most while others waited, 4.31 s in all");
	assert_int_equal(cell(row, ADVICE_SAVING_NS)->number, 4310000000);
	assert_int_equal(cell(row, ADVICE_LOCK_ID)->number, 1);
	row = find("pool", "row_copy");
	says(row, "100 % of 41.3 k blocks have 128 B to 255 B, 99 % died within 1.05 ms; at most 247 alive at once");
	assert_int_equal(cell(row, ADVICE_SAVING_ALLOCATIONS)->number, 41305 - 247);
	assert_true(cell(row, ADVICE_SAVING_BYTES)->none && cell(row, ADVICE_SAVING_NS)->none);
	row = find("stack", "parse_command");
	assert_string_equal(strrchr(cell(row, ADVICE_FILE)->text, '/'), "/command.c");
	assert_int_equal(cell(row, ADVICE_LINE)->number, 46);
	assert_int_equal(find("leak-at-exit", "getaddrinfo"), t.row_count); /* few */
	for (row = 0; row < t.row_count; row++)
		assert_false(strcmp(cell(row, ADVICE_RULE)->text, "leak-at-exit") == 0 && cell(row, ADVICE_PID)->number != 4711);
	table_release(&t);
}

static void one_process_one_name(void **state)
{
	struct report_query q = { .pid = 4725 };

	(void)state;
	run_with(NULL, &q);
	for (size_t row = 0; row < t.row_count; row++)
		assert_int_equal(cell(row, ADVICE_PID)->number, 4725);
	table_release(&t);
	q = (struct report_query){ .match = "EVICT" };
	run_with(NULL, &q);
	assert_int_equal(t.row_count, 1);
	assert_string_equal(cell(0, ADVICE_FUNCTION)->text, "evict_lru");
	table_release(&t);
	q = (struct report_query){ .match = "lock-order" };
	run_with(NULL, &q);
	assert_int_equal(t.row_count, 1);
	table_release(&t);
}

static void thresholds(void **state)
{
	(void)state;
	assert_true(speaks("pool", NULL, "pool.blocks=410k"));
	assert_false(speaks("pool", NULL, "pool.blocks=410001"));
	assert_false(speaks("critical-section", NULL, "critical-section.hold_ns=2ms"));
	assert_false(speaks("unbounded-growth", NULL, "unbounded-growth.seconds=13"));
	assert_true(speaks("unbounded-growth", NULL, "unbounded-growth.seconds=12"));
}

static void thresholds_that_are_none(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "pool", "RULE.NAME=VALUE" }, { "pool.blocks", "RULE.NAME=VALUE" }, { "=3", "RULE.NAME=VALUE" }, { "", "RULE.NAME=VALUE" },
		{ "pools.blocks=3", "there is no rule \"pools\"" }, { "pool.=3", "it has blocks, share" }, { "pool.bl=3", "it has blocks, share" },
		{ "pool.blocks=", "needs a figure" }, { "pool.blocks=-1", "needs a figure" }, { "pool.blocks=1x", "needs a figure" },
		{ "lock-order.x=1", "it has none" }, { "pool.blocks=1e30", "needs a figure" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct report_query q = { .thresholds = &wrong[i].text, .threshold_count = 1 };
		struct err err = { 0 };
		assert_int_equal(report_check(report_find("advice"), &q, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		if (!strstr(err.text, wrong[i].says))
			fail_msg("%s: %s", wrong[i].text, err.text);
		assert_int_equal(report_check(report_find("leaks"), &q, &(struct err){ 0 }), -1);
	}
}

/* --- rules that the recording has nothing for ------------------------------------------------------------ */

static void near_a_limit(void **state)
{
	(void)state;
	assert_false(speaks("memory-limit", NULL, NULL));
	assert_false(speaks("memory-limit", "UPDATE process SET memory_limit_bytes = 1 << 30, memory_limit_by = 'cgroup'", NULL));
	assert_true(speaks("memory-limit", "UPDATE process SET memory_limit_bytes = 32 << 20, memory_limit_by = 'cgroup' WHERE id = 1", NULL));
	run_with("UPDATE process SET memory_limit_bytes = 20 << 20, memory_limit_by = 'RLIMIT_AS' WHERE id = 1; UPDATE timeline SET rss_bytes = NULL",
	         &(struct report_query){ 0 });
	says(find("memory-limit", NULL), "a heap of 18.4 MiB at the peak is 92 % of the 20.0 MiB that RLIMIT_AS allows");
	table_release(&t);
}

static void slack_of_many(void **state)
{
	static const char rows[] = "DELETE FROM slack; INSERT INTO slack VALUES (10, 1, 600, 24000, 33600), (11, 1, 600, 33600, 33600), (6, 1, 5000, 1, 90000)";

	(void)state;
	assert_false(speaks("slack", "DELETE FROM slack", NULL));
	assert_true(speaks("slack", rows, NULL));
	run_with(rows, &(struct report_query){ 0 });
	assert_int_equal(count("slack"), 1);
	says(find("slack", "row_new"), "a sample of 600 blocks asked for 40.0 bytes each and got 56.0: 28 % of that is slack, in 149 k blocks");
	assert_int_equal(cell(find("slack", "row_new"), ADVICE_SAVING_BYTES)->number, 16 * 149000);
	table_release(&t);
}

/* Errors, by thread, as large as the figures, and a quarter of them. */
static void chance_is_no_evidence(void **state)
{
	static const char *const rules[] = { "slack", "pool", "leak-at-exit" };
	size_t found[3][2];
	char rows[400];

	(void)state;
	for (int certain = 0; certain < 2; certain++) {
		snprintf(rows, sizeof(rows), "DELETE FROM slack; INSERT INTO slack VALUES (10, 1, 600, 24000, 33600); INSERT INTO site_error "
		         "SELECT cost_id, site_id, thread_id, max(value / %d, 1) FROM site_total WHERE cost_id IN (1, 3, 4)", certain ? 4 : 1);
		run_with(rows, &(struct report_query){ 0 });
		for (size_t i = 0; i < 3; i++)
			found[i][certain] = count(rules[i]);
		table_release(&t);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(found[i][0], 0);
		assert_true(found[i][1] > 0);
	}
}

static void resized_again_and_again(void **state)
{
	static const char grows[] = "DELETE FROM growth; INSERT INTO growth VALUES (15, 1, 2000, 41000, 99, 5000000, 2048, 4096, 0)";
	static const char shrinks[] = "DELETE FROM growth; INSERT INTO growth VALUES (15, 1, 2000, 41000, 99, 5000000, 8, 16, 0)";
	static const char seldom[] = "DELETE FROM growth; INSERT INTO growth VALUES (15, 1, 20000, 41000, 99, 5000000, 2048, 4096, 0)";

	(void)state;
	assert_true(speaks("pre-size", grows, NULL));
	assert_false(speaks("pre-size", shrinks, NULL));
	assert_false(speaks("pre-size", seldom, NULL));
	run_with(grows, &(struct report_query){ 0 });
	size_t row = find("pre-size", "reply_append");
	says(row, "2.00 k blocks grew 41.0 k times, 20.5 times each on average and 99 at the most; 4.77 MiB copied");
	assert_non_null(strstr(cell(row, ADVICE_CURE)->text, "Start at 4.00 KiB: nine of ten end no larger. And let the size double"));
	table_release(&t);
	run_with("DELETE FROM growth; INSERT INTO growth VALUES (29, 1, 2000, 41000, 99, 5000000, 2048, 4096, 1)", &(struct report_query){ 0 });
	row = find("pre-size", NULL);
	says(row, "2.00 k containers grew 41.0 k times");
	assert_non_null(strstr(cell(row, ADVICE_CURE)->text, "reserve()"));
	table_release(&t);
}

static void herds(void **state)
{
	static const char herd[] = "UPDATE lock SET broadcasts = 500, woken_in_vain = 1300 WHERE id = 5";

	(void)state;
	assert_false(speaks("broadcast", NULL, NULL));
	assert_true(speaks("broadcast", herd, NULL));
	assert_false(speaks("broadcast", "UPDATE lock SET broadcasts = 99, woken_in_vain = 1300 WHERE id = 5", NULL));
	assert_false(speaks("broadcast", "UPDATE lock SET broadcasts = 500, woken_in_vain = 1300, waits = 9000 WHERE id = 5", NULL));
	run_with(herd, &(struct report_query){ 0 });
	says(find("broadcast", "queue_take"), "500 broadcasts of condition variable jobs+0x28; after 76 % of 1.70 k waits");
	table_release(&t);
}

static void locks_for_a_moment(void **state)
{
	static const char tiny[] = "UPDATE lock SET acquisitions = 100000000, hold_ns = 5000000000 WHERE id = 4";

	(void)state;
	assert_false(speaks("atomic", NULL, NULL));
	assert_true(speaks("atomic", tiny, NULL));
	assert_false(speaks("atomic", tiny, "atomic.hold_ns=49"));
	assert_false(speaks("atomic", "UPDATE lock SET acquisitions = 100000000, hold_ns = 5000000000, hold_allocations = 1 WHERE id = 4", NULL));
	assert_false(speaks("atomic", "UPDATE lock SET acquisitions = 100000000, hold_ns = 5000000000, owner_changes = 0 WHERE id = 4", NULL));
}

static void many_want_one_lock(void **state)
{
	static const char shared[] = "UPDATE lock_hold SET hold_ns = releases * 900;"
		"INSERT INTO lock_wait VALUES (20, 1, 84, 1, 2, 30, 0, 900, 900000000, 1, 0, 0)";

	(void)state;
	assert_false(speaks("shard", NULL, NULL));
	assert_true(speaks("shard", shared, NULL));
	assert_false(speaks("shard", shared, "shard.threads=5"));
	run_with(shared, &(struct report_query){ 0 });
	size_t row = find("shard", "cache_get");
	says(row, "4 threads waited for mutex server+0x40");
	assert_int_equal(count("critical-section"), 0);
	table_release(&t);
}

#define THREADS(count, start, end, more) \
	"INSERT INTO thread (id, process_id, tid, name, start_ns, end_ns, created_stack_id, start_function" more ") " \
	"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " count ") " \
	"SELECT 1000 + i, 1, 90000 + i, 'x', " start ", " end ", 96, 'serve'"

static void threads_that_pile_up(void **state)
{
	(void)state;
	assert_false(speaks("thread-leak", NULL, NULL));
	assert_true(speaks("thread-leak", THREADS("20", "i * 640000000", "NULL", "") " FROM n", NULL));
	assert_false(speaks("thread-leak", THREADS("20", "i * 10000000", "NULL", "") " FROM n", NULL)); /* a crew made to start with */
	assert_true(speaks("thread-leak", THREADS("20", "i * 640000000", "12800000000", "") " FROM n", NULL)); /* there when the process ends */
	assert_false(speaks("thread-leak", THREADS("20", "i * 640000000", "i * 640000000 + 5", "") " FROM n", NULL));
	assert_true(speaks("thread-leak", THREADS("64", "i * 640000", "i * 640000 + 5", "") " FROM n", NULL)); /* nobody joined them */
	assert_false(speaks("thread-leak", THREADS("64", "i * 640000", "i * 640000 + 5", ", joined") ", 1 FROM n", NULL));
	assert_false(speaks("thread-leak", THREADS("64", "i * 640000", "i * 640000 + 5", ", detached") ", 1 FROM n", NULL));
}

static void too_many_threads(void **state)
{
	(void)state;
	assert_false(speaks("bound-the-threads", THREADS("120", "i * 1000", "i * 1000 + 500", ", joined") ", 1 FROM n", NULL)); /* seldom */
	assert_true(speaks("bound-the-threads", THREADS("129", "i * 1000", "i * 1000 + 500", ", joined") ", 1 FROM n", NULL));
	assert_false(speaks("bound-the-threads", THREADS("200", "i * 1000", "i * 1000 + 500000000", ", joined") ", 1 FROM n", NULL)); /* long */
	run_with(THREADS("200", "i * 1000", "i * 1000 + 2500", ", joined") ", 1 FROM n", &(struct report_query){ 0 });
	says(find("bound-the-threads", "start_workers"), "half of the 202 that ended lived at most 2.50 us, at most 3 at once");
	table_release(&t);
}

static void where_blocks_die(void **state)
{
	/* row_copy's, reply_append's and row_new's blocks die in run_command (7), each with all it allocated in thread 1 */
	static const char owned[] = "DELETE FROM escaped; DELETE FROM owner; INSERT INTO owner VALUES (5, 1, 1000, 250000, 16000000, 300, 30000);"
		"INSERT INTO escaped VALUES (16, 1, 2, 7, 2, 16, 0, 41305, 1, 0), (15, 1, 2, 7, 2, 16, 0, 76900, 1, 0), "
		"(10, 1, 2, 7, 2, 16, 0, 292000, 1, 0), (11, 1, 2, 7, 2, 16, 0, 152000, 1, 0)";
	static const char handed[] = "DELETE FROM escaped; INSERT INTO escaped VALUES (10, 1, 3, 59, 0, 59, 4, 280000, 1, 0)";

	(void)state;
	assert_true(speaks("arena", owned, NULL));
	assert_false(speaks("arena", owned, "arena.sites=5"));
	assert_false(speaks("arena", owned, "arena.bytes=29999"));
	assert_false(speaks("arena", owned, "arena.calls=1001"));
	assert_true(speaks("cross-thread", handed, NULL));
	assert_false(speaks("cross-thread", handed, "cross-thread.part=97"));
	run_with(handed, &(struct report_query){ 0 });
	size_t row = find("cross-thread", "row_new");
	says(row, "made by tableserver, freed by flush, \"late\" (created in start_workers), mostly in row_copy");
	table_release(&t);
	assert_false(speaks("cross-thread", "UPDATE process SET lost_events = 1; INSERT INTO escaped VALUES (10, 1, 3, 59, 0, 59, 4, 280000, 1, 0)", NULL));
}

/* --- the rest -------------------------------------------------------------------------------------------- */

static void what_was_checked(void **state)
{
	struct store *s = synthetic_open("UPDATE meta SET value = '--no-free-stacks' WHERE key = 'options'; DELETE FROM slack");
	struct report_query q = { 0 };
	struct err err = { 0 };
	char why[200], *text = report_find("advice")->remarks(s, &q, &err);

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "17 rules looked at 1.58 M allocations, 14 locks and 7 threads of 3 processes.\n"));
	assert_non_null(strstr(text, "\n  stack, cross-thread, arena: frees were recorded without their stacks\n"));
	assert_non_null(strstr(text, "\n  slack: no sample of what the allocator gave\n"));
	assert_non_null(strstr(text, "\n  leak-at-exit: was killed by a signal (1 of 3 processes); was still running at the end (1 of 3 processes)\n"));
	free(text);
	assert_int_equal(advice_why_unable(s, &q, "stack", why, sizeof(why), &err), 0);
	assert_string_equal(why, "frees were recorded without their stacks");
	assert_int_equal(advice_why_unable(s, &q, "pool", why, sizeof(why), &err), 0);
	assert_string_equal(why, "");
	assert_int_equal(advice_why_unable(s, &q, "bogus", why, sizeof(why), &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	synthetic_close(s);
}

static void text_of_findings(void **state)
{
	struct report_query q = { .match = "evict_lru" };
	struct report_page page = { .facts = "facts", .losses = "", .width = 60, .remarks = "and so on\n" };
	char *written = NULL;
	size_t size = 0;

	(void)state;
	run_with(NULL, &q);
	FILE *out = open_memstream(&written, &size);
	report_write_text(report_find("advice"), &t, &q, &page, out);
	fclose(out);
	assert_string_equal(strstr(written, "\n\n") + 2,
		" 6. critical-section: evict_lru  cache.c:158\n"
		"    mutex server+0x40 was held for 1.54 ms on average and\n"
		"    23.0 ms at the most while others waited, 4.31 s in all;\n"
		"    inside its holders made 212 k allocations and waited\n"
		"    themselves for 250 ms\n"
		"    saves 4.31 s of its threads' time (10 %)\n"
		"    Allocate before taking it and free after giving it back;\n"
		"    what is long and needs no shared data goes outside as\n"
		"    well.\n"
		"    start_thread > flush_main > evict_lru\n"
		"\nand so on\n");
	free(written);
	table_release(&t);
}

static void a_damaged_database_is_refused(void **state)
{
	static const char *const damages[] = {
		"INSERT INTO total VALUES (1, 7777, 1, 5)", "INSERT INTO span_sum VALUES (1, 3, 0, 7777, 1, 5, 5)",
		"INSERT INTO escaped VALUES (10, 1, 1, 7777, 0, 10, 0, 5, 5, 0)", "INSERT INTO escaped VALUES (10, 1, 3, 59, 0, 7777, 4, 5, 5, 0)",
		"INSERT INTO growth VALUES (7777, 1, 1, 1, 1, 1, 1, 1, 0)", "UPDATE thread SET created_stack_id = 7777 WHERE id = 4",
		"UPDATE lock_order SET stack_id = 7777 WHERE cycle <> 0", "UPDATE lock_hold SET stack_id = 7777 WHERE lock_id = 1 AND stack_id = 85",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct store *s = synthetic_open(damages[i]);
		struct err err = { 0 };
		if (!report_run(report_find("advice"), s, &(struct report_query){ 0 }, &t, &err))
			fail_msg("taken: %s", damages[i]);
		assert_non_null(strstr(err.text, "the database is damaged"));
		synthetic_close(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_ranks),
		cmocka_unit_test(what_it_finds),
		cmocka_unit_test(one_process_one_name),
		cmocka_unit_test(thresholds),
		cmocka_unit_test(thresholds_that_are_none),
		cmocka_unit_test(near_a_limit),
		cmocka_unit_test(slack_of_many),
		cmocka_unit_test(chance_is_no_evidence),
		cmocka_unit_test(resized_again_and_again),
		cmocka_unit_test(herds),
		cmocka_unit_test(locks_for_a_moment),
		cmocka_unit_test(many_want_one_lock),
		cmocka_unit_test(threads_that_pile_up),
		cmocka_unit_test(too_many_threads),
		cmocka_unit_test(where_blocks_die),
		cmocka_unit_test(what_was_checked),
		cmocka_unit_test(text_of_findings),
		cmocka_unit_test(a_damaged_database_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
