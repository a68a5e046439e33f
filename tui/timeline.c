/* SPDX-License-Identifier: MIT
 *
 * A column of the screen stands for one slice, several, or a part of one: of several it shows the
 * largest, so that no peak disappears because the window is narrow.
 */
#include "tui/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/overview.h"
#include "tui/figure.h"
#include "tui/view.h"

static const struct series {
	const char *title;
	const char *column;
	enum unit unit;
	int rate; /* 1: a second, rather than in a slice */
} series[] = {
	{ "live heap", "live_bytes", UNIT_BYTES, 0 },
	{ "resident", "rss_bytes", UNIT_BYTES, 0 },
	{ "alloc rate", "allocations", UNIT_COUNT, 1 },
};

enum {
	SERIES = sizeof(series) / sizeof(series[0]),
	TITLE = 11,
	FIGURE = 10,
	BEFORE = 1 + TITLE + FIGURE + 1, /* columns before the charts */
};

int timeline_read(struct timeline *t, struct store *s, struct err *err)
{
	return overview_timeline(s, &t->slices, err);
}

void timeline_release(struct timeline *t)
{
	table_release(&t->slices);
}

int timeline_height(int chart)
{
	return SERIES * chart + 1;
}

/* A slice's figure; what was not measured in it is as it was last. */
static double figure_at(const struct table *t, size_t slice, const struct series *of)
{
	size_t column = (size_t)table_column(t, of->column);
	double seconds = (double)(table_at(t, slice, 1)->number - table_at(t, slice, 0)->number) / 1e9;
	const struct value *value;

	if (of->rate) {
		value = table_at(t, slice, column);
		return !value->none && seconds > 0 ? (double)value->number / seconds : 0;
	}
	while (table_at(t, slice, column)->none && slice > 0)
		slice--;
	value = table_at(t, slice, column);
	return value->none ? 0 : (double)value->number;
}

/* The largest figure among the slices that column `x` of `columns` stands for. */
static double figure_of_column(const struct table *t, int x, int columns, const struct series *of)
{
	size_t n = t->row_count, first = (size_t)x * n / (size_t)columns, end = (size_t)(x + 1) * n / (size_t)columns;
	double most = 0;

	if (end <= first)
		end = first + 1;
	for (size_t i = first; i < end && i < n; i++)
		if (figure_at(t, i, of) > most)
			most = figure_at(t, i, of);
	return most;
}

static void draw_series(const struct table *t, struct screen *s, struct rect area, const struct series *of)
{
	int columns = area.width - BEFORE - 1;
	double *values = memory_zeroed((size_t)columns, sizeof(*values)), most = 0;
	char figure[FIGURE_BYTES], text[FIGURE_BYTES + 4];

	for (int x = 0; x < columns; x++) {
		values[x] = figure_of_column(t, x, columns, of);
		if (values[x] > most)
			most = values[x];
	}
	for (int x = 0; x < columns && most > 0; x++)
		values[x] /= most;
	figure_format(figure, of->unit, (int64_t)most, 0);
	snprintf(text, sizeof(text), "%s%s", most > 0 ? figure : "-", of->rate && most > 0 ? "/s" : "");
	screen_put(s, area.y, area.x + 1, TITLE, of->title, STYLE_PLAIN);
	screen_put_right(s, area.y, area.x + 1 + TITLE, FIGURE, text, STYLE_PLAIN);
	struct rect chart = { area.y, area.x + BEFORE, area.height, columns };

	screen_chart(s, chart, values, STYLE_BAR);
	free(values);
}

static void draw_axis(const struct table *t, struct screen *s, struct rect area)
{
	int x = area.x + BEFORE, columns = area.width - BEFORE - 1;
	char text[FIGURE_BYTES];
	int64_t end = t->row_count ? table_at(t, t->row_count - 1, 1)->number : 0;

	screen_put_right(s, area.y, area.x + 1 + TITLE, FIGURE, "largest", STYLE_DIM);
	screen_put(s, area.y, x, columns, "0 s", STYLE_DIM);
	screen_put_right(s, area.y, x, columns, figure_format(text, UNIT_NS, end, 0), STYLE_DIM);
	if (columns >= 40)
		screen_put(s, area.y, x + columns / 2, columns / 2, figure_format(text, UNIT_NS, end / 2, 0), STYLE_DIM);
}

void timeline_draw(const struct timeline *t, struct screen *s, struct rect area, int chart)
{
	if (area.width < BEFORE + 8)
		return;
	for (int i = 0; i < SERIES && area.height > 0; i++)
		draw_series(&t->slices, s, view_take(&area, chart), &series[i]);
	if (area.height > 0)
		draw_axis(&t->slices, s, area);
}
