/* SPDX-License-Identifier: MIT
 *
 * Drill-down for the TUI: from a site to its stacks, from a function to its callers and callees, and
 * the flat profile of functions. Each initialises t (release it after success), with columns whose
 * `value` and `self` have the unit of the cost. The stacks of a site are read by key; what else has to look at all stacks keeps
 * what it read for the next question (stack_sums.h). They return 0 or -1. A limit of 0 is none;
 * t->total_rows is the count without it.
 */
#ifndef REPORT_STACK_VIEW_H
#define REPORT_STACK_VIEW_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/report/report.h"
#include "analyzer/store/store.h"

/* Columns: stack_id, value (of cost_id), allocations, stack (root first, joined by ';', names written as in folded stacks).
 * Stacks of one site, biggest first. */
extern const struct column stack_view_stack_columns[];
extern const size_t stack_view_stack_column_count;
int stack_view_stacks(struct store *s, int64_t site_id, int cost_id, long limit, struct table *t, struct err *err);

/* Columns: number (0 innermost), function, file, line, module, inlined ("inlined" or none), function_id, is_site (1: in its function). The frames of one stack, innermost
 * first; none of a stack that is not there. */
int stack_view_frames(struct store *s, int64_t stack_id, struct table *t, struct err *err);

/* Columns: function_id, function, value, self. Callers of, or callees from, a function over all stacks that contain it;
 * recursion counted once, so a stack counts once for each of its neighbours. Biggest first. self is what of value was asked
 * for (site) by the callee, or for callers: by the function itself when they called it. */
extern const struct column stack_view_neighbour_columns[];
extern const size_t stack_view_neighbour_column_count;
int stack_view_callers(struct store *s, int64_t function_id, int cost_id, long limit, struct table *t, struct err *err);
int stack_view_callees(struct store *s, int64_t function_id, int cost_id, long limit, struct table *t, struct err *err);

/* Columns: function_id, function, value, self. Every function: value over all stacks that contain it, self over those whose site
 * lies in it (these add up to the cost's total). Honours q's pid, tid, cost and match; unsorted, without limit. */
int stack_view_functions(struct store *s, const struct report_query *q, struct table *t, struct err *err);

#endif
