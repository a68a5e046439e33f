/* SPDX-License-Identifier: MIT
 *
 * How long the waits for a lock and its holds were, a line each: half within, 99 of 100 within, the longest,
 * and a small chart whose every column is twice as long as the one before.
 */
#ifndef TUI_WAIT_CHART_H
#define TUI_WAIT_CHART_H

#include <stdint.h>

#include "analyzer/base/table.h"
#include "tui/screen.h"

/* Draws the line of one kind ("wait", "hold") out of the buckets of lock_view_distributions. `longest` is the largest figure
 * there was, -1: not known. All kinds are drawn over the same axis, so that lines below each other can be compared. */
void wait_chart_draw(const struct table *buckets, const char *kind, int64_t longest, struct screen *s, struct rect line, int exact);

#endif
