/* SPDX-License-Identifier: MIT
 *
 * Where a table of figures goes: text through the pager, as wide and as colourful as the terminal is; CSV and JSON to stdout as they
 * are, and what has to be said with them to stderr.
 */
#ifndef CLI_REPORT_OUTPUT_H
#define CLI_REPORT_OUTPUT_H

#include "analyzer/base/err.h"
#include "analyzer/report/report_write.h"

/* Writes it all. Of the page, facts, losses and remarks are the caller's, the rest is found out here. 0 or -1. */
int report_output(const struct report *r, const struct table *t, const struct report_query *q, const struct report_format *format,
                  struct report_page *page, struct err *err);

#endif
