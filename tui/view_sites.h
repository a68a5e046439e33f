/* SPDX-License-Identifier: MIT
 *
 * The views that list sites: hot spots, leaks, temporaries, mappings; and what other lists of sites want of them.
 */
#ifndef TUI_VIEW_SITES_H
#define TUI_VIEW_SITES_H

#include "tui/view.h"

/* "row.c:25" of a row that has the columns file, line and module; for grids of sites. */
void sites_place(const struct table *t, size_t row, char *out, size_t size);
/* How a site's name looks: code of shared objects is set apart from the program's own. */
enum style sites_style(const struct table *t, size_t row);
/* " to row_new, row.c:25" for the title of a pane of its stacks. */
void sites_title(const struct table *t, size_t row, int ascii, char *out, size_t size);
/* Opens the callers of a row that has the columns of a site and its keys, by a cost of stacks. As view_ops.act. */
int sites_open(struct view *v, const struct table *t, size_t row, const char *cost);
/* The same of the selected row of a grid of sites, by the grid's cost. */
int sites_open_row(struct view *v, const struct grid *g);

#endif
