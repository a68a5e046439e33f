/* SPDX-License-Identifier: MIT
 *
 * Drill-down for the TUI, as stack_view.h, to what a lock and an edge of the lock order have: who waited and
 * who let others wait, how long waits and holds were, and single stacks. Each initialises t (release it
 * after success) and returns 0 or -1; an id that is not there gives no rows. Stacks are written as in
 * folded stacks, root first. Times are ns.
 */
#ifndef REPORT_LOCK_VIEW_H
#define REPORT_LOCK_VIEW_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

/* A row a stack that waited for the lock (not on it for work); longest first. Columns: function, file, line, module (its site),
 * wait_ns, waits, wait_max_ns, timeouts, reading (waits for reading), owner (the thread that held it for most of the wait,
 * name/tid), stack, stack_id, site_id, function_id. */
int lock_view_waiters(struct store *s, int64_t lock_id, struct table *t, struct err *err);
/* A row a stack that released the lock while others waited; most wait first. Columns: function, file, line, module,
 * caused_wait_ns, releases, hold_ns, hold_max_ns, allocations, stack, stack_id, site_id, function_id. */
int lock_view_holders(struct store *s, int64_t lock_id, struct table *t, struct err *err);

/* A row a bucket. Columns: kind ('wait', 'hold'), low, high (none: open-ended), count. Shortest first. */
int lock_view_distributions(struct store *s, int64_t lock_id, struct table *t, struct err *err);

/* What is known of one lock; one row. Columns: lock, kind, flags, address, life, block_offset, block_function (who allocated the
 * block around it), first_function, acquisitions, contended, waits, wait_ns, wait_max_ns, hold_ns, hold_max_ns,
 * hold_measured, owner_changes, max_waiters, try_failures, timeouts, hold_waiting_ns, sampled, pid. */
int lock_view_lock(struct store *s, int64_t lock_id, struct table *t, struct err *err);

/* Single stacks: a row each with columns label (what it is) and stack. */
int lock_view_stack(struct store *s, int64_t stack_id, struct table *t, struct err *err); /* one, no label */
int lock_view_order(struct store *s, int64_t edge_id, struct table *t, struct err *err); /* of the held lock, of the wanted */

#endif
