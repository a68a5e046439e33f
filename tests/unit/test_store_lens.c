/* SPDX-License-Identifier: MIT
 *
 * Lenses: what a span of time and a filter leave of the made-up recording is what plain SQL over the file's own tables
 * says (`main.`), row by row; reports see the same; and what stops or damages a lens leaves none behind.
 */
#include <pthread.h>

#include "tests/unit/report_fixture.h"

#include "analyzer/store/lens.h"
#include "analyzer/store/stack_tree.h"

/* --- words ---------------------------------------------------------------------------------------------- */

static void filters_are_read(void **state)
{
	static const char *const words[][2] = {
		{ NULL, "" }, { "", "" }, { "  ", "" }, { "json", "function=json" }, { "  function=a   -b ", "function=a -function=b" },
		{ "!thread=worker", "-thread=worker" }, { "module=libc.so.6 class=Own", "module=libc.so.6 class=Own" },
		{ "\"operator new\"", "function=\"operator new\"" }, { "function='a \"b\"'", "function='a \"b\"'" },
		{ "'it'\"'\"'s \"x'", "function=\"it's \"'\"x'" }, { "\"operator==\"", "function=operator==" },
		{ "process=4711 site=3 function_id=12", "process=4711 site=3 function_id=12" },
	};
	struct filter f, again;
	struct err err = { 0 };
	char out[FILTER_WORDS], twice[FILTER_WORDS];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(filter_parse(words[i][0], &f, &err), 0);
		filter_words(&f, out, sizeof(out));
		assert_string_equal(out, words[i][1]);
		assert_int_equal(filter_parse(out, &again, &err), 0);
		filter_words(&again, twice, sizeof(twice));
		assert_string_equal(out, twice);
	}
}

static void filters_are_refused(void **state)
{
	static const char *const words[][2] = {
		{ "colour=red", "\"colour=\"; a filter is made of function=, module=" }, { "function=", "function= needs a value" },
		{ "-", "needs a value" }, { "a \"b", "without a second" }, { "class=mine", "own, library, runtime" },
		{ "site=x", "site= needs a number, not \"x\"" }, { "site=0", "needs a number" }, { "function_id=99999999999999999999", "needs a number" },
		{ "operator==", "quote a name" }, { "a b c d e f g h i j k l m n o p q", "16 terms" },
	};
	char longest[FILTER_TEXT + 2];
	struct filter f;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct err err = { 0 };
		assert_int_equal(filter_parse(words[i][0], &f, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		if (!strstr(err.text, words[i][1]))
			fail_msg("%s: %s", words[i][0], err.text);
		assert_int_equal(f.count, 0);
	}
	memset(longest, 'a', sizeof(longest));
	longest[FILTER_TEXT - 1] = 0;
	assert_int_equal(filter_parse(longest, &f, NULL), 0);
	longest[FILTER_TEXT - 1] = 'a';
	longest[FILTER_TEXT] = 0;
	assert_int_equal(filter_parse(longest, &f, NULL), -1);
}

static void points_of_time_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} times[] = {
		{ "90", 90000000000 }, { "90s", 90000000000 }, { "1.5m", 90000000000 }, { "200ms", 200000000 }, { "0", 0 }, { "2m30s", 150000000000 },
		{ "1h", 3600000000000 }, { "2min", 120000000000 }, { "3us", 3000 }, { "7ns", 7 }, { ".5", 500000000 }, { "1m 5.25s", 65250000000 },
	};
	static const char *const wrong[] = { "", "x", "-1", "1,5s", "5 parsecs", "1e99h", "3s!", "s", "." };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t ns = -1;
		assert_int_equal(lens_parse_time(times[i].text, &ns, NULL), 0);
		assert_int_equal(ns, times[i].ns);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = { 0 };
		int64_t ns;
		if (!lens_parse_time(wrong[i], &ns, &err))
			fail_msg("%s is no time", wrong[i]);
		assert_int_equal(err.kind, ERR_USAGE);
	}
	struct err err = { 0 };
	int64_t ns;
	assert_int_equal(lens_parse_time("99999999999h", &ns, &err), -1);
}

/* --- lenses and their oracle ---------------------------------------------------------------------------- */

#define MS 1000000ll

static void look(int64_t from_ms, int64_t to_ms, const char *filter)
{
	struct lens lens = { .from_ns = from_ms * MS, .to_ns = to_ms * MS };
	struct err err = { 0 };

	if (filter_parse(filter, &lens.filter, &err) || lens_apply(s, &lens, &err))
		fail_msg("%s: %s", filter ? filter : "", err.text);
}

static int compared; /* times that there was something to compare */

/* Both queries give the same rows. */
static void same_rows(const char *what, const char *one, const char *other)
{
	char sql[32000];

	snprintf(sql, sizeof(sql), "SELECT (SELECT count(*) FROM (SELECT * FROM (%s) EXCEPT SELECT * FROM (%s))) + "
	         "(SELECT count(*) FROM (SELECT * FROM (%s) EXCEPT SELECT * FROM (%s)))", one, other, other, one);
	int64_t differ = synthetic_ask(s, sql);
	if (differ)
		fail_msg("%s: %lld rows differ", what, (long long)differ);
	snprintf(sql, sizeof(sql), "SELECT (SELECT count(*) FROM (%s)) = (SELECT count(*) FROM (%s))", one, other);
	assert_int_equal(synthetic_ask(s, sql), 1);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM (%s)", other);
	compared += synthetic_ask(s, sql) > 0;
}

