/* SPDX-License-Identifier: MIT
 *
 * Drill-down for the TUI, as stack_view.h, to how far a site's blocks outlived the call that asked for them, and to what died
 * in the calls of a function. Each initialises t (release it after success) and returns 0 or -1; an id that is not there
 * gives no rows. Those with most bytes come first. Stacks are written as in folded stacks, root first.
 */
#ifndef REPORT_ESCAPES_VIEW_H
#define REPORT_ESCAPES_VIEW_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

/* A row a stack by which the site was reached. Columns: way (the callers of the site's function, innermost first), bytes, blocks,
 * local, caller, thread, retained, uncertain (blocks), stack, stack_id, site_id, function_id, module. */
int escapes_view_stacks(struct store *s, int64_t site_id, struct table *t, struct err *err);
/* A row an owner of the site's blocks, with class and level: function, file, line, module, class, level, bytes, blocks, uncertain,
 * stack, stack_id (both the owner's; none where it is not known), function_id. What is retained has none. */
int escapes_view_owners(struct store *s, int64_t site_id, struct table *t, struct err *err);
/* A row a stack that freed blocks of the site: function, file, line, module, bytes, blocks, made_in and freed_in (where the threads were
 * created, if another one freed), stack, stack_id, site_id, function_id (of the freeing site). */
int escapes_view_frees(struct store *s, int64_t site_id, struct table *t, struct err *err);
/* A row a site whose blocks died in calls of the function, and level: function, file, line, module, class, level, bytes, blocks, uncertain,
 * way (from the owner to the site), stack, stack_id, site_id, function_id. */
int escapes_view_dying(struct store *s, int64_t function_id, struct table *t, struct err *err);

#endif
