/* SPDX-License-Identifier: MIT
 *
 * Rows a stack: what waits, holders and blocked have in common. A report's columns are function, stack, one
 * that says of what, its figures, file, line, module, and the keys lock_id, stack_id, site_id, function_id.
 * Stacks that read the same, but for lines outside the innermost function, are one row; its stack_id is the
 * first one's.
 */
#ifndef REPORT_LOCK_ROWS_H
#define REPORT_LOCK_ROWS_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/report/report.h"

struct lock_rows {
	const char *sql; /* stack_id, lock_id, then the columns from the third on to before `file`; parameters as scope_bind's */
	size_t named;    /* a text column that --match looks into besides the function */
	uint32_t maxima; /* bits of the columns whose figure of several stacks is the largest; that of the others is their sum */
	uint32_t same;   /* bits of the columns that rows put together have the same; 0: they are of the same lock */
};
#define LOCK_ROWS_BIT(column) (1u << (column))

#define LOCK_ROWS_FIRST { "function", "FUNCTION", UNIT_TEXT, "innermost function that is no wrapper of a lock" }, \
	{ "stack", NULL, UNIT_TEXT, "functions from the root inwards, joined by ;" }
#define LOCK_ROWS_LAST { "file", NULL, UNIT_TEXT, "the function's source file" }, { "line", NULL, UNIT_ID, "line in the file" }, \
	{ "module", NULL, UNIT_TEXT, "executable or shared object it lies in" }, { "lock_id", NULL, UNIT_ID, "key of the lock" }, \
	{ "stack_id", NULL, UNIT_ID, "key of the stack" }, { "site_id", NULL, UNIT_ID, "key of the site" }, \
	{ "function_id", NULL, UNIT_ID, "key of the function" }
#define LOCK_ROWS_KEYS 4

int lock_rows_fill(struct store *s, const struct report_query *q, const struct lock_rows *rows, struct table *t, struct err *err);

#endif
