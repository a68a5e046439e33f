/* SPDX-License-Identifier: MIT
 *
 * Costs by source line, for those who look at a file: the files there are, and the lines of one with their costs beside its text.
 * `value` is of the stacks that pass through a line, each counted once, `self` of those whose site the line is. Of a query, cost, pid
 * and tid count. Each initialises t, which is released after success. 0 or -1.
 */
#ifndef REPORT_SOURCE_LINES_H
#define REPORT_SOURCE_LINES_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/report/report.h"
#include "analyzer/report/source_text.h"

/* Columns: file, value, self, lines (with a cost). Those with the largest value first; q->match: in the path. */
int source_files_read(struct store *s, const struct report_query *q, struct table *t, struct err *err);

/* Columns: line, value, self, function, functions (how many: function is the one with most), text, file, function_id. The lines with a
 * cost in their order; and all others of `text`, if that is not NULL, without one. A path that no frame has gives no costs. */
int source_lines_read(struct store *s, const char *path, const struct report_query *q, const struct source_text *text, struct table *t,
                      struct err *err);

/* The file in which most of a function's cost lies, else any that it has a frame in: *path, which the caller frees; NULL: none is
 * known. 0 or -1. */
int source_of_function(struct store *s, int64_t function_id, const struct report_query *q, char **path, struct err *err);

#endif
