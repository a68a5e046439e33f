/* SPDX-License-Identifier: MIT
 *
 * The list of advice, and what the view of one finding has in common with it.
 */
#ifndef TUI_VIEW_ADVICE_H
#define TUI_VIEW_ADVICE_H

#include "analyzer/base/table.h"
#include "tui/view.h"

/* Of a row of the report on advice: what was seen, what the cure saves, the cure. Returns the lines it took. */
int advice_draw(const struct table *t, size_t row, struct screen *s, struct rect area);

/* Opens the finding that is selected in a grid of the report's rows. As view_ops.act. */
int advice_open(struct view *v, const struct grid *g);

#endif
