/* SPDX-License-Identifier: MIT
 *
 * Runs of rows that went to a file and come back merged: what comes back is what a plain sum over all rows says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/ingest/spill.h"

#define KEYS 5000u

struct row {
	uint32_t key, spare;
	uint64_t amount;
};

static int compare(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	return (a->key > b->key) - (a->key < b->key);
}

static void add(void *row, const void *other)
{
	((struct row *)row)->amount += ((const struct row *)other)->amount;
}

static const struct spill_kind kind = { sizeof(struct row), compare, add };

struct sums {
	uint64_t want[KEYS], got[KEYS];
	uint32_t last; /* key, plus one */
	size_t rows;
};

static void put(void *arg, const void *spilled)
{
	struct sums *s = arg;
	const struct row *row = spilled;

	assert_true(row->key + 1 > s->last); /* in order, each once */
	s->last = row->key + 1;
	s->got[row->key] = row->amount;
	s->rows++;
}

/* Sorted rows, some with the same key. */
static struct row *some_rows(struct sums *s, size_t count)
{
	struct row *rows = calloc(count + 1, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		rows[i] = (struct row){ .key = (uint32_t)rand() % KEYS, .amount = (uint64_t)rand() };
		s->want[rows[i].key] += rows[i].amount;
	}
	qsort(rows, count, sizeof(*rows), compare);
	return rows;
}

/* Runs of these lengths, and one that stays in memory. */
static void merge(const size_t *runs, size_t count, size_t in_memory)
{
	char directory[] = "/tmp/culprit-spill-XXXXXX", beside[64];
	struct sums *s = calloc(1, sizeof(*s));
	struct err err = { 0 };
	struct spill spill;
	struct row *rows;
	size_t keys = 0;

	assert_non_null(mkdtemp(directory));
	snprintf(beside, sizeof(beside), "%s/x.db", directory);
	spill_init(&spill, &kind, beside);
	for (size_t i = 0; i < count; i++) {
		rows = some_rows(s, runs[i]);
		assert_int_equal(spill_put(&spill, rows, runs[i], &err), 0);
		free(rows);
	}
	rows = some_rows(s, in_memory);
	for (int again = 0; again < 2; again++) { /* reading takes nothing away */
		memset(s->got, 0, sizeof(s->got));
		s->last = 0;
		s->rows = 0;
		assert_int_equal(spill_each(&spill, rows, in_memory, put, s, &err), 0);
		assert_memory_equal(s->got, s->want, sizeof(s->got));
	}
	for (size_t k = 0; k < KEYS; k++)
		keys += s->want[k] != 0;
	assert_int_equal(s->rows, keys);
	free(rows);
	free(s);
	spill_release(&spill);
	assert_int_equal(rmdir(directory), 0); /* the file had no name */
}

static void test_merge(void **state)
{
	static const size_t many[] = { 1, 8192, 8193, 30000, 0, 7, 16384, 100 };

	(void)state;
	srand(7);
	merge(NULL, 0, 0);
	merge(NULL, 0, 1000);
	merge(many, 1, 0);
	merge(many, sizeof(many) / sizeof(many[0]), 0);
	merge(many, sizeof(many) / sizeof(many[0]), 20000);
}

static void test_no_place(void **state)
{
	struct row row = { .key = 1 };
	struct err err = { 0 };
	struct spill spill;

	(void)state;
	spill_init(&spill, &kind, "/nonexistent/x.db");
	assert_int_equal(spill_put(&spill, &row, 1, &err), -1);
	assert_string_equal(err.text, "cannot write a temporary file beside /nonexistent/x.db: No such file or directory");
	spill_release(&spill);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_merge), cmocka_unit_test(test_no_place) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
