/* SPDX-License-Identifier: MIT
 *
 * What lists of stacks have in common.
 */
#ifndef TUI_VIEW_STACK_H
#define TUI_VIEW_STACK_H

#include "tui/view.h"

/* The column `stack` of a row, which is root first, from the innermost function outwards, so that what is cut is the outermost:
 * "row_new < main". What all rows have in common innermost is left out: "< main". */
void view_stack_way(const struct table *t, size_t row, char *out, size_t size);
/* Opens the stack that is selected in a grid of rows with a column stack_id. As view_ops.act. */
int view_stack_open(struct view *v, const struct grid *g, const char *cost);

#endif
