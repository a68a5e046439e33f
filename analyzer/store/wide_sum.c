/* SPDX-License-Identifier: MIT
 *
 * As SQLite's: NULL of no values, a floating point number where one of the values is, and of any part of a window.
 */
#include "analyzer/store/wide_sum.h"

#include <stddef.h>
#include <stdint.h>

typedef __int128 wide __attribute__((aligned(8))); /* as SQLite's memory is */

struct wide_sum {
	wide integers;
	double reals;
	int64_t count, real_count;
};

static void add(sqlite3_context *context, sqlite3_value *value, int sign)
{
	struct wide_sum *s = sqlite3_aggregate_context(context, sizeof(*s));
	int type = sqlite3_value_numeric_type(value);

	if (!s || type == SQLITE_NULL)
		return;
	s->count += sign;
	if (type == SQLITE_INTEGER) {
		s->integers += (wide)sign * sqlite3_value_int64(value);
	} else {
		s->reals += sign * sqlite3_value_double(value);
		s->real_count += sign;
	}
}

static void step(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	add(context, values[0], 1);
}

static void inverse(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	add(context, values[0], -1);
}

static void result(sqlite3_context *context)
{
	const struct wide_sum *s = sqlite3_aggregate_context(context, 0);

	if (!s || !s->count)
		sqlite3_result_null(context);
	else if (s->real_count)
		sqlite3_result_double(context, (double)s->integers + s->reals);
	else
		sqlite3_result_int64(context, s->integers > INT64_MAX ? INT64_MAX : s->integers < INT64_MIN ? INT64_MIN : (int64_t)s->integers);
}

int wide_sum_register(sqlite3 *handle)
{
	return sqlite3_create_window_function(handle, "sum", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, step, result,
	                                      result, inverse, NULL);
}