/* Stacks and threads that pass, as SQL says. */
struct side {
	const char *filter, *stacks, *threads; /* SQL that gives ids; NULL: all */
};

#define THROUGH(name) \
	"WITH RECURSIVE p(id) AS (SELECT stack.id FROM main.stack JOIN main.frame ON frame.id = frame_id JOIN main.function f ON f.id = function_id " \
	"WHERE f.name LIKE '%" name "%' UNION SELECT stack.id FROM p JOIN main.stack ON parent_id = p.id) SELECT id FROM p"
#define OF_CLASS(condition) \
	"SELECT stack.id FROM main.stack JOIN main.site ON site.id = site_id JOIN main.function f ON f.id = function_id " \
	"LEFT JOIN main.module ON module.id = module_id WHERE " condition
#define RUNTIME "coalesce(path LIKE '%/libc.so%' OR path LIKE '%/libstdc++%', 0)"
#define ALL_STACKS "SELECT id FROM main.stack"
#define ALL_THREADS "SELECT id FROM main.thread"

static const struct side sides[] = {
	{ NULL, ALL_STACKS, ALL_THREADS },
	{ "function=COMMAND_get", THROUGH("command_get"), ALL_THREADS },
	{ "command -json", THROUGH("command") " EXCEPT SELECT id FROM (" THROUGH("json") ")", ALL_THREADS },
	{ "thread=worker", ALL_STACKS, "SELECT id FROM main.thread WHERE name LIKE '%worker%'" },
	{ "-thread=4713", ALL_STACKS, "SELECT id FROM main.thread WHERE tid <> 4713" },
	{ "process=pack", ALL_STACKS, "SELECT thread.id FROM main.thread JOIN main.process ON process.id = process_id WHERE command = 'pack'" },
	{ "process=4720 read_client", THROUGH("read_client"), "SELECT id FROM main.thread WHERE process_id = 2" },
	{ "class=own", OF_CLASS("path IN (SELECT executable FROM main.process) AND NOT " RUNTIME " OR path IS NULL"), ALL_THREADS },
	{ "class=library", OF_CLASS("path NOT IN (SELECT executable FROM main.process) AND NOT " RUNTIME), ALL_THREADS },
	{ "class=runtime", OF_CLASS(RUNTIME), ALL_THREADS },
	{ "module=index", "WITH RECURSIVE p(id) AS (SELECT stack.id FROM main.stack JOIN main.frame ON frame.id = frame_id JOIN main.function f "
	  "ON f.id = function_id JOIN main.module ON module.id = module_id WHERE path LIKE '%index%' UNION SELECT stack.id FROM p JOIN main.stack "
	  "ON parent_id = p.id) SELECT id FROM p", ALL_THREADS },
	{ "site=7", "SELECT id FROM main.stack WHERE site_id = 7", ALL_THREADS },
	{ "function_id=16 thread=tableserver", THROUGH("cache_insert"), "SELECT id FROM main.thread WHERE name LIKE '%tableserver%'" },
};
#define SIDES (sizeof(sides) / sizeof(sides[0]))

/* Spans in slices of 50 ms; 0, 0: all. */
static const int spans[][2] = { { 0, 0 }, { 1, 40 }, { 90, 130 }, { 200, 256 }, { 121, 121 } };
#define SPANS (sizeof(spans) / sizeof(spans[0]))

/* Every span with some filters, every filter with some spans. */
static int is_worth_it(size_t side, size_t span)
{
	return side < 3 || span == 0 || span == 2;
}

static char passing[4000]; /* a condition on stack_id and thread_id */

static void look_at(const struct side *side, const int span[2])
{
	if (span[0])
		look(50 * (span[0] - 1) + 10, 50 * span[1] - 10, side->filter); /* rounded outwards */
	else
		look(0, 0, side->filter);
	snprintf(passing, sizeof(passing), "stack_id IN (%s) AND thread_id IN (%s)", side->stacks, side->threads);
}

/* Has the span and filter anything of it at all? */
static int has_any(const char *table, const char *where)
{
	char sql[8000];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM main.%s WHERE %s AND %s", table, where, passing);
	return synthetic_ask(s, sql) > 0;
}

/* --- figures -------------------------------------------------------------------------------------------- */

static void check_cost(int cost, const char *figure, const char *where)
{
	char seen[200], oracle[7000], what[64];

	if (!has_any("span_sum", where))
		return;
	snprintf(what, sizeof(what), "cost %d", cost);
	snprintf(seen, sizeof(seen), "SELECT stack_id, thread_id, value FROM total WHERE cost_id = %d", cost);
	snprintf(oracle, sizeof(oracle), "SELECT stack_id, thread_id, sum(%s) AS v FROM main.span_sum WHERE %s AND %s GROUP BY 1, 2 HAVING v <> 0",
	         figure, where, passing);
	same_rows(what, seen, oracle);
}

