/* SPDX-License-Identifier: MIT
 *
 * What lists of stacks have in common.
 */
#ifndef TUI_VIEW_STACK_H
#define TUI_VIEW_STACK_H

#include "tui/view.h"

/* Makes of a table with the columns value, stack (root first) and stack_id one that has `way` as well: the stack from the innermost
 * function outwards, so that what is cut is the outermost, "row_new < main". What all rows have in common innermost is left out,
 * "< main". For questions, on the thread that reads. */
void view_stack_add_ways(struct table *t);
/* Opens the stack that is selected in a grid of rows with a column stack_id. As view_ops.act. */
int view_stack_open(struct view *v, const struct grid *g, const char *cost);

#endif
