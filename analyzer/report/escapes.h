/* SPDX-License-Identifier: MIT
 *
 * The columns of the report on escapes, for what shows them.
 */
#ifndef REPORT_ESCAPES_H
#define REPORT_ESCAPES_H

#include "analyzer/report/report_write.h"

enum escapes_column {
	ESCAPES_FUNCTION,
	ESCAPES_FILE,
	ESCAPES_LINE,
	ESCAPES_ALLOCATIONS,
	ESCAPES_ALLOCATED_BYTES,
	ESCAPES_LOCAL_BLOCKS, /* and of the other classes, in their order */
	ESCAPES_UNCERTAIN = ESCAPES_LOCAL_BLOCKS + 4,
	ESCAPES_CLASS,
	ESCAPES_OWNER,
	ESCAPES_LEVEL,
	ESCAPES_LIFETIME_P50,
	ESCAPES_LIFETIME_P99,
	ESCAPES_MAX_LIVE,
	ESCAPES_SIZE_P50,
	ESCAPES_SIZE_MAX,
	ESCAPES_LOCAL_SHARE, /* as above */
	ESCAPES_UNCERTAIN_SHARE = ESCAPES_LOCAL_SHARE + 4,
	ESCAPES_LOCAL_BYTES, /* as above */
	ESCAPES_OWNER_FILE = ESCAPES_LOCAL_BYTES + 4,
	ESCAPES_OWNER_LINE,
	ESCAPES_FREED_FUNCTION,
	ESCAPES_FREED_FILE,
	ESCAPES_FREED_LINE,
	ESCAPES_MADE_IN,
	ESCAPES_FREED_IN,
	ESCAPES_MODULE,
	ESCAPES_SITE_ID,
	ESCAPES_FUNCTION_ID,
	ESCAPES_OWNER_ID,
};

/* In whose call most of a site's blocks died, who freed them, how long they lived, how large they were: a line. Caller frees. */
char *escapes_describe(const struct table *t, size_t row);
/* Below a site: that line. */
void escapes_write_below(const struct table *t, size_t row, const struct report_page *page, FILE *out);

#endif