static void check_span_costs(const int span[2])
{
	static const struct {
		int cost, class;
		const char *figure;
	} costs[] = { { 1, 1, "count" }, { 2, 1, "amount" }, { 6, 2, "count" }, { 7, 2, "amount" }, { 8, 3, "count" },
		      { 20, 20, "amount" }, { 21, 20, "count" }, { 22, 22, "amount" }, { 23, 23, "amount" } };
	char where[600];

	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		snprintf(where, sizeof(where), "class = %d AND slice BETWEEN %d AND %d", costs[i].class, span[0], span[1]);
		check_cost(costs[i].cost, costs[i].figure, where);
	}
	snprintf(where, sizeof(where), "class = 1 AND slice BETWEEN %d AND %d AND (end_slice = 0 OR end_slice > %d)", span[0], span[1], span[1]);
	check_cost(5, "count", where);
	check_cost(4, "amount", where);
	/* at the first of the slices at whose end most of the process was live */
	snprintf(where, sizeof(where), "class = 1 AND slice <= (SELECT t.slice FROM main.timeline t JOIN main.thread h ON h.process_id = t.process_id "
	         "WHERE h.id = span_sum.thread_id AND t.slice BETWEEN %d AND %d ORDER BY live_end_bytes DESC, t.slice LIMIT 1) AND (end_slice = 0 OR "
	         "end_slice > (SELECT t.slice FROM main.timeline t JOIN main.thread h ON h.process_id = t.process_id "
	         "WHERE h.id = span_sum.thread_id AND t.slice BETWEEN %d AND %d ORDER BY live_end_bytes DESC, t.slice LIMIT 1))",
	         span[0], span[1], span[0], span[1]);
	check_cost(9, "count", where);
	check_cost(3, "amount", where);
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM total WHERE cost_id IN (10, 11)"), 0);
	snprintf(where, sizeof(where), "class = 5 AND slice BETWEEN %d AND %d", span[0], span[1]);
	check_cost(12, "amount", where);
	snprintf(where, sizeof(where), "class = 1 AND end_slice = 0 AND slice BETWEEN %d AND %d", span[0], span[1]);
	check_cost(14, "amount", where);
	same_rows("escaped", "SELECT stack_id, thread_id, sum(value) FROM total WHERE cost_id IN (12, 13, 14) GROUP BY 1, 2",
	          "SELECT stack_id, thread_id, value FROM total WHERE cost_id = 2");
}

static void check_totals(const int span[2])
{
	char oracle[6000];

	if (span[0]) {
		check_span_costs(span);
	} else {
		snprintf(oracle, sizeof(oracle), "SELECT * FROM main.total WHERE %s", passing);
		same_rows("total", "SELECT * FROM total", oracle);
	}
	same_rows("site_total", "SELECT * FROM site_total", "SELECT cost_id, site_id, thread_id, sum(value) FROM total JOIN main.stack "
	          "ON stack.id = stack_id GROUP BY 1, 2, 3");
}

static void totals_are_what_sql_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++)
		for (size_t k = 0; k < SPANS; k++) {
			if (!is_worth_it(i, k))
				continue;
			look_at(&sides[i], spans[k]);
			if (has_any("span_sum", "1"))
				check_totals(spans[k]);
		}
	assert_true(compared > 200);
}

static void check_table(const char *table, const int span[2])
{
	char oracle[6000], seen[64], where[80];

	snprintf(where, sizeof(where), "slice BETWEEN %d AND %d", span[0] ? span[0] : 1, span[0] ? span[1] : 256);
	snprintf(seen, sizeof(seen), "SELECT * FROM %s", table);
	snprintf(oracle, sizeof(oracle), "SELECT * FROM main.%s WHERE %s AND %s", table, where, passing);
	same_rows(table, seen, oracle);
}

static void rows_of_locks_are_what_sql_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++)
		for (size_t k = 0; k < SPANS; k++) {
			if (!is_worth_it(i, k))
				continue;
			look_at(&sides[i], spans[k]);
			check_table("span_sum", spans[k]);
			check_table("lock_wait", spans[k]);
			check_table("lock_hold", spans[k]);
		}
	assert_true(compared > 40);
}

/* How far blocks escaped: under a filter the rows that pass; in a span what is kept by time, a row a class. */
static void escapes_are_what_sql_says(void **state)
{
	char oracle[12000];

	(void)state;
	for (size_t i = 0; i < SIDES; i++) {
		look_at(&sides[i], spans[0]);
		snprintf(oracle, sizeof(oracle), "SELECT * FROM main.escaped WHERE %s", passing);
		same_rows("escaped", "SELECT * FROM escaped", oracle);
		look_at(&sides[i], spans[2]);
		snprintf(oracle, sizeof(oracle), "WITH f(stack_id, thread_id, class, blocks, bytes) AS (SELECT stack_id, thread_id, CASE WHEN class = 5 THEN 1 "
		         "WHEN class = 4 THEN 3 WHEN end_slice = 0 THEN 4 ELSE 0 END, sum(count), sum(amount) FROM main.span_sum WHERE class IN (1, 4, 5) "
		         "AND slice BETWEEN 90 AND 130 AND %s GROUP BY 1, 2, 3) "
		         "SELECT * FROM f WHERE class > 0 UNION ALL SELECT stack_id, thread_id, 2, b, y FROM (SELECT stack_id, thread_id, "
		         "sum(CASE class WHEN 0 THEN blocks WHEN 4 THEN 0 ELSE -blocks END) AS b, sum(CASE class WHEN 0 THEN bytes WHEN 4 THEN 0 ELSE -bytes END) "
		         "AS y FROM f GROUP BY 1, 2) WHERE b > 0", passing);
		same_rows("escaped in a span", "SELECT stack_id, thread_id, class, blocks, bytes FROM escaped", oracle);
		snprintf(oracle, sizeof(oracle), "SELECT coalesce(sum(count), 0) FROM main.span_sum WHERE class = 6 AND slice BETWEEN 90 AND 130 AND %s", passing);
		assert_int_equal(synthetic_ask(s, "SELECT coalesce(sum(uncertain), 0) FROM escaped"), synthetic_ask(s, oracle));
	}
	assert_true(compared > 15);
}

