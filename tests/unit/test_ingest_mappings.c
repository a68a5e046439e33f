/* SPDX-License-Identifier: MIT
 *
 * Mappings in a trace, with known answers: threads whose stamps tie, moves that lack their end or meet another's mapping, a child, and
 * lengths that cannot be.
 */
#include "tests/unit/ingest_fixture.h"

#define COST(id) "SELECT coalesce(sum(value), 0) FROM total WHERE cost_id = " #id

static void check_mappings(struct store *s)
{
	assert_answer(s, "SELECT (" COST(31) ") - (" COST(33) ") - (" COST(34) ")", 0);
	assert_answer(s, "SELECT count(*) FROM (SELECT cost_id, sum(value) AS v FROM total WHERE cost_id >= 30 GROUP BY 1) a JOIN (SELECT cost_id, "
	                 "sum(value) AS v FROM site_total WHERE cost_id >= 30 GROUP BY 1) b ON b.cost_id = a.cost_id AND b.v <> a.v", 0);
	assert_answer(s, "SELECT sum(mapped_bytes) - (" COST(31) ") FROM process", 0);
	assert_answer(s, "SELECT sum(mapped_peak_bytes) - (" COST(32) ") FROM process", 0);
	assert_answer(s, "SELECT sum(still_mapped_bytes) - (" COST(34) ") FROM process", 0);
	assert_answer(s, "SELECT sum(allocations) + sum(allocated_bytes) + sum(peak_bytes) FROM process", 0);
}

static struct store *analyze_threads(const struct event *one, size_t one_count, const struct event *other, size_t other_count)
{
	struct trace_writer w;
	struct ingest_result result;
	struct store *s;

	begin(&w, other ? 2 : 1);
	writer_events(&w, 1, one, one_count);
	if (other)
		writer_events(&w, 2, other, other_count);
	finish(&w, MS(10));
	s = analyze(&w, &result);
	writer_release(&w);
	check_mappings(s);
	return s;
}

/* Whichever of the threads is looked at first. */
static void a_tie_is_decided_by_what_is_there(void **unused)
{
	const struct event maps[] = {
		ev(MS(1), EVENT_MAP, 0x10000, 0x3000, 2), ev(MS(2), EVENT_MAP, 0x10000, 0x3000, 3), ev(MS(3), EVENT_UNMAP, 0x10000, 0x3000, 0),
	};
	const struct event unmaps[] = {
		ev(MS(1), EVENT_UNMAP, 0x10000, 0x3000, 0), ev(MS(2), EVENT_UNMAP, 0x90000, 0x1000, 0), ev(MS(3), EVENT_MAP, 0x10000, 0x1000, 4),
	};
	struct store *s;

	(void)unused;
	for (int turn = 0; turn < 2; turn++) {
		setup(NULL);
		s = turn ? analyze_threads(maps, 3, unmaps, 3) : analyze_threads(unmaps, 3, maps, 3);
		assert_answer(s, "SELECT mappings FROM process", 3);
		assert_answer(s, "SELECT still_mapped_bytes FROM process", 0x1000);
		assert_answer(s, "SELECT mapped_peak_bytes FROM process", 0x3000);
		store_close(s);
	}
}

static void a_move_without_an_end_moved_nothing(void **unused)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MAP, 0x10000, 0x8000, 2), ev(MS(2), EVENT_REMAP_FROM, 0x12000, 0x2000, 0), ev(MS(3), EVENT_MAP_FILE, 0x13000, 0x2000, 3),
		ev(MS(4), EVENT_REMAP_TO, 0x50000, 0x9000, 4), /* of nothing */ ev(MS(5), EVENT_REMAP_FROM, 0x10000, 0x8000, 0),
	};
	struct store *s = analyze_threads(events, LENGTH(events), NULL, 0);

	(void)unused;
	assert_answer(s, "SELECT still_mapped_bytes FROM process", 0x8000);
	assert_answer(s, "SELECT mappings FROM process", 2);
	assert_answer(s, COST(33), 0x2000);
	store_close(s);
}

/* While it moves away another thread is given the addresses. */
static void a_move_leaves_what_others_map_behind_it(void **unused)
{
	const struct event moves[] = {
		ev(MS(1), EVENT_MAP, 0x10000, 0x4000, 2), ev(MS(2), EVENT_REMAP_FROM, 0x10000, 0x4000, 0), ev(MS(4), EVENT_REMAP_TO, 0x80000, 0x6000, 3),
		ev(MS(6), EVENT_UNMAP, 0x80000, 0x6000, 0),
	};
	const struct event maps[] = { ev(MS(3), EVENT_MAP, 0x10000, 0x4000, 4), ev(MS(5), EVENT_MAP, 0x20000, 0x1000, 4) };
	struct store *s = analyze_threads(moves, LENGTH(moves), maps, LENGTH(maps));

	(void)unused;
	assert_answer(s, "SELECT still_mapped_bytes FROM process", 0x5000);
	assert_answer(s, COST(33), 0x6000);
	assert_answer(s, "SELECT mapped_peak_bytes FROM process", 0xb000);
	assert_answer(s, "SELECT max(peak_bytes) FROM mapping", 0x5000);
	store_close(s);
}

static void lengths_end_with_the_address_space(void **unused)
{
	const struct event events[] = {
		ev(MS(1), EVENT_MAP, 0xffffffffffffull, UINT64_MAX, 2), ev(MS(1), EVENT_MAP, 0, UINT64_MAX, 3), ev(MS(1), EVENT_MAP, 5, 0, 3),
		ev(MS(1), EVENT_REMAP_FROM, 0, UINT64_MAX, 0), ev(MS(1), EVENT_REMAP_TO, 0xfffffffffff0ull, UINT64_MAX, 4),
		ev(MS(2), EVENT_LAST_MAP, 7, 7, 7), ev(MS(2), EVENT_UNMAP, 0xfffffffffff8ull, UINT64_MAX, 0),
	};
	struct store *s = analyze_threads(events, LENGTH(events), NULL, 0);

	(void)unused;
	assert_answer(s, "SELECT still_mapped_bytes FROM process", 8);
	assert_answer(s, "SELECT mapped_peak_bytes FROM process", (int64_t)1 << 48);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_tie_is_decided_by_what_is_there, setup),
		cmocka_unit_test_setup(a_move_without_an_end_moved_nothing, setup),
		cmocka_unit_test_setup(a_move_leaves_what_others_map_behind_it, setup),
		cmocka_unit_test_setup(lengths_end_with_the_address_space, setup),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
