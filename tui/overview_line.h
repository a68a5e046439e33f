/* SPDX-License-Identifier: MIT
 *
 * The lines of the overview: what changed since the recording it is compared with, the waiting, the mappings. Each takes a line off
 * *area if there is something to say and room for it, else nothing.
 */
#ifndef TUI_OVERVIEW_LINE_H
#define TUI_OVERVIEW_LINE_H

#include "analyzer/base/table.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/screen.h"

/* `wholes` is the answer of question_wholes, of two recordings. */
void overview_line_changes(struct screen *s, struct rect *area, struct browser *b, const struct asked *wholes);
/* `processes` are rows of the summary, `locks` of the locks, the longest waited for first. */
void overview_line_waiting(struct screen *s, struct rect *area, const struct table *processes, const struct table *locks, int exact);
void overview_line_mapped(struct screen *s, struct rect *area, const struct table *processes, int exact);

#endif
