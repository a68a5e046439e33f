/* SPDX-License-Identifier: MIT
 *
 * What tests of the analysis share: a place for a trace and its database, making the one from the other, asking it, and what
 * must hold for every database.
 */
#ifndef UNIT_INGEST_FIXTURE_H
#define UNIT_INGEST_FIXTURE_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyzer/ingest/ingest.h"
#include "analyzer/store/store.h"
#include "tests/unit/trace_writer.h"

static char dir[] = "/tmp/culprit-ingest-XXXXXX";
static char trace_path[256], db_path[256];

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MS(n) ((n) * 1000000ull / WRITER_TICK_NS)

/* --- asking ---------------------------------------------------------------------------------- */

static inline int setup(void **state)
{
	(void)state;
	if (!trace_path[0] && !mkdtemp(dir))
		return -1;
	snprintf(trace_path, sizeof(trace_path), "%s/t.trace", dir);
	snprintf(db_path, sizeof(db_path), "%s/t.trace.db", dir);
	unlink(db_path);
	return 0;
}

static inline int cleanup(void **state)
{
	(void)state;
	unlink(trace_path);
	unlink(db_path);
	return rmdir(dir);
}

static inline struct store *analyze(const struct trace_writer *w, struct ingest_result *result)
{
	struct err err = { 0 };
	struct store *s;

	writer_save(w, trace_path, w->size);
	if (ingest_run(trace_path, db_path, NULL, result, &err))
		fail_msg("%s", err.text);
	s = store_open(db_path, &err);
	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static inline int64_t ask(struct store *s, const char *sql)
{
	struct err err = { 0 };
	struct statement *q = store_prepare(s, sql, &err);
	int64_t value;

	if (!q || statement_step(q, &err) != 1)
		fail_msg("%s: %s", sql, err.kind ? err.text : "no row");
	value = statement_number(q, 0);
	statement_finish(q);
	return value;
}

#define assert_answer(s, sql, expected) \
	do { \
		int64_t answer_ = ask(s, sql), expected_ = (expected); \
		if (answer_ != expected_) \
			fail_msg("%s: %" PRId64 ", not %" PRId64, sql, answer_, expected_); \
	} while (0)

static inline void assert_text(struct store *s, const char *sql, const char *expected)
{
	struct err err = { 0 };
	struct statement *q = store_prepare(s, sql, &err);

	if (!q || statement_step(q, &err) != 1)
		fail_msg("%s: %s", sql, err.kind ? err.text : "no row");
	assert_string_equal(statement_text(q, 0), expected);
	statement_finish(q);
}

/* What must hold for every database. */
static inline void check_sums(struct store *s)
{
	static const char *const same[] = {
		"SELECT (SELECT sum(allocations) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 1)",
		"SELECT (SELECT sum(allocated_bytes) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 2)",
		"SELECT (SELECT sum(peak_bytes) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 3)",
		"SELECT (SELECT sum(leaked_bytes) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 4)",
		"SELECT (SELECT sum(leaked_allocations) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 5)",
		"SELECT (SELECT sum(temporary_allocations) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 6)",
		"SELECT (SELECT sum(reallocations) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 8)",
		"SELECT (SELECT sum(reallocations) FROM process) - (SELECT ifnull(sum(steps), 0) FROM growth WHERE container = 0)",
		"SELECT count(*) FROM growth WHERE chains > steps OR max_steps > steps OR final_p50 > final_p90",
		"SELECT (SELECT sum(frees) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 10)",
		"SELECT (SELECT sum(allocations) FROM process) - (SELECT ifnull(sum(blocks), 0) FROM escaped)",
		"SELECT (SELECT sum(allocated_bytes) FROM process) - (SELECT ifnull(sum(bytes), 0) FROM escaped)",
		"SELECT (SELECT sum(allocated_bytes) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id IN (12, 13, 14))",
		"SELECT (SELECT sum(leaked_allocations) FROM process) - (SELECT ifnull(sum(blocks), 0) FROM escaped WHERE class = 4)",
		"SELECT (SELECT sum(leaked_bytes) FROM process) - (SELECT ifnull(sum(bytes), 0) FROM escaped WHERE class = 4)",
		"SELECT (SELECT ifnull(sum(blocks), 0) FROM owner) -"
		" (SELECT ifnull(sum(blocks), 0) FROM escaped WHERE class < 3 AND owner_id > 0)",
		"SELECT count(*) FROM escaped WHERE blocks < 1 OR uncertain > blocks OR (level > 0) <> (class = 2 AND owner_id > 0)",
		"SELECT (SELECT sum(allocations) FROM process) - (SELECT ifnull(sum(count), 0) FROM span_sum WHERE class = 1)",
		"SELECT (SELECT sum(allocated_bytes) FROM process) - (SELECT ifnull(sum(amount), 0) FROM span_sum WHERE class = 1)",
		"SELECT (SELECT sum(leaked_bytes) FROM process) - (SELECT ifnull(sum(amount), 0) FROM span_sum WHERE class = 1 AND end_slice = 0)",
		"SELECT (SELECT sum(temporary_allocations) FROM process) - (SELECT ifnull(sum(count), 0) FROM span_sum WHERE class = 2)",
		"SELECT (SELECT sum(reallocations) FROM process) - (SELECT ifnull(sum(count), 0) FROM span_sum WHERE class = 3)",
		"SELECT (SELECT sum(allocations) FROM process) - (SELECT ifnull(sum(count), 0) FROM histogram WHERE kind = 'size')",
		"SELECT (SELECT sum(allocated_bytes) FROM process) - (SELECT ifnull(sum(amount), 0) FROM histogram WHERE kind = 'size')",
		"SELECT (SELECT sum(frees) FROM process) - (SELECT ifnull(sum(count), 0) FROM histogram WHERE kind = 'lifetime')",
		"SELECT (SELECT ifnull(sum(bytes), 0) FROM escaped WHERE class = 3) - (SELECT ifnull(sum(amount), 0) FROM span_sum WHERE class = 4)",
		"SELECT (SELECT ifnull(sum(bytes), 0) FROM escaped WHERE class = 1) - (SELECT ifnull(sum(amount), 0) FROM span_sum WHERE class = 5)",
		"SELECT (SELECT ifnull(sum(blocks), 0) FROM escaped WHERE class = 3) - (SELECT ifnull(sum(count), 0) FROM span_sum WHERE class = 4)",
		"SELECT (SELECT ifnull(sum(blocks), 0) FROM escaped WHERE class = 1) - (SELECT ifnull(sum(count), 0) FROM span_sum WHERE class = 5)",
		"SELECT (SELECT ifnull(sum(uncertain), 0) FROM escaped) - (SELECT ifnull(sum(count), 0) FROM span_sum WHERE class = 6)",
		"SELECT count(*) FROM (SELECT kind, process_id, sum(count) AS c, sum(amount) AS a FROM histogram GROUP BY 1, 2 EXCEPT"
		" SELECT kind, process_id, sum(count), sum(amount) FROM span_histogram GROUP BY 1, 2)",
		"SELECT count(*) FROM (SELECT process_id, slice, sum(count), sum(amount) FROM span_histogram WHERE kind = 'size' GROUP BY 1, 2"
		" EXCEPT SELECT process_id, slice, sum(count), sum(amount) FROM span_sum JOIN thread ON thread.id = thread_id WHERE class = 1"
		" GROUP BY 1, 2)",
		"SELECT count(*) FROM (SELECT process_id, slice, sum(allocations), sum(bytes) FROM span_kind GROUP BY 1, 2 EXCEPT"
		" SELECT process_id, slice, allocations, allocated_bytes FROM timeline)",
		"SELECT count(*) FROM (SELECT process_id, kind, sum(allocations), sum(bytes) FROM span_kind GROUP BY 1, 2 EXCEPT"
		" SELECT * FROM kind_total)",
		"SELECT count(*) FROM (SELECT cost_id, site_id, thread_id, sum(value) FROM total JOIN stack ON stack.id = stack_id"
		" GROUP BY 1, 2, 3 EXCEPT SELECT * FROM site_total)",
		"SELECT count(*) FROM (SELECT * FROM site_total EXCEPT SELECT cost_id, site_id, thread_id, sum(value) FROM total"
		" JOIN stack ON stack.id = stack_id GROUP BY 1, 2, 3)",
		"SELECT (SELECT sum(allocations) FROM process) - (SELECT ifnull(sum(allocations), 0) FROM kind_total)",
		"SELECT (SELECT sum(allocations) FROM process) - (SELECT ifnull(sum(allocations), 0) FROM timeline)",
		"SELECT (SELECT sum(frees) FROM process) - (SELECT ifnull(sum(frees), 0) FROM timeline)",
		"SELECT sum(allocations - frees - implied_frees - leaked_allocations) FROM process",
		"SELECT count(*) FROM process WHERE peak_bytes <> (SELECT max(live_bytes) FROM timeline WHERE process_id = process.id)",
		"SELECT count(*) FROM span_sum WHERE end_slice <> 0 AND end_slice < slice",
		"SELECT (SELECT sum(wait_ns) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 20)",
		"SELECT (SELECT sum(blocked_ns) FROM process) - (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 22)",
		"SELECT (SELECT ifnull(sum(waits), 0) FROM lock_wait WHERE class = 20) -"
		" (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 21)",
		"SELECT (SELECT ifnull(sum(caused_wait_ns), 0) FROM lock_hold) -"
		" (SELECT ifnull(sum(value), 0) FROM total WHERE cost_id = 23)",
		"SELECT (SELECT sum(wait_ns) FROM process) - (SELECT ifnull(sum(amount), 0) FROM span_sum WHERE class = 20)",
		"SELECT (SELECT sum(blocked_ns) FROM process) - (SELECT ifnull(sum(amount), 0) FROM span_sum WHERE class = 22)",
		"SELECT (SELECT ifnull(sum(waits), 0) FROM lock_wait) -"
		" (SELECT ifnull(sum(count), 0) FROM span_sum WHERE class IN (20, 22))",
		"SELECT (SELECT ifnull(sum(caused_wait_ns), 0) FROM lock_hold) -"
		" (SELECT ifnull(sum(amount), 0) FROM span_sum WHERE class = 23)",
		"SELECT (SELECT sum(wait_ns + blocked_ns) FROM process) - (SELECT ifnull(sum(wait_ns), 0) FROM lock)",
		"SELECT (SELECT sum(contended) FROM process) - (SELECT ifnull(sum(contended), 0) FROM lock)",
		"SELECT count(*) FROM lock WHERE wait_ns <> (SELECT ifnull(sum(wait_ns), 0) FROM lock_wait WHERE lock_id = lock.id)",
		"SELECT count(*) FROM lock WHERE waits <> (SELECT ifnull(sum(waits), 0) FROM lock_wait WHERE lock_id = lock.id)",
		"SELECT count(*) FROM lock WHERE wait_max_ns > wait_ns OR read_wait_ns > wait_ns OR contended > acquisitions OR"
		" read_contended > contended OR read_acquisitions > acquisitions OR timeouts > waits",
		"SELECT count(*) FROM lock WHERE kind IN ('mutex', 'rwlock', 'spin') AND waits <> contended + timeouts",
		"SELECT count(*) FROM lock_wait WHERE max_ns > wait_ns OR timeouts > waits",
		"SELECT count(*) FROM lock WHERE (SELECT count(DISTINCT class) FROM lock_wait WHERE lock_id = lock.id) > 1",
		"SELECT count(*) FROM site_peak p WHERE thread_id <> 0 AND peak_bytes >"
		" (SELECT peak_bytes FROM site_peak q WHERE q.site_id = p.site_id AND q.process_id = p.process_id AND q.thread_id = 0)",
	};

	for (size_t i = 0; i < LENGTH(same); i++)
		assert_answer(s, same[i], 0);
}

/* A process with `threads` threads; nodes 2 and 3 are two frames under a root, 4 a frame inside 3. */
static inline void begin(struct trace_writer *w, unsigned threads)
{
	uint32_t root;

	writer_begin(w);
	writer_clock(w, 1);
	writer_process(w, 1, 4711, 0);
	for (unsigned i = 0; i < threads; i++)
		writer_thread(w, 1, 1, 4711 + (int)i);
	writer_module(w, 1, 0x10000, 0x10000, "/nowhere/libx.so");
	root = writer_node(w, 0, 1);
	writer_node(w, root, 0x11000);
	writer_node(w, root, 0x12000);
	writer_node(w, 3, 0x13000);
}

static inline void finish(struct trace_writer *w, uint64_t tick)
{
	writer_process_end(w, tick, 1, ENDED_EXIT, 3);
	writer_clock(w, tick);
	writer_end(w, tick);
}

#endif
