/* SPDX-License-Identifier: MIT
 *
 * The views that list sites: hot spots, leaks, temporaries. They are one view with different columns.
 */
#ifndef TUI_VIEW_SITES_H
#define TUI_VIEW_SITES_H

#include "tui/view.h"

extern const struct view_ops view_hotspots, view_leaks, view_temporary;

/* "row.c:25" of a row that has the columns file, line and module; for grids of sites. */
void sites_place(const struct table *t, size_t row, char *out, size_t size);
/* How a site's name looks: code of shared objects is set apart from the program's own. */
enum style sites_style(const struct table *t, size_t row);
/* Opens the callers of the row of a grid of sites. As view_ops.act. */
int sites_open_row(struct view *v, const struct grid *g, struct err *err);

#endif
