/* SPDX-License-Identifier: MIT
 *
 * Drill-down for the TUI, as stack_view.h, to one thread: what is known of it, what it cost, and where. Each
 * initialises t (release it after success) and returns 0 or -1; an id that is not there gives no rows.
 */
#ifndef REPORT_THREAD_VIEW_H
#define REPORT_THREAD_VIEW_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

/* One row. Columns: name, tid, pid, start_ns, end_ns (none: alive), creator (name/tid; none: not seen), start_function, detached,
 * joined, lost_events. */
int thread_view_about(struct store *s, int64_t thread_id, struct table *t, struct err *err);

/* A row a cost that the thread has some of. Columns: cost (its name), help, figure (in words, rounded), value, all (of all threads). */
int thread_view_costs(struct store *s, int64_t thread_id, struct table *t, struct err *err);

/* Stacks of the thread by a cost, biggest first, root first as in folded stacks. Columns: value (in the cost's unit), stack, stack_id.
 * t->total_rows is the count before the limit (0: none). */
int thread_view_stacks(struct store *s, int64_t thread_id, const char *cost, long limit, struct table *t, struct err *err);

/* The stack that created it: one row with the column stack, or none. */
int thread_view_creation(struct store *s, int64_t thread_id, struct table *t, struct err *err);

#endif
