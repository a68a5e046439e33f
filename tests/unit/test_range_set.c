/* SPDX-License-Identifier: MIT
 *
 * Ranges against an array with an entry for each address: what is there, whose it is, and what is given back piece by piece.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/ingest/range_set.h"

#define ADDRESSES 3000u

struct model {
	uint32_t whose[ADDRESSES]; /* 0: nobody's */
	struct range_set set;
	uint64_t at, taken; /* of a take: where the next piece may begin; bytes so far */
};

static uint64_t state = 88172645463325252ull;

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

static void piece_is_right(void *arg, const struct range *r)
{
	struct model *m = arg;

	assert_true(r->start >= m->at && r->end > r->start && r->end <= ADDRESSES);
	for (uint64_t a = r->start; a < r->end; a++) {
		assert_int_equal(m->whose[a], r->cell);
		m->whose[a] = 0;
	}
	assert_int_equal(r->kind, r->cell % 5);
	assert_int_equal(r->tick, 7 * r->cell);
	m->at = r->end;
	m->taken += r->end - r->start;
}

static void take(struct model *m, uint64_t start, uint64_t end)
{
	uint64_t expected = 0;

	for (uint64_t a = start; a < end; a++)
		expected += m->whose[a] != 0;
	assert_int_equal(range_set_covered(&m->set, start, end), expected);
	m->at = start;
	m->taken = 0;
	assert_int_equal(range_set_take(&m->set, start, end, piece_is_right, m), expected);
	assert_int_equal(m->taken, expected);
	assert_int_equal(range_set_covered(&m->set, start, end), 0);
}

static void put(struct model *m, uint64_t start, uint64_t end, uint32_t who)
{
	range_set_put(&m->set, &(struct range){ .start = start, .end = end, .tick = 7 * who, .cell = who, .kind = who % 5 });
	for (uint64_t a = start; a < end; a++)
		m->whose[a] = who;
}

static void look(const struct model *m, uint64_t address)
{
	const struct range *r = range_set_at(&m->set, address);

	assert_int_equal(r ? r->cell : 0, m->whose[address]);
	if (r)
		assert_true(r->start <= address && address < r->end);
}

static void sets_are_as_the_array_says(void **unused)
{
	struct model *m = calloc(1, sizeof(*m));

	(void)unused;
	for (uint32_t i = 1; i < 60000; i++) {
		uint32_t longest = i / 7000 % 2 ? 700 : 4; /* thousands of little ones, then few */
		uint64_t start = below(ADDRESSES), end = start + 1 + below(longest);

		end = end < ADDRESSES ? end : ADDRESSES;
		take(m, start, end);
		if (i % 3)
			put(m, start, end, i);
		look(m, below(ADDRESSES));
	}
	take(m, 0, ADDRESSES);
	assert_int_equal(m->set.count, 0);
	range_set_release(&m->set);
	free(m);
}

static void count_them(void *arg, const struct range *r)
{
	uint64_t *last = arg;

	assert_true(r->start > *last);
	*last = r->start;
}

static void many_are_kept_in_order(void **unused)
{
	struct range_set s = { 0 };
	uint64_t last = 0, n = 200000;

	(void)unused;
	for (uint64_t i = 1; i <= n; i++) { /* upwards and downwards by turns */
		uint64_t start = i % 2 ? i * 16 : (2 * n - i) * 16;

		range_set_put(&s, &(struct range){ .start = start, .end = start + 8, .cell = 1 });
	}
	assert_int_equal(range_set_covered(&s, 0, UINT64_MAX), n * 8);
	range_set_each(&s, count_them, &last);
	assert_int_equal(last, (2 * n - 2) * 16);
	assert_null(range_set_at(&s, 24));
	assert_int_equal(range_set_take(&s, 0, UINT64_MAX, NULL, NULL), n * 8);
	range_set_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_as_the_array_says),
		cmocka_unit_test(many_are_kept_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
