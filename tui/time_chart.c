/* SPDX-License-Identifier: MIT
 *
 * A column of the screen stands for one slice, several, or a part of one: of several it shows the
 * largest, so that no peak disappears because the window is narrow.
 */
#include "tui/time_chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/view.h"

static const struct series {
	const char *title;
	const char *column, *otherwise; /* the second where nothing is known of the first; or NULL */
	enum unit unit;
	int rate;     /* 1: drawn a second */
	int sum;      /* 1: drawn as what a slice has of it */
	int sampled;  /* 1: not in every slice; it stays as it was until it is measured again */
	int brief;    /* 1: not left out where there is little room */
	int always;   /* 1: and drawn there even when it is nothing all the time */
	const char *words, *one; /* after a figure; `one` if it is 1 */
	const char *a_second;    /* after that of a rate */
} series[TIME_CHART_SERIES] = {
	{ "live heap", "most_live_bytes", "live_bytes", UNIT_BYTES, .brief = 1, .always = 1, .words = "live", .one = "live" },
	{ "resident", "rss_bytes", NULL, UNIT_BYTES, .sampled = 1, .brief = 1, .always = 1, .words = "resident", .one = "resident" },
	{ "alloc rate", "allocations", NULL, UNIT_COUNT, .rate = 1, .brief = 1, .always = 1, .words = "allocations", .one = "allocation",
	  .a_second = "allocations/s" },
	{ "allocated", "allocated_bytes", NULL, UNIT_BYTES, .rate = 1, .words = "allocated", .one = "allocated", .a_second = "allocated/s" },
	{ "lock wait", "wait_ns", NULL, UNIT_NS, .sum = 1, .brief = 1, .words = "waited", .one = "waited" },
	{ "blocked", "blocked_ns", NULL, UNIT_NS, .sum = 1, .words = "blocked", .one = "blocked" },
	{ "caused wait", "caused_wait_ns", NULL, UNIT_NS, .sum = 1, .words = "of waiting caused", .one = "of waiting caused" },
	{ "threads", "threads", NULL, UNIT_COUNT, .words = "threads", .one = "thread" },
};

enum {
	TITLE = 11,
	FIGURE = 10,
	BEFORE = 1 + TITLE + FIGURE + 1, /* columns before the charts */
	LEAST_WIDTH = BEFORE + 8,
};

/* --- figures ------------------------------------------------------------------------------------------ */

static int knows(const struct table *t, const char *column)
{
	for (size_t row = 0; row < t->row_count; row++)
		if (row_cell(t, row, column))
			return 1;
	return 0;
}

static double *read_figures(const struct table *t, const char *column, size_t slices, int sampled)
{
	double *figures = memory_zeroed(slices + 1, sizeof(*figures));

	for (size_t i = 0; i < slices && i < t->row_count; i++) {
		const struct value *cell = row_cell(t, i, column);
		if (cell)
			figures[i] = (double)cell->number;
		else if (sampled && i)
			figures[i] = figures[i - 1];
	}
	return figures;
}

static double most_of(const double *figures, size_t first, size_t last)
{
	double most = 0;

	for (size_t i = first; i <= last; i++)
		most = figures[i] > most ? figures[i] : most;
	return most;
}

static double sum_of(const double *figures, size_t first, size_t last)
{
	double sum = 0;

	for (size_t i = first; i <= last; i++)
		sum += figures[i];
	return sum;
}

/* Over a span; else it is a state, of which a span has its largest. */
static int adds_up(int i)
{
	return series[i].rate || series[i].sum;
}

static void open_series(struct time_chart *c, int i, const struct table *const *tables, size_t count, int brief)
{
	const struct series *of = &series[i];

	for (size_t k = 0; k < count && !c->figures[i]; k++) {
		const char *column = !tables[k] ? NULL : knows(tables[k], of->column) ? of->column : of->otherwise;
		if (column && knows(tables[k], column))
			c->figures[i] = read_figures(tables[k], column, c->slices, of->sampled);
	}
	if (c->figures[i] && (of->brief || !brief) && ((of->always && brief) || most_of(c->figures[i], 0, c->slices - 1) > 0))
		c->shown[c->shown_count++] = i;
}

