/* SPDX-License-Identifier: MIT
 *
 * The columns of the callers report by number, for those who draw it as a tree.
 */
#ifndef REPORT_CALLERS_H
#define REPORT_CALLERS_H

#include "analyzer/report/report_write.h"

enum callers_column {
	CALLERS_DEPTH,
	CALLERS_FUNCTION, /* and file, line, module */
	CALLERS_VALUE = CALLERS_FUNCTION + 4,
	CALLERS_SELF,
	CALLERS_SHARE,
	CALLERS_STACK,
	CALLERS_FUNCTION_KEY,
};

/* The rows as a tree: a lone child stays below its parent's name, brothers are indented under a line. */
void callers_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                        const struct report_page *page, FILE *out);

#endif
