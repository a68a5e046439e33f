/* SPDX-License-Identifier: MIT
 *
 * How much of a flame graph a search finds, whether its frames are wide enough to be drawn or not.
 */
#ifndef TUI_FLAME_MATCHED_H
#define TUI_FLAME_MATCHED_H

#include "tui/asked.h"
#include "tui/figure.h"

struct flame_matched {
	struct asked asked;
	char missing[96];
};

/* Asks what of the graph that `rows` asks for goes through frames with `search` in their names. As view_ops.fill. */
int flame_matched_fill(struct flame_matched *m, struct browser *b, const struct ask *rows, const char *search, struct err *err);
/* "12.3 %" of where the rows start; "" while it is not known. Returns out. */
char *flame_matched_share(const struct flame_matched *m, const struct table *rows, char out[FIGURE_BYTES]);
/* Where a search has looked that found none of the rows, as grid.missing; good until the next call. */
const char *flame_matched_missing(struct flame_matched *m, const struct table *rows);
void flame_matched_release(struct flame_matched *m);

#endif