void time_chart_open(struct time_chart *c, const struct table *const *tables, size_t count, int brief)
{
	const struct table *axis = NULL;

	*c = (struct time_chart){ .plot = c->plot, .words = brief ? 1 : 2 };
	for (size_t k = 0; k < count && !axis; k++)
		axis = tables[k] && tables[k]->row_count ? tables[k] : NULL;
	if (!axis)
		return;
	c->slices = axis->row_count;
	c->starts = memory_zeroed(c->slices, sizeof(*c->starts));
	c->ends = memory_zeroed(c->slices, sizeof(*c->ends));
	for (size_t i = 0; i < c->slices; i++) {
		c->starts[i] = row_number(axis, i, "start_ns");
		c->ends[i] = row_number(axis, i, "end_ns");
	}
	for (int i = 0; i < TIME_CHART_SERIES; i++)
		open_series(c, i, tables, count, brief);
}

void time_chart_release(struct time_chart *c)
{
	for (int i = 0; i < TIME_CHART_SERIES; i++)
		free(c->figures[i]);
	free(c->starts);
	free(c->ends);
	*c = (struct time_chart){ .plot = c->plot };
}

static double figure_of_slice(const struct time_chart *c, int i, size_t slice)
{
	double seconds = ((double)c->ends[slice] - (double)c->starts[slice]) / 1e9;

	if (!series[i].rate)
		return c->figures[i][slice];
	return seconds > 0 ? c->figures[i][slice] / seconds : 0;
}

size_t time_chart_peak(const struct time_chart *c)
{
	int most = 0;
	size_t peak = 0;

	while (most + 1 < c->shown_count && most_of(c->figures[c->shown[most]], 0, c->slices - 1) <= 0)
		most++;
	for (size_t i = 1; c->shown_count && i < c->slices; i++)
		if (figure_of_slice(c, c->shown[most], i) > figure_of_slice(c, c->shown[most], peak))
			peak = i;
	return peak;
}

/* --- words -------------------------------------------------------------------------------------------- */

static char *format(char out[FIGURE_BYTES], enum unit unit, double value, int exact)
{
	return figure_format(out, unit, value < 9e18 ? (int64_t)(value + 0.5) : INT64_MAX, exact);
}

/* "412 k allocations", "up to 1.94 GiB live"; nothing of nothing. */
static void say(char *out, size_t size, int i, const char *before, double value, const char *after, int exact)
{
	size_t used = strlen(out);
	char figure[FIGURE_BYTES];

	if (value < 0.5)
		return;
	format(figure, series[i].unit, value, exact);
	if (!after)
		after = value < 1.5 ? series[i].one : series[i].words;
	snprintf(out + used, size - used, "%s%s%s %s", out[used - 2] == ':' ? "" : ", ", before, figure, after);
}

static char *say_nothing(char *out, size_t size)
{
	size_t used = strlen(out);

	if (out[used - 2] == ':')
		snprintf(out + used, size - used, "nothing");
	return out;
}

char *time_chart_say_slice(const struct time_chart *c, size_t slice, int exact, char *out, size_t size)
{
	char from[FIGURE_BYTES];

	snprintf(out, size, "at %s: ", figure_format(from, UNIT_NS, c->starts[slice], 0));
	for (int k = 0; k < c->shown_count; k++)
		say(out, size, c->shown[k], "", figure_of_slice(c, c->shown[k], slice), series[c->shown[k]].a_second, exact);
	return say_nothing(out, size);
}