/* Parts of the recording one after the other have together what it has. */
static void spans_add_up(void **state)
{
	static const int costs[] = { 1, 2, 6, 7, 8, 12, 13, 14, 20, 21, 22, 23 };
	static const int cuts[] = { 0, 1, 60, 121, 122, 255, 256 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		int64_t all[24] = { 0 };

		for (size_t k = 1; k <= sizeof(cuts) / sizeof(cuts[0]); k++) {
			int whole = k == sizeof(cuts) / sizeof(cuts[0]);
			look(whole ? 0 : 50 * cuts[k - 1], whole ? 0 : 50 * cuts[k], sides[i].filter);
			for (size_t c = 0; c < sizeof(costs) / sizeof(costs[0]); c++) {
				char sql[80];
				snprintf(sql, sizeof(sql), "SELECT coalesce(sum(value), 0) FROM total WHERE cost_id = %d", costs[c]);
				int64_t value = synthetic_ask(s, sql);
				if (whole)
					assert_int_equal(all[costs[c]], value);
				all[costs[c]] += value;
			}
		}
		assert_true(all[1] > 0);
	}
}

/* --- peaks and the course of time ----------------------------------------------------------------------- */

#define LIVE(figure) "SELECT z.id AS slice, process_id, site_id, thread_id, sum(" figure ") AS live FROM main.slice z JOIN main.span_sum x " \
	"ON class = 1 AND x.slice <= z.id AND (end_slice = 0 OR end_slice > z.id) JOIN main.stack ON stack.id = stack_id " \
	"JOIN main.thread ON thread.id = thread_id WHERE z.id BETWEEN %d AND %d AND %s GROUP BY 1, 2, 3"

static void peaks_of_a_span_are_what_sql_says(void **state)
{
	static const int short_spans[][2] = { { 1, 8 }, { 118, 126 }, { 250, 256 } };
	char bytes[8000], blocks[8000];

	(void)state;
	for (size_t i = 0; i < SIDES; i++)
		for (size_t k = 0; k < 3; k++) {
			if (!is_worth_it(i, k == 1 ? 2 : 1))
				continue;
			look_at(&sides[i], short_spans[k]);
			if (!has_any("span_sum", "class = 1 AND slice < 250 AND end_slice = 0"))
				continue;
			snprintf(bytes, sizeof(bytes), "SELECT site_id, process_id, max(live) FROM (" LIVE("amount") ") GROUP BY 1, 2",
			         short_spans[k][0], short_spans[k][1], passing);
			same_rows("peak bytes", "SELECT site_id, process_id, peak_bytes FROM site_peak WHERE thread_id = 0", bytes);
			snprintf(blocks, sizeof(blocks), "SELECT site_id, process_id, thread_id, max(live) FROM (" LIVE("count") ", thread_id) GROUP BY 1, 2, 3",
			         short_spans[k][0], short_spans[k][1], passing);
			same_rows("most live", "SELECT site_id, process_id, thread_id, max_live FROM site_peak WHERE thread_id <> 0", blocks);
		}
	assert_true(compared > 20);
}

static void own_peaks_are_of_sites_inside(void **state)
{
	(void)state;
	look(0, 0, "function=run_command");
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM site_peak EXCEPT SELECT 0"), synthetic_ask(s, "SELECT count(*) FROM site_peak"));
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM (SELECT * FROM site_peak EXCEPT SELECT * FROM main.site_peak)"), 0);
	/* a site that has a stack elsewhere has none, one that has not keeps its own */
	static const char *const inside = "SELECT count(*) FROM main.site_peak p WHERE thread_id = 0 AND (EXISTS (SELECT 1 FROM site_peak q WHERE "
		"q.site_id = p.site_id AND q.process_id = p.process_id AND q.thread_id = 0)) <> ((SELECT sum(value) FROM main.total JOIN main.stack "
		"ON stack.id = stack_id JOIN main.thread ON thread.id = thread_id WHERE cost_id = 1 AND site_id = p.site_id AND process_id = p.process_id) "
		"= (SELECT coalesce(sum(value), 0) FROM total JOIN main.stack ON stack.id = stack_id JOIN main.thread ON thread.id = thread_id "
		"WHERE cost_id = 1 AND site_id = p.site_id AND process_id = p.process_id))";
	assert_int_equal(synthetic_ask(s, inside), 0);
	assert_true(synthetic_ask(s, "SELECT count(*) FROM site_peak WHERE thread_id = 0") > 3);
	assert_true(synthetic_ask(s, "SELECT count(*) FROM site_peak") < synthetic_ask(s, "SELECT count(*) FROM main.site_peak"));
	assert_true(synthetic_ask(s, "SELECT count(*) FROM histogram") > 3);
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM histogram WHERE site_id NOT IN (SELECT site_id FROM site_peak WHERE thread_id = 0)"), 0);
	/* one thread's own peaks are known */
	look(0, 0, "thread=4713");
	same_rows("a thread's peaks", "SELECT site_id, peak_bytes FROM site_peak WHERE thread_id = 0",
	          "SELECT site_id, peak_bytes FROM main.site_peak WHERE thread_id = 3");
}

