/* SPDX-License-Identifier: MIT
 *
 * A column of the screen stands for one slice, several, or a part of one: of several it shows the
 * largest, so that no peak disappears because the window is narrow.
 */
#include "tui/time_chart.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "tui/figure.h"
#include "tui/view.h"

static const struct series {
	const char *title;
	const char *column;
	enum unit unit;
	int rate;    /* 1: a second, rather than in a slice */
	int sampled; /* 1: not in every slice; it stays as it was until it is measured again */
} series[TIME_CHART_SERIES] = {
	{ "live heap", "live_bytes", UNIT_BYTES, 0, 0 },
	{ "resident", "rss_bytes", UNIT_BYTES, 0, 1 },
	{ "alloc rate", "allocations", UNIT_COUNT, 1, 0 },
	{ "lock wait", "wait_ns", UNIT_NS, 0, 0 },
};

enum { ALWAYS = 3 }; /* the first series, whatever there is in them */

enum {
	TITLE = 11,
	FIGURE = 10,
	BEFORE = 1 + TITLE + FIGURE + 1, /* columns before the charts */
};

static int64_t number_at(const struct table *t, size_t row, const char *column)
{
	int index = table_column(t, column);

	return index < 0 ? 0 : table_at(t, row, (size_t)index)->number;
}

/* Adds a series' figure of one row to the last slice, which this row may be the first of. */
static void add_figure(struct time_chart *c, int i, const struct table *t, size_t row, int first)
{
	int column = table_column(t, series[i].column);
	double seconds = (double)(number_at(t, row, "end_ns") - number_at(t, row, "start_ns")) / 1e9;
	double *figure = &c->figures[i][c->slices - 1], value;
	const struct value *cell = column < 0 ? NULL : table_at(t, row, (size_t)column);

	if (first)
		*figure = 0;
	if (cell && !cell->none) {
		value = (double)cell->number;
		if (series[i].rate)
			value = seconds > 0 ? value / seconds : 0;
		*figure += value;
	}
}

static void carry_unmeasured(double *figures, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (figures[i] <= 0)
			figures[i] = figures[i - 1];
}

/* Both are in the order of time. */
static void add_waits(struct time_chart *c, const struct table *waits)
{
	double *figures = c->figures[ALWAYS];
	size_t slice = 0;

	for (size_t row = 0; row < waits->row_count; row++) {
		while (slice < c->slices && c->starts[slice] < number_at(waits, row, "start_ns"))
			slice++;
		if (slice < c->slices)
			figures[slice] += (double)number_at(waits, row, "wait_ns");
	}
	c->shown = waits->row_count ? TIME_CHART_SERIES : ALWAYS;
}

static void add_row(struct time_chart *c, const struct table *t, size_t row)
{
	int64_t start = number_at(t, row, "start_ns");
	int first = !c->slices || c->starts[c->slices - 1] != start;

	c->slices += (size_t)first;
	c->end_ns = number_at(t, row, "end_ns");
	c->starts[c->slices - 1] = start;
	for (int i = 0; i < ALWAYS; i++)
		add_figure(c, i, t, row, first);
}

void time_chart_open(struct time_chart *c, const struct table *t, const struct table *waits)
{
	*c = (struct time_chart){ 0 };
	for (int i = 0; i < TIME_CHART_SERIES; i++)
		c->figures[i] = memory_zeroed(t->row_count + 1, sizeof(*c->figures[i]));
	c->starts = memory_zeroed(t->row_count + 1, sizeof(*c->starts));
	for (size_t row = 0; row < t->row_count; row++)
		add_row(c, t, row);
	for (int i = 0; i < TIME_CHART_SERIES; i++)
		if (series[i].sampled)
			carry_unmeasured(c->figures[i], c->slices);
	add_waits(c, waits);
}

void time_chart_release(struct time_chart *c)
{
	for (int i = 0; i < TIME_CHART_SERIES; i++)
		free(c->figures[i]);
	free(c->starts);
	*c = (struct time_chart){ 0 };
}

int time_chart_height(const struct time_chart *c, int rows)
{
	return c->shown * rows + 1;
}

/* The largest figure among the slices that column `x` of `columns` stands for. */
static double figure_of_column(const double *figures, size_t n, int x, int columns)
{
	size_t first = (size_t)x * n / (size_t)columns, end = (size_t)(x + 1) * n / (size_t)columns;
	double most = 0;

	if (end <= first)
		end = first + 1;
	for (size_t i = first; i < end && i < n; i++)
		if (figures[i] > most)
			most = figures[i];
	return most;
}

static void draw_series(const struct time_chart *c, int i, struct screen *s, struct rect area)
{
	int columns = area.width - BEFORE - 1;
	double *values = memory_zeroed((size_t)columns, sizeof(*values)), most = 0;
	char figure[FIGURE_BYTES], text[FIGURE_BYTES + 4];

	for (int x = 0; x < columns; x++) {
		values[x] = figure_of_column(c->figures[i], c->slices, x, columns);
		if (values[x] > most)
			most = values[x];
	}
	for (int x = 0; x < columns && most > 0; x++)
		values[x] /= most;
	figure_format(figure, series[i].unit, (int64_t)most, 0);
	snprintf(text, sizeof(text), "%s%s", most > 0 ? figure : "-", series[i].rate && most > 0 ? "/s" : "");
	screen_put(s, area.y, area.x + 1, TITLE, series[i].title, STYLE_PLAIN);
	screen_put_right(s, area.y, area.x + 1 + TITLE, FIGURE, text, STYLE_PLAIN);
	struct rect chart = { area.y, area.x + BEFORE, area.height, columns };

	screen_chart(s, chart, values, STYLE_BAR);
	free(values);
}

static void draw_axis(const struct time_chart *c, struct screen *s, struct rect area)
{
	int x = area.x + BEFORE, columns = area.width - BEFORE - 1;
	char text[FIGURE_BYTES];

	screen_put_right(s, area.y, area.x + 1 + TITLE, FIGURE, "largest", STYLE_DIM);
	screen_put(s, area.y, x, columns, "0 s", STYLE_DIM);
	screen_put_right(s, area.y, x, columns, figure_format(text, UNIT_NS, c->end_ns, 0), STYLE_DIM);
	if (columns >= 40)
		screen_put(s, area.y, x + columns / 2, columns / 2, figure_format(text, UNIT_NS, c->end_ns / 2, 0), STYLE_DIM);
}

void time_chart_draw(const struct time_chart *c, struct screen *s, struct rect area, int rows)
{
	if (area.width < BEFORE + 8)
		return;
	for (int i = 0; i < c->shown && area.height > 0; i++)
		draw_series(c, i, s, view_take(&area, rows));
	if (area.height > 0)
		draw_axis(c, s, area);
}
