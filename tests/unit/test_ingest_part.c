/* SPDX-License-Identifier: MIT
 *
 * A forked copy of an analysis that ends early: its database is that of a trace which ends there, and the original goes on as if
 * nothing had been.
 */
#include <sys/wait.h>

#include "tests/unit/ingest_fixture.h"

enum { BLOCKS = 8, PAIRS = 50 };

static char part_path[300];

struct asked {
	int at, calls; /* fork at that call */
	uint64_t done, total;
	int is_copy, status;
};

static const char *fork_part(void *arg, uint64_t done, uint64_t total)
{
	struct asked *a = arg;
	pid_t pid;

	assert_true(done >= a->done && done < total);
	a->done = done;
	a->total = total;
	if (a->calls++ != a->at)
		return NULL;
	pid = fork();
	if (pid == 0) {
		a->is_copy = 1;
		return part_path;
	}
	assert_int_equal(waitpid(pid, &a->status, 0), pid);
	return NULL;
}

/* Two threads that take turns, a block each: in each block one of 10 bytes stays, and PAIRS of 100 are freed. The first `blocks` of them. */
static void write_trace(struct trace_writer *w, int blocks)
{
	struct event events[2 * PAIRS + 1];

	begin(w, 2);
	for (int b = 0; b < blocks; b++) {
		uint64_t at = MS(10) * (unsigned)(b + 1), address = 0x100000u * (unsigned)(b + 1);
		size_t n = 0;

		events[n++] = ev(at, EVENT_MALLOC, address, 10, 2);
		for (int i = 0; i < PAIRS; i++) {
			events[n++] = ev(at + (unsigned)i, EVENT_MALLOC, address + 0x1000, 100, 3);
			events[n++] = ev(at + (unsigned)i, EVENT_FREE, address + 0x1000, 0, 3);
		}
		writer_events(w, 1 + (unsigned)b % 2, events, n);
	}
	finish(w, MS(100));
}

/* All that is summed; what comes from the facts of a recording that was read to its end differs. */
static const char *const figures[] = {
	"SELECT count(*) || ' ' || sum(value) FROM total",
	"SELECT group_concat(cost_id || ' ' || value) FROM (SELECT * FROM site_total ORDER BY 1, 2, 3)",
	"SELECT allocations || ' ' || frees || ' ' || allocated_bytes || ' ' || peak_bytes || ' ' || leaked_bytes FROM process",
	"SELECT sum(allocations) || ' ' || sum(frees) || ' ' || max(live_bytes) FROM timeline",
	"SELECT sum(count) || ' ' || sum(amount) FROM span_sum WHERE class = 1",
};

static void same_figures(struct store *a, struct store *b)
{
	struct err err = { 0 };

	for (size_t i = 0; i < LENGTH(figures); i++) {
		struct statement *p = store_prepare(a, figures[i], &err), *q = store_prepare(b, figures[i], &err);

		assert_non_null(p);
		assert_non_null(q);
		assert_int_equal(statement_step(p, &err), 1);
		assert_int_equal(statement_step(q, &err), 1);
		assert_string_equal(statement_text(p, 0), statement_text(q, 0));
		statement_finish(p);
		statement_finish(q);
	}
}

static struct store *open_it(const char *path)
{
	struct err err = { 0 };
	struct store *s = store_open(path, &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static void part_after(int blocks)
{
	struct trace_writer whole, first;
	struct asked asked = { .at = blocks };
	struct ingest_options options = { .part = fork_part, .part_arg = &asked };
	struct err err = { 0 };
	struct store *s, *part;
	int failed;

	snprintf(part_path, sizeof(part_path), "%s.part", db_path);
	write_trace(&whole, BLOCKS);
	writer_save(&whole, trace_path, whole.size);
	failed = ingest_run(trace_path, db_path, &options, NULL, &err);
	if (asked.is_copy)
		_exit(failed ? 1 : 0);
	assert_int_equal(failed, 0);
	assert_int_equal(asked.status, 0);
	assert_int_equal(asked.calls, BLOCKS);
	part = open_it(part_path);
	check_sums(part);
	assert_true(labs((long)store_meta_number(part, "analyzed_percent", -1) - blocks * 100 / BLOCKS) <= 5);
	assert_true(labs((long)store_meta_number(part, "analyzed_ns", -1) - blocks * 10000000L) < 1000000);
	assert_answer(part, "SELECT max(start_ns) <= (SELECT value FROM meta WHERE key = 'analyzed_ns') FROM timeline "
	              "JOIN slice ON slice.id = slice", 1);

	write_trace(&first, blocks);
	s = analyze(&first, NULL);
	same_figures(part, s);
	assert_int_equal(store_meta_number(s, "analyzed_percent", -1), -1);
	store_close(s);
	s = analyze(&whole, NULL);
	assert_answer(s, "SELECT allocations FROM process", BLOCKS * (PAIRS + 1));
	check_sums(s);
	store_close(s);
	store_close(part);
	unlink(part_path);
	writer_release(&whole);
	writer_release(&first);
}

static void test_part(void **state)
{
	(void)state;
	for (int blocks = 1; blocks < BLOCKS; blocks++)
		part_after(blocks);
}

/* What the original made is as if no copy had been: once with, once without. */
static void test_original(void **state)
{
	struct trace_writer w;
	struct asked asked = { .at = 3 };
	struct ingest_options options = { .part = fork_part, .part_arg = &asked };
	struct err err = { 0 };
	struct store *with, *without;
	char other[300];
	int failed;

	(void)state;
	snprintf(other, sizeof(other), "%s.other", db_path);
	write_trace(&w, BLOCKS);
	writer_save(&w, trace_path, w.size);
	failed = ingest_run(trace_path, other, &options, NULL, &err);
	if (asked.is_copy)
		_exit(failed ? 1 : 0);
	assert_int_equal(failed, 0);
	with = open_it(other);
	without = analyze(&w, NULL);
	same_figures(with, without);
	store_close(with);
	store_close(without);
	unlink(other);
	unlink(part_path);
	writer_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_part, setup),
		cmocka_unit_test_setup(test_original, setup),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