static void timeline_of_a_filter(void **state)
{
	char oracle[12000];

	(void)state;
	for (size_t k = 0; k < SPANS; k++) {
		int first = spans[k][0] ? spans[k][0] : 1, last = spans[k][0] ? spans[k][1] : 256;

		look_at(&sides[1], spans[k]);
		snprintf(oracle, sizeof(oracle), "SELECT t.process_id, t.slice, coalesce((SELECT sum(amount) FROM main.span_sum x JOIN main.thread h "
		         "ON h.id = thread_id WHERE class = 1 AND h.process_id = t.process_id AND x.slice <= t.slice AND (end_slice = 0 OR "
		         "end_slice > t.slice) AND %s), 0), coalesce((SELECT sum(count) FROM main.span_sum x JOIN main.thread h ON h.id = thread_id "
		         "WHERE class = 1 AND h.process_id = t.process_id AND x.slice = t.slice AND %s), 0), t.rss_bytes, t.minor_faults FROM main.timeline t "
		         "WHERE t.slice BETWEEN %d AND %d", passing, passing, first, last);
		same_rows("timeline", "SELECT process_id, slice, live_end_bytes, allocations, rss_bytes, minor_faults FROM timeline", oracle);
		assert_int_equal(synthetic_ask(s, "SELECT sum(allocations) FROM timeline"), synthetic_ask(s, "SELECT sum(allocations) FROM process"));
	}
	look(1000, 2000, NULL);
	same_rows("timeline of a span", "SELECT * FROM timeline", "SELECT * FROM main.timeline WHERE slice BETWEEN 21 AND 40");
}

/* --- processes, locks, and the schema's views ----------------------------------------------------------- */

static void processes_have_the_sums(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++)
		for (size_t k = 0; k < SPANS; k++) {
			if (!is_worth_it(i, k))
				continue;
			look_at(&sides[i], spans[k]);
			assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM process p WHERE (allocations, allocated_bytes, peak_bytes, leaked_bytes, "
				"leaked_allocations, temporary_allocations, reallocations, wait_ns, blocked_ns) IS NOT (SELECT "
				"coalesce(sum(value) FILTER (WHERE cost_id = 1), 0), coalesce(sum(value) FILTER (WHERE cost_id = 2), 0), "
				"coalesce(sum(value) FILTER (WHERE cost_id = 3), 0), coalesce(sum(value) FILTER (WHERE cost_id = 4), 0), "
				"coalesce(sum(value) FILTER (WHERE cost_id = 5), 0), coalesce(sum(value) FILTER (WHERE cost_id = 6), 0), "
				"coalesce(sum(value) FILTER (WHERE cost_id = 8), 0), coalesce(sum(value) FILTER (WHERE cost_id = 20), 0), "
				"coalesce(sum(value) FILTER (WHERE cost_id = 22), 0) FROM total JOIN main.thread t ON t.id = thread_id "
				"WHERE t.process_id = p.id)"), 0);
			assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM total WHERE thread_id NOT IN (SELECT id FROM thread) OR thread_id NOT IN "
			                                  "(SELECT t.id FROM thread t JOIN process p ON p.id = t.process_id)"), 0);
			assert_int_equal(synthetic_ask(s, "SELECT sum(contended) FROM process"), synthetic_ask(s, "SELECT coalesce(sum(contended), 0) FROM lock"));
		}
	look(0, 0, "process=4725");
	same_rows("a whole process", "SELECT * FROM process", "SELECT * FROM main.process WHERE pid = 4725");
	same_rows("its locks", "SELECT * FROM lock", "SELECT * FROM main.lock WHERE process_id = 3");
	same_rows("its timeline", "SELECT * FROM timeline", "SELECT * FROM main.timeline WHERE process_id = 3");
	same_rows("its kinds", "SELECT * FROM kind_total", "SELECT * FROM main.kind_total WHERE process_id = 3");
	same_rows("its histograms", "SELECT * FROM histogram", "SELECT * FROM main.histogram WHERE process_id = 3");
}

static void locks_have_their_waits(void **state)
{
	(void)state;
	look(5000, 8000, NULL);
	same_rows("locks", "SELECT id, kind, name, contended, wait_ns, waits, wait_max_ns, timeouts FROM lock",
	          "SELECT l.id, l.kind, l.name, coalesce(sum(CASE class WHEN 20 THEN w.waits - w.timeouts END), 0), coalesce(sum(w.wait_ns), 0), "
	          "coalesce(sum(w.waits), 0), coalesce(max(max_ns), 0), coalesce(sum(w.timeouts), 0) FROM main.lock l LEFT JOIN main.lock_wait w "
	          "ON w.lock_id = l.id AND slice BETWEEN 101 AND 160 WHERE w.waits IS NOT NULL OR l.id IN (SELECT lock_id FROM main.lock_hold "
	          "WHERE slice BETWEEN 101 AND 160) GROUP BY l.id");
	assert_int_equal(synthetic_ask(s, "SELECT count(acquisitions) + count(hold_ns) + count(max_waiters) + count(owner_changes) FROM lock"), 0);
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM lock_order"), 0);
	look(0, 0, "thread=4712");
	same_rows("orders of a thread", "SELECT * FROM lock_order", "SELECT * FROM main.lock_order WHERE thread_id = 2");
	/* who held it is named all the same */
	struct report_query q = { 0 };
	struct table t;
	run("waits", &q, &t);
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM lock_wait WHERE class = 20 AND thread_id <> 2"), 0);
	int others = 0;
	for (size_t row = 0; row < t.row_count; row++)
		others += !cell(&t, row, "top_owner")->none && !strstr(text(&t, row, "top_owner"), "/4712");
	assert_true(others > 0);
	table_release(&t);
}

