/* SPDX-License-Identifier: MIT
 *
 * A cost by source line and file, of all files at once: the stack tree is walked once, and what comes out is small and kept with
 * the store for the next question. A stack counts once for every line it passes through, however often it does.
 */
#ifndef REPORT_SOURCE_SUMS_H
#define REPORT_SOURCE_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/map.h"
#include "analyzer/report/report.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

struct source_sum {
	uint32_t file, line;  /* of a file's sums: line 0 */
	uint32_t function;    /* on a line: the one with most of the value */
	uint32_t functions;   /* how many there are */
	int64_t value, self;  /* of the stacks that pass through; of those whose site it is */
};

struct source_sums {
	struct cost cost;
	struct source_sum *lines; /* by number, 1.. */
	uint32_t line_count;
	struct source_sum *files; /* by file id; those without a line in any frame have file 0 */
	uint32_t last_file;
	int64_t total;            /* of the cost */
};

/* Of q: cost, pid, tid. The store's: good until something else is asked of it. NULL with err set. */
const struct source_sums *source_sums_read(struct store *s, const struct report_query *q, struct err *err);

#endif