char *time_chart_say_span(const struct time_chart *c, size_t first, size_t last, int exact, char *out, size_t size)
{
	char from[FIGURE_BYTES], to[FIGURE_BYTES];

	snprintf(out, size, "%s to %s: ", figure_format(from, UNIT_NS, c->starts[first], 0), figure_format(to, UNIT_NS, c->ends[last], 0));
	for (int k = 0; k < c->shown_count; k++)
		if (adds_up(c->shown[k]))
			say(out, size, c->shown[k], "", sum_of(c->figures[c->shown[k]], first, last), NULL, exact);
	for (int k = 0; k < c->shown_count; k++)
		if (!adds_up(c->shown[k]))
			say(out, size, c->shown[k], "up to ", most_of(c->figures[c->shown[k]], first, last), NULL, exact);
	return say_nothing(out, size);
}

/* --- columns ------------------------------------------------------------------------------------------ */

/* The slices that column `x` of `columns` stands for: *first up to before *end. */
static void slices_of_column(const struct time_chart *c, int x, int columns, size_t *first, size_t *end)
{
	*first = (size_t)x * c->slices / (size_t)columns;
	*end = (size_t)(x + 1) * c->slices / (size_t)columns;
	if (*end <= *first)
		*end = *first + 1;
}

size_t time_chart_slice_at(const struct time_chart *c, int x)
{
	int column = x - c->plot.x;
	size_t first, end;

	if (column < 0 || c->plot.width <= 0)
		return 0;
	if (column >= c->plot.width)
		return c->slices - 1;
	slices_of_column(c, column, c->plot.width, &first, &end);
	return first + (end - first) / 2;
}

static unsigned style_of_column(const struct time_chart *c, const struct time_marks *marks, int x, int columns)
{
	unsigned style = STYLE_BAR;
	size_t first, end;

	slices_of_column(c, x, columns, &first, &end);
	if (marks->has_span && first <= marks->last && end > marks->first)
		style = STYLE_CURSOR_SPAN;
	return marks->has_cursor && first <= marks->cursor && end > marks->cursor ? style | STYLE_SELECTED : style;
}

/* --- drawing ------------------------------------------------------------------------------------------ */

static void draw_series(struct time_chart *c, int i, const struct time_marks *marks, struct screen *s, struct rect area)
{
	int columns = area.width - BEFORE - 1;
	double *values = memory_zeroed((size_t)columns, sizeof(*values)), most = 0;
	char figure[FIGURE_BYTES], text[FIGURE_BYTES + 4];
	size_t first, end;

	for (int x = 0; x < columns && c->slices; x++) {
		slices_of_column(c, x, columns, &first, &end);
		for (size_t slice = first; slice < end && slice < c->slices; slice++)
			if (figure_of_slice(c, i, slice) > values[x])
				values[x] = figure_of_slice(c, i, slice);
		most = values[x] > most ? values[x] : most;
	}
	format(figure, series[i].unit, most, 0);
	snprintf(text, sizeof(text), "%s%s", most > 0 ? figure : "-", series[i].rate && most > 0 ? "/s" : "");
	screen_put(s, area.y, area.x + 1, TITLE, series[i].title, STYLE_PLAIN);
	screen_put_right(s, area.y, area.x + 1 + TITLE, FIGURE, text, STYLE_PLAIN);
	for (int x = 0; x < columns; x++) {
		double value = most > 0 ? values[x] / most : 0;
		screen_chart(s, (struct rect){ area.y, area.x + BEFORE + x, area.height, 1 }, &value, style_of_column(c, marks, x, columns));
	}
	free(values);
}

