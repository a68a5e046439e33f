/* SPDX-License-Identifier: MIT
 *
 * A bucket goes to the column of the power of two it begins at. Percentiles lie within the bucket they
 * fall in as if its figures were evenly spread, and never beyond the longest; so does the report's.
 */
#include "tui/wait_chart.h"

#include <string.h>

#include "tui/figure.h"
#include "tui/row.h"

enum {
	COLUMNS = 64,   /* powers of two there are */
	LABEL = 6,
	MARK = 4,       /* "p99 " */
	GAP = 2,
	AXIS = 8,       /* a figure at either end of the chart */
	LEAST_CHART = 4,
};

struct distribution {
	double counts[COLUMNS];
	int first, last;         /* columns in use, by any kind */
	int from_zero;           /* the first of them begins at 0 */
	double count;
	int64_t p50, p99;
};

/* The first bucket begins at 0: it goes before the one it ends at. */
static int column_of(int64_t low, int64_t high)
{
	uint64_t ns = low > 0 ? (uint64_t)low : high > 1 ? (uint64_t)high / 2 : 1;

	return 63 - __builtin_clzll(ns);
}

/* How many are in a bucket of the kind. Counts are doubles: no sum of what a database says is too large. */
static double count_of(const struct table *t, size_t row, const char *kind)
{
	int64_t count = strcmp(row_text(t, row, "kind"), kind) ? 0 : row_number(t, row, "count");

	return count > 0 ? (double)count : 0;
}

/* What `wanted` of 100 lie within, if the figures in a bucket are evenly spread. */
static int64_t within(const struct table *t, const char *kind, double count, int wanted, int64_t longest)
{
	double beyond = count * (100 - wanted) / 100, seen = 0;
	double rank = count - (beyond < 1e15 ? (double)(int64_t)beyond : beyond);

	for (size_t row = 0; row < t->row_count; row++) {
		const struct value *end = row_cell(t, row, "high");
		int64_t low = row_number(t, row, "low"), high = end && (longest < 0 || end->number < longest) ? end->number : longest;
		double here = count_of(t, row, kind);

		if (seen + here >= rank && here > 0)
			return low >= 0 && low < high ? low + (int64_t)((double)(high - low) * ((rank - seen) / here) + 0.5) : high;
		seen += here;
	}
	return longest;
}

static void read_buckets(struct distribution *d, const struct table *t, const char *kind, int64_t longest)
{
	*d = (struct distribution){ .first = COLUMNS, .last = -1 };
	for (size_t row = 0; row < t->row_count; row++) {
		int column = column_of(row_number(t, row, "low"), row_number(t, row, "high"));

		d->from_zero |= !row_number(t, row, "low");
		d->first = column < d->first ? column : d->first;
		d->last = column > d->last ? column : d->last;
		d->counts[column] += count_of(t, row, kind);
		d->count += count_of(t, row, kind);
	}
	d->p50 = within(t, kind, d->count, 50, longest);
	d->p99 = within(t, kind, d->count, 99, longest);
}

/* The chart between the ends of its axis; columns are put together when there are too many. */
static void draw_chart(const struct distribution *d, struct screen *s, int y, int x, int room)
{
	int columns = d->last - d->first + 1, each = 1;
	double values[COLUMNS] = { 0 }, most = 0;
	char text[FIGURE_BYTES];

	room -= 2 * (AXIS + 1);
	if (room < LEAST_CHART || columns < 1)
		return;
	while ((columns + each - 1) / each > room)
		each++;
	for (int i = d->first; i <= d->last; i++) {
		double *value = &values[(i - d->first) / each];

		*value += d->counts[i];
		most = *value > most ? *value : most;
	}
	for (int i = 0; i < COLUMNS && most > 0; i++)
		values[i] /= most;
	struct rect chart = { y, x + AXIS + 1, 1, (columns + each - 1) / each };

	screen_put_right(s, y, x, AXIS, d->from_zero ? "0 s" : figure_format(text, UNIT_NS, (int64_t)1 << d->first, 0), STYLE_DIM);
	screen_chart(s, chart, values, STYLE_BAR);
	screen_put(s, y, chart.x + chart.width + 1, AXIS, d->last < 62 ? figure_format(text, UNIT_NS, (int64_t)2 << d->last, 0) : "", STYLE_DIM);
}

static int draw_figure(struct screen *s, int y, int x, const char *mark, int64_t value, int width, int exact)
{
	char text[FIGURE_BYTES] = "-";

	if (value >= 0)
		figure_format(text, UNIT_NS, value, exact);
	screen_put(s, y, x, MARK, mark, STYLE_DIM);
	screen_put_right(s, y, x + MARK, width, text, STYLE_PLAIN);
	return x + MARK + width + GAP;
}

void wait_chart_draw(const struct table *buckets, const char *kind, int64_t longest, struct screen *s, struct rect line, int exact)
{
	int x = line.x + 1, width = figure_width(UNIT_NS, longest, exact);
	struct distribution d;

	if (line.height < 1)
		return;
	read_buckets(&d, buckets, kind, longest);
	screen_put(s, line.y, x, LABEL, kind, STYLE_STRONG);
	x += LABEL;
	if (d.count <= 0 && longest <= 0) {
		screen_put(s, line.y, x, line.width - LABEL - 2, "none measured", STYLE_DIM);
		return;
	}
	x = draw_figure(s, line.y, x, "p50", d.count > 0 ? d.p50 : -1, width, exact);
	x = draw_figure(s, line.y, x, "p99", d.count > 0 ? d.p99 : -1, width, exact);
	x = draw_figure(s, line.y, x, "max", longest, width, exact);
	draw_chart(&d, s, line.y, x, line.x + line.width - 1 - x);
}
