/* SPDX-License-Identifier: MIT
 *
 * The columns of the report on source lines, and its text.
 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include "analyzer/report/report_write.h"

enum { LINES_FUNCTION, LINES_FILE, LINES_LINE, LINES_MODULE, LINES_VALUE, LINES_SELF, LINES_FUNCTIONS, LINES_FUNCTION_KEY };

void lines_write_text(const struct report *r, const struct table *t, const struct report_query *q, const struct report_page *page,
                      FILE *out);

#endif
