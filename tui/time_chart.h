/* SPDX-License-Identifier: MIT
 *
 * The recording over time as charts, one under the other over one axis: live heap, resident memory,
 * allocations a second, and the time waited for locks, by when the waits ended, if there was any. Scaled each to its own largest figure, which stands beside it. All processes
 * are added up; a slice's live heap is then the sum of each one's largest in it.
 */
#ifndef TUI_TIME_CHART_H
#define TUI_TIME_CHART_H

#include <stddef.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"
#include "tui/screen.h"

#define TIME_CHART_SERIES 4

struct time_chart {
	size_t slices;
	double *figures[TIME_CHART_SERIES]; /* one a slice */
	int64_t *starts;                    /* when each begins */
	int shown;                          /* series that are drawn: the first ones */
	int64_t end_ns;
};

/* Adds up the rows of the report "timeline", which come slice by slice, and those of lock_view_timeline. */
void time_chart_open(struct time_chart *c, const struct table *timeline, const struct table *waits);
void time_chart_release(struct time_chart *c);
/* Rows it takes when each chart is `rows` high. */
int time_chart_height(const struct time_chart *c, int rows);
void time_chart_draw(const struct time_chart *c, struct screen *s, struct rect area, int rows);

#endif
