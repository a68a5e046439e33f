/* SPDX-License-Identifier: MIT
 *
 * What views ask about two recordings.
 */
#ifndef TUI_VIEW_DIFF_H
#define TUI_VIEW_DIFF_H

#include "tui/ask.h"

/* The sites that differ (diff.h), whatever in; text: what has to be said with them; more: what either lacks. */
extern const struct question question_diff;
/* The wholes of both, a row a measure; more: what either lacks. */
extern const struct question question_wholes;

/* What changed of them in a line, "allocated +78.4 KiB (+66 %), calls +1 (+0.0 %), ..."; "" while there is no answer. */
void view_diff_changes(const struct table *wholes, int exact, char *out, size_t size);

#endif
