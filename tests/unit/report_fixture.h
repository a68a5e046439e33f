/* SPDX-License-Identifier: MIT
 *
 * Reports of the made-up recording: a store `s` for each test, a report's table, and its cells by the names of columns.
 */
#ifndef UNIT_REPORT_FIXTURE_H
#define UNIT_REPORT_FIXTURE_H

#include "tests/unit/synthetic_fixture.h"

#include "analyzer/report/report.h"

static struct store *s;

static int setup(void **state)
{
	(void)state;
	s = synthetic_open(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synthetic_close(s);
	return 0;
}

static inline void run(const char *name, const struct report_query *q, struct table *t)
{
	struct err err = { 0 };

	assert_non_null(report_find(name));
	if (report_run(report_find(name), s, q, t, &err))
		fail_msg("%s: %s", name, err.text);
}

static inline const struct value *cell(const struct table *t, size_t row, const char *column)
{
	int c = table_column(t, column);

	if (c < 0 || row >= t->row_count)
		fail_msg("there is no %s in row %zu", column, row);
	return table_at(t, row, (size_t)c);
}

static inline int64_t number(const struct table *t, size_t row, const char *column)
{
	assert_false(cell(t, row, column)->none);
	return cell(t, row, column)->number;
}

static inline const char *text(const struct table *t, size_t row, const char *column)
{
	return cell(t, row, column)->none ? "(none)" : cell(t, row, column)->text;
}

/* A column's sum over all rows. */
static inline int64_t sum(const struct table *t, const char *column)
{
	int64_t total = 0;

	assert_true(table_column(t, column) >= 0);
	for (size_t row = 0; row < t->row_count; row++)
		total += cell(t, row, column)->number;
	return total;
}

/* The same of a report. */
static inline int64_t figure(const char *report, const char *column, const struct report_query *q)
{
	struct table t;

	run(report, q, &t);
	int64_t total = sum(&t, column);
	table_release(&t);
	return total;
}

#endif
