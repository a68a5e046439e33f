/* SPDX-License-Identifier: MIT
 *
 * The recording over time: a question of the terminal UI that is no report of its own.
 */
#ifndef REPORT_OVERVIEW_H
#define REPORT_OVERVIEW_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

/* Columns: start_ns, end_ns, live_bytes, rss_bytes, allocations, allocated_bytes, frees; a row a time slice, in order, over all
 * processes. None where nothing was measured. */
extern const struct column overview_timeline_columns[];
extern const size_t overview_timeline_column_count;
/* Fills t (initialised here; release it after success). 0 or -1. */
int overview_timeline(struct store *s, struct table *t, struct err *err);

#endif