/* The schema's views see it. */
static void views_look_through_it(void **state)
{
	struct report_query all = { 0 };
	struct table t;

	(void)state;
	for (size_t k = 0; k < SPANS; k++) {
		look_at(&sides[2], spans[k]);
		run("hotspots", &all, &t);
		assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM hotspots"), t.row_count);
		assert_int_equal(synthetic_ask(s, "SELECT coalesce(sum(allocated_bytes), 0) FROM hotspots"), sum(&t, "allocated_bytes"));
		table_release(&t);
	}
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM main.sqlite_schema m WHERE type = 'view' AND NOT EXISTS (SELECT 1 FROM "
	                                  "temp.sqlite_schema t WHERE t.name = m.name AND t.type = 'view')"), 0);
}

/* --- reports -------------------------------------------------------------------------------------------- */

/* `unless_none`: where b has no figure, a may have one. */
static void same_tables(const char *what, const struct table *a, const struct table *b, int unless_none)
{
	if (a->row_count != b->row_count)
		fail_msg("%s: %zu rows and %zu", what, a->row_count, b->row_count);
	for (size_t row = 0; row < a->row_count; row++)
		for (size_t c = 0; c < a->column_count; c++) {
			const struct value *x = table_at(a, row, c), *y = table_at(b, row, c);
			if (unless_none && y->none)
				continue;
			if (x->none != y->none || (!x->none && (x->text || y->text ? strcmp(x->text ? x->text : "", y->text ? y->text : "") != 0
			                                                             : x->number != y->number)))
				fail_msg("%s: row %zu, %s: %lld and %lld", what, row, a->columns[c].name, (long long)x->number, (long long)y->number);
		}
}

/* A filter for a whole process, or a thread, gives what --pid and --thread give; and a lens that lets all through what none gives. */
static void filters_equal_scopes(void **state)
{
	static const struct {
		const char *filter;
		struct report_query q;
		unsigned needs;
	} scopes[] = {
		{ "-function=nosuch -process=nosuch", { 0 }, 0 }, { "process=4711", { .pid = 4711 }, REPORT_PID },
		{ "process=4720", { .pid = 4720 }, REPORT_PID }, { "process=/usr/bin/PACK", { .pid = 4725 }, REPORT_PID },
		{ "thread=4712", { .tid = 4712 }, REPORT_THREAD }, { "thread=4725", { .tid = 4725 }, REPORT_THREAD },
	};
	struct table with, without;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		for (size_t r = 0; report_all[r]; r++) {
			const struct report *report = report_all[r];
			struct report_query all = { 0 };
			char what[100];

			/* of one thread, summary has its process's row in place of its own, and locks the waits of it alone */
			if ((report->filters & scopes[i].needs) != scopes[i].needs ||
			    (scopes[i].needs == REPORT_THREAD && (strcmp(report->name, "summary") == 0 || strcmp(report->name, "locks") == 0)))
				continue;
			lens_clear(s);
			run(report->name, &scopes[i].q, &without);
			look(0, 0, scopes[i].filter);
			err = (struct err){ 0 };
			if (report_run(report, s, &all, &with, &err)) {
				assert_int_equal(err.kind, ERR_USAGE);
				assert_true(lens_missing(s, report->needs) != 0);
				table_release(&without);
				continue;
			}
			snprintf(what, sizeof(what), "%s %s", report->name, scopes[i].filter);
			same_tables(what, &with, &without, scopes[i].needs == REPORT_THREAD);
			compared++;
			table_release(&with);
			table_release(&without);
		}
	assert_true(compared > 60);
}

/* Every report either speaks or says why it cannot. */
static void reports_speak_or_say_why_not(void **state)
{
	static const char *const silent = "sizes lifetimes owners wrappers lock-order growth slack advice mappings";
	struct report_query q = { 0 };
	struct table t;

	(void)state;
	for (size_t k = 1; k < SPANS; k++) {
		look(50 * (spans[k][0] - 1), 50 * spans[k][1], NULL);
		for (size_t r = 0; report_all[r]; r++) {
			struct err err = { 0 };
			if (!report_run(report_all[r], s, &q, &t, &err)) {
				assert_null(strstr(silent, report_all[r]->name));
				table_release(&t);
				continue;
			}
			assert_non_null(strstr(silent, report_all[r]->name));
			assert_int_equal(err.kind, ERR_USAGE);
			assert_non_null(strstr(err.text, "has nothing to say from "));
		}
	}
	look(5000, 8000, NULL);
	static const char *const costs[] = { "frees", "freed_bytes" };
	for (size_t i = 0; i < 2; i++) {
		struct err err = { 0 };
		struct report_query of = { .cost = costs[i] };
		assert_int_equal(report_run(report_find("callers"), s, &of, &t, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, "is not kept by time"));
	}
	struct report_query thread = { .tid = 4712 };
	run("summary", &thread, &t);
	assert_true(cell(&t, 0, "frees")->none);
	table_release(&t);
}

