/* SPDX-License-Identifier: MIT
 *
 * Charts over time, one under the other over one axis: live heap, resident memory, allocations a second, time waited ...: as
 * many of them as there are figures for. Each is scaled to its own largest figure, which stands beside it. On the axis there
 * can be a cursor, whose figures are told in words, and a span that is marked. Draws and knows; keys are time_pane's.
 */
#ifndef TUI_TIME_CHART_H
#define TUI_TIME_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/table.h"
#include "tui/screen.h"

enum { TIME_CHART_SERIES = 8 };

struct time_chart {
	size_t slices;
	int64_t *starts, *ends;             /* of each slice */
	double *figures[TIME_CHART_SERIES]; /* one a slice, as in the tables; NULL: nothing is known of it */
	int shown[TIME_CHART_SERIES];       /* which are drawn, in order */
	int shown_count;
	int words;                          /* lines for them */
	struct rect plot;                   /* where columns stood when it was drawn last */
};

/* What is marked on it, by numbers of slices from 0. */
struct time_marks {
	int has_cursor, has_span;
	size_t cursor, first, last;
};

/* Of tables as course_read makes them, of the same slices: a series comes from the first that knows it; NULLs are left out. `brief`:
 * without those that say the same otherwise. */
void time_chart_open(struct time_chart *c, const struct table *const *tables, size_t count, int brief);
void time_chart_release(struct time_chart *c);
/* Rows it takes when each chart is `rows` high. */
int time_chart_height(const struct time_chart *c, const struct time_marks *marks, int rows);
void time_chart_draw(struct time_chart *c, const struct time_marks *marks, struct screen *s, struct rect area, int rows, int exact);

/* The slice that a column of the screen stands for, that of the nearest end for one beside the axis. There must be slices. */
size_t time_chart_slice_at(const struct time_chart *c, int x);
/* The slice in which the first series that there is anything of is largest; 0 if there is none. */
size_t time_chart_peak(const struct time_chart *c);
/* "at 41.2 s: 44.1 MiB live, 412 k allocations/s". Returns out. */
char *time_chart_say_slice(const struct time_chart *c, size_t slice, int exact, char *out, size_t size);
/* "10.0 s to 12.5 s: 1.20 M allocations, up to 44.1 MiB live". Returns out. */
char *time_chart_say_span(const struct time_chart *c, size_t first, size_t last, int exact, char *out, size_t size);

#endif