static void draw_axis(const struct time_chart *c, struct screen *s, struct rect area)
{
	int x = area.x + BEFORE, columns = area.width - BEFORE - 1;
	int64_t end = c->slices ? c->ends[c->slices - 1] : 0;
	char text[FIGURE_BYTES];

	screen_put_right(s, area.y, area.x + 1 + TITLE, FIGURE, "largest", STYLE_DIM);
	screen_put(s, area.y, x, columns, "0 s", STYLE_DIM);
	screen_put_right(s, area.y, x, columns, figure_format(text, UNIT_NS, end, 0), STYLE_DIM);
	if (columns >= 40)
		screen_put(s, area.y, x + columns / 2, columns / 2, figure_format(text, UNIT_NS, end / 2, 0), STYLE_DIM);
}

/* Colours do not say it alone: "[----^----]" under the charts, as long as the span. */
static void draw_marks(const struct time_chart *c, const struct time_marks *marks, struct screen *s, struct rect line)
{
	int columns = line.width - BEFORE - 1, first_of_span = -1, last_of_span = -1, of_cursor = -1, x = line.x + BEFORE;
	char text[FIGURE_BYTES];

	for (int i = columns - 1; i >= 0; i--) {
		unsigned style = style_of_column(c, marks, i, columns);
		of_cursor = style & STYLE_SELECTED ? i : of_cursor;
		if ((style & ~(unsigned)STYLE_SELECTED) != STYLE_CURSOR_SPAN)
			continue;
		first_of_span = i;
		last_of_span = last_of_span < 0 ? i : last_of_span;
	}
	screen_put(s, line.y, line.x + 1, TITLE, marks->has_span ? "span" : "cursor", STYLE_PLAIN);
	screen_put_right(s, line.y, line.x + 1 + TITLE, FIGURE,
	                 figure_format(text, UNIT_NS, marks->has_span ? c->ends[marks->last] - c->starts[marks->first] : c->starts[marks->cursor], 0), STYLE_PLAIN);
	if (first_of_span >= 0) {
		screen_fill(s, line.y, x + first_of_span, last_of_span - first_of_span, glyph_set(s->ascii)->rule, STYLE_PLAIN);
		screen_put(s, line.y, x + first_of_span, 1, "[", STYLE_STRONG);
		screen_put(s, line.y, x + last_of_span, 1, first_of_span < last_of_span ? "]" : "|", STYLE_STRONG);
	}
	if (of_cursor >= 0)
		screen_put(s, line.y, x + of_cursor, 1, "^", STYLE_STRONG);
}

int time_chart_height(const struct time_chart *c, const struct time_marks *marks, int rows)
{
	if (!c->slices)
		return 1;
	return c->shown_count * rows + 1 + (marks->has_span || marks->has_cursor) + (marks->has_cursor ? c->words : 0);
}

void time_chart_draw(struct time_chart *c, const struct time_marks *marks, struct screen *s, struct rect area, int rows, int exact)
{
	char words[512];

	c->plot = (struct rect){ area.y, area.x + BEFORE, c->shown_count * rows, area.width - BEFORE - 1 };
	if (area.width < LEAST_WIDTH) {
		c->plot.height = 0;
		return;
	}
	for (int k = 0; k < c->shown_count && area.height > 0; k++)
		draw_series(c, c->shown[k], marks, s, view_take(&area, rows));
	if (c->slices && area.height > 0 && (marks->has_span || marks->has_cursor))
		draw_marks(c, marks, s, view_take(&area, 1));
	if (area.height > 0)
		draw_axis(c, s, view_take(&area, 1));
	if (!c->slices || area.height <= 0 || !marks->has_cursor)
		return;
	if (marks->has_span && marks->cursor >= marks->first && marks->cursor <= marks->last)
		time_chart_say_span(c, marks->first, marks->last, exact, words, sizeof(words));
	else
		time_chart_say_slice(c, marks->cursor, exact, words, sizeof(words));
	if (c->words > 1 && area.height > 1)
		screen_wrap(s, (struct rect){ area.y, area.x + 1, area.height, area.width - 2 }, words, STYLE_PLAIN);
	else
		screen_put(s, area.y, area.x + 1, area.width - 2, words, STYLE_PLAIN);
}