static void headings_say_so(void **state)
{
	char facts[1024], losses[4096], words[FILTER_WORDS];
	struct err err = { 0 };
	int64_t first, last;

	(void)state;
	look(5010, 7990, "-json thread=\"worker/1\"");
	lens_describe(s, words, sizeof(words));
	assert_string_equal(words, "from 5.00 s to 8.00 s, -function=json thread=worker/1");
	lens_slices(s, &first, &last);
	assert_int_equal(first, 101);
	assert_int_equal(last, 160);
	assert_int_equal(report_facts(s, facts, sizeof(facts), losses, sizeof(losses), &err), 0);
	assert_string_equal(losses, words);
	report_estimates(s, report_find("hotspots"), NULL, losses, sizeof(losses));
	assert_non_null(strstr(losses, "; own peaks are the most that was live at the end of a slice"));
	look(0, 0, "nosuchfunction");
	assert_int_equal(report_facts(s, facts, sizeof(facts), losses, sizeof(losses), &err), 0);
	assert_non_null(strstr(facts, "0 allocations, 0 B"));
	assert_null(strstr(losses, "no allocation was recorded"));
	lens_clear(s);
	lens_describe(s, words, sizeof(words));
	assert_string_equal(words, "");
	lens_slices(s, &first, &last);
	assert_int_equal(last, 0);
}

/* --- on, off, stopped, damaged -------------------------------------------------------------------------- */

static void is_whole(void)
{
	char words[200];

	lens_describe(s, words, sizeof(words));
	assert_string_equal(words, "");
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM temp.sqlite_schema"), 0);
	assert_int_equal(synthetic_ask(s, "SELECT sum(value) FROM total"), synthetic_ask(s, "SELECT sum(value) FROM main.total"));
}

