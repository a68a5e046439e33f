/* SPDX-License-Identifier: MIT
 *
 * Drill-down for the TUI and the callers report: from a site to its stacks, callers and callees.
 */
#ifndef REPORT_STACK_VIEW_H
#define REPORT_STACK_VIEW_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

/* Columns: stack_id, value (of cost_id), allocations, stack (root first, joined by ';'). Stacks of one site, biggest first. */
extern const struct column stack_view_stack_columns[];
extern const size_t stack_view_stack_column_count;
int stack_view_stacks(struct store *s, int64_t site_id, int cost_id, long limit, struct table *t, struct err *err);

/* Columns: function_id, function, value, self (value without callees). Callers of, or callees from, a function over all stacks
 * that contain it; recursion counted once. Biggest first. */
extern const struct column stack_view_neighbour_columns[];
extern const size_t stack_view_neighbour_column_count;
int stack_view_callers(struct store *s, int64_t function_id, int cost_id, long limit, struct table *t, struct err *err);
int stack_view_callees(struct store *s, int64_t function_id, int cost_id, long limit, struct table *t, struct err *err);

#endif
