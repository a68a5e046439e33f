/* SPDX-License-Identifier: MIT
 *
 * The list of escapes, and what the view of one site has in common with it.
 */
#ifndef TUI_VIEW_ESCAPES_H
#define TUI_VIEW_ESCAPES_H

#include "tui/view.h"

/* Of a row of the report on escapes: how many blocks are of which class; in whose call most died, and when, in words broken
 * into lines if there is room for them. Returns the lines it took. */
int escapes_draw(const struct table *t, size_t row, struct screen *s, struct rect area);

/* Opens the site of a row that has the columns function, file, line, module and site_id. As view_ops.act. */
int escapes_open(struct view *v, const struct table *t, size_t row);

#endif