static void spans_are_refused(void **state)
{
	static const struct {
		int64_t from, to;
		const char *what;
	} wrong[] = {
		{ 13000 * MS, 0, "the recording ends at 12.8 s" }, { 12800 * MS, 0, "the recording ends" }, { 5 * MS, 5 * MS, "ends after it begins" },
		{ 5 * MS, 4 * MS, "ends after it begins" }, { -1, 4 * MS, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct lens lens = { .from_ns = wrong[i].from, .to_ns = wrong[i].to };
		struct err err = { 0 };

		look(1000, 2000, NULL);
		assert_int_equal(lens_apply(s, &lens, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, wrong[i].what));
		is_whole();
	}
	look(0, 20000, NULL); /* all of it */
	is_whole();
	look(1000, 99000, NULL);
	assert_true(synthetic_ask(s, "SELECT sum(value) FROM total WHERE cost_id = 1") > 0);
	look(0, 0, NULL);
	is_whole();
}

static void is_interrupted(void **state)
{
	struct lens lens = { .from_ns = 1000 * MS, .to_ns = 2000 * MS };
	struct report_query q = { 0 };
	struct stack_tree tree;
	struct table t;
	struct err err = { 0 };

	(void)state;
	store_interrupt(s);
	assert_int_equal(stack_tree_load_names(s, &tree, &err), 0); /* to its end, all the same */
	stack_tree_release(&tree);
	assert_int_equal(stack_tree_load(s, &tree, &err), -1);
	assert_int_equal(err.kind, ERR_INTERRUPTED);
	err = (struct err){ 0 };
	assert_int_equal(lens_apply(s, &lens, &err), -1);
	assert_int_equal(err.kind, ERR_INTERRUPTED);
	assert_string_equal(err.text, "interrupted");
	err = (struct err){ 0 };
	assert_int_equal(report_run(report_find("hotspots"), s, &q, &t, &err), -1);
	assert_int_equal(err.kind, ERR_INTERRUPTED);
	store_continue(s);
	assert_int_equal(stack_tree_load(s, &tree, &err), 0);
	assert_int_equal(tree.order_count, synthetic_ask(s, "SELECT count(*) FROM stack"));
	stack_tree_release(&tree);
	is_whole();
	look(1000, 2000, "json");
	store_interrupt(s);
	lens_clear(s); /* cannot be stopped half-way */
	store_continue(s);
	is_whole();
}

static void *interrupt_soon(void *store)
{
	usleep(20000);
	store_interrupt(store);
	return NULL;
}

/* A statement that would run for ever ends. */
static void running_statements_are_interrupted(void **state)
{
	struct err err = { 0 };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, s), 0);
	assert_int_equal(store_execute(s, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", &err), -1);
	assert_int_equal(err.kind, ERR_INTERRUPTED);
	pthread_join(thread, NULL);
	store_continue(s);
	is_whole();
}

static void damage_is_told(void **state)
{
	static const char *const damages[] = {
		"INSERT INTO span_sum VALUES (1, 30, 0, 99999, 1, 1, 1)", "INSERT INTO span_sum VALUES (1, 30, 0, 6, 77, 1, 1)",
		"INSERT INTO span_sum VALUES (1, 30, 12, 6, 1, 1, 1)", "INSERT INTO span_sum VALUES (1, -3, 12, 6, 1, 1, 1)",
		"INSERT INTO span_sum VALUES (20, 30, 0, -5, 1, 1, 1)", "UPDATE slice SET id = id + 1000000000 WHERE id = 256",
		"INSERT INTO thread (id, process_id, tid, name, start_ns) VALUES (4000000000, 1, 9, '', 0)", "UPDATE thread SET process_id = 17 WHERE id = 3",
		"INSERT INTO slice VALUES (0, 0, 0)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct lens lens = { .from_ns = 1000 * MS, .to_ns = 2000 * MS };
		struct err err = { 0 };

		synthetic_close(s);
		s = synthetic_open(damages[i]);
		if (!lens_apply(s, &lens, &err))
			fail_msg("nothing wrong with: %s", damages[i]);
		assert_non_null(strstr(err.text, "the database is damaged"));
		is_whole();
	}
}

/* The same of what filters read. */
static void damage_below_a_filter_is_told(void **state)
{
	static const char *const damages[][2] = {
		{ "INSERT INTO total VALUES (1, 99999, 2, 5)", "json" }, { "INSERT INTO total VALUES (1, 6, 99, 5)", "json" },
		{ "INSERT INTO site_total VALUES (1, 99999, 2, 5)", "thread=4712" }, { "INSERT INTO site_total VALUES (1, 3, 99, 5)", "class=own" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct lens lens = { 0 };
		struct err err = { 0 };

		synthetic_close(s);
		s = synthetic_open(damages[i][0]);
		assert_int_equal(filter_parse(damages[i][1], &lens.filter, &err), 0);
		if (!lens_apply(s, &lens, &err))
			fail_msg("nothing wrong with: %s", damages[i][0]);
		assert_non_null(strstr(err.text, "the database is damaged"));
		is_whole();
	}
}

/* Sums that do not fit wrap around, and nothing is said to be of nobody. */
static void odd_databases_are_borne(void **state)
{
	(void)state;
	synthetic_close(s);
	s = synthetic_open("UPDATE span_sum SET amount = 9223372036854775807, count = 9223372036854775807 WHERE class = 1; DELETE FROM timeline");
	struct lens json = { .from_ns = 1000 * MS, .to_ns = 2000 * MS };
	assert_int_equal(filter_parse("json", &json.filter, NULL), 0);
	lens_apply(s, &json, NULL); /* SQLite refuses to add up what does not fit */
	synthetic_close(s);
	s = synthetic_open("DELETE FROM timeline");
	look(1000, 2000, NULL);
	assert_int_equal(synthetic_ask(s, "SELECT count(*) FROM total WHERE cost_id = 3"), 0); /* nobody knows when most was live */
	synthetic_close(s);
	s = synthetic_open("DELETE FROM slice; DELETE FROM span_sum");
	look(0, 0, "json");
	assert_true(synthetic_ask(s, "SELECT count(*) FROM total") > 0);
	struct lens lens = { .from_ns = 1, .to_ns = 2 };
	struct err err = { 0 };
	assert_int_equal(lens_apply(s, &lens, &err), -1);
	assert_non_null(strstr(err.text, "nothing was recorded"));
	is_whole();
}

static int begin(void **state)
{
	compared = 0;
	return setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_are_read),
		cmocka_unit_test(filters_are_refused),
		cmocka_unit_test(points_of_time_are_read),
		cmocka_unit_test_setup_teardown(totals_are_what_sql_says, begin, teardown),
		cmocka_unit_test_setup_teardown(rows_of_locks_are_what_sql_says, begin, teardown),
		cmocka_unit_test_setup_teardown(escapes_are_what_sql_says, begin, teardown),
		cmocka_unit_test_setup_teardown(spans_add_up, begin, teardown),
		cmocka_unit_test_setup_teardown(peaks_of_a_span_are_what_sql_says, begin, teardown),
		cmocka_unit_test_setup_teardown(own_peaks_are_of_sites_inside, begin, teardown),
		cmocka_unit_test_setup_teardown(timeline_of_a_filter, begin, teardown),
		cmocka_unit_test_setup_teardown(processes_have_the_sums, begin, teardown),
		cmocka_unit_test_setup_teardown(locks_have_their_waits, begin, teardown),
		cmocka_unit_test_setup_teardown(views_look_through_it, begin, teardown),
		cmocka_unit_test_setup_teardown(filters_equal_scopes, begin, teardown),
		cmocka_unit_test_setup_teardown(reports_speak_or_say_why_not, begin, teardown),
		cmocka_unit_test_setup_teardown(headings_say_so, begin, teardown),
		cmocka_unit_test_setup_teardown(spans_are_refused, begin, teardown),
		cmocka_unit_test_setup_teardown(is_interrupted, begin, teardown),
		cmocka_unit_test_setup_teardown(running_statements_are_interrupted, begin, teardown),
		cmocka_unit_test_setup_teardown(damage_is_told, begin, teardown),
		cmocka_unit_test_setup_teardown(damage_below_a_filter_is_told, begin, teardown),
		cmocka_unit_test_setup_teardown(odd_databases_are_borne, begin, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
