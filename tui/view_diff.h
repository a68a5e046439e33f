/* SPDX-License-Identifier: MIT
 *
 * What views ask about two recordings.
 */
#ifndef TUI_VIEW_DIFF_H
#define TUI_VIEW_DIFF_H

#include "tui/ask.h"

/* The sites that differ (diff.h), whatever in; text: what has to be said with them; more: what the base lacks. */
extern const struct question question_diff;
/* The wholes of both, a row a measure; more: what the base lacks. */
extern const struct question question_wholes;

/* A line on a measure of the wholes, "A before.trace 119 KiB, B after.trace 198 KiB: +78.4 KiB, +66 %", into out. */
void view_diff_line(const struct table *wholes, size_t measure, const char *base_name, const char *name, int exact, char *out, size_t size);

#endif
