/* SPDX-License-Identifier: MIT
 *
 * The recording at a glance: how it went over time, its processes, its locks in a line, the largest sites by two
 * measures, and what is missing. Left and right choose among the lists.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/report/lock_view.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/time_chart.h"
#include "tui/view.h"
#include "tui/view_sites.h"

enum { AT_PEAK, MOST, PROCESSES, LISTS };

enum { PROCESS_ROWS = 6 }; /* shown at the most */

struct overview {
	struct time_chart chart;
	const struct table *sites, *processes, *locks; /* the browser's; the lock that was waited for longest is the first */
	struct grid grids[LISTS];
	int focus;
};

#define SITE { .name = "function", .title = "site", .style = sites_style, .flags = GRID_FUNCTION }, \
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 2, .most = 24 }

static const struct grid_column at_peak_columns[] = {
	{ .name = "at_peak_bytes", .flags = GRID_COST | GRID_SUMS },
	SITE,
};

static const struct grid_column most_columns[] = {
	{ .name = "allocations", .flags = GRID_COST | GRID_SUMS },
	SITE,
};

static const struct grid_column process_columns[] = {
	{ .name = "pid", .title = "pid", .flags = GRID_ASCENDING },
	{ .name = "command", .title = "command", .most = 20 },
	{ .name = "duration_ns", .title = "ran", .priority = 4 },
	{ .name = "threads", .title = "threads", .priority = 7 },
	{ .name = "allocations", .title = "calls", .priority = 1 },
	{ .name = "allocated_bytes", .title = "allocated", .priority = 3 },
	{ .name = "peak_bytes", .title = "peak", .priority = 1 },
	{ .name = "leaked_bytes", .title = "leaked", .priority = 2 },
	{ .name = "temporary_allocations", .title = "temporary", .priority = 5 },
	{ .name = "lost_events", .title = "lost", .priority = 6 },
	{ .name = "ended", .title = "ended", .priority = 1, .most = 12 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *title;
	const struct grid_column *columns;
	size_t count;
} lists[LISTS] = {
	[AT_PEAK] = { "Largest at the peak", at_peak_columns, COUNT(at_peak_columns) },
	[MOST] = { "Most allocations", most_columns, COUNT(most_columns) },
	[PROCESSES] = { "Processes", process_columns, COUNT(process_columns) },
};

/* --- reading ---------------------------------------------------------------------------------------- */

static int open_chart(struct view *v, struct overview *o, struct err *err)
{
	const struct table *timeline = browser_report(v->browser, "timeline", err);
	struct table waits;

	if (!timeline || lock_view_timeline(browser_store(v->browser), &waits, err) < 0)
		return -1;
	time_chart_open(&o->chart, timeline, &waits);
	table_release(&waits);
	return 0;
}

static int overview_open(struct view *v, struct err *err)
{
	struct overview *o = v->data;

	if (!(o->sites = browser_report(v->browser, "hotspots", err)) || !(o->processes = browser_report(v->browser, "summary", err)) ||
	    !(o->locks = browser_report(v->browser, "locks", err)) || open_chart(v, o, err) < 0)
		return -1;
	for (int i = 0; i < LISTS; i++) {
		grid_open(&o->grids[i], i == PROCESSES ? o->processes : o->sites, lists[i].columns, lists[i].count);
		if (grid_cost(&o->grids[i]))
			grid_set_cost(&o->grids[i], grid_cost(&o->grids[i]));
	}
	return 0;
}

static void overview_close(struct view *v)
{
	struct overview *o = v->data;

	for (int i = 0; i < LISTS; i++)
		grid_release(&o->grids[i]);
	time_chart_release(&o->chart);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

static void draw_list(struct view *v, struct screen *s, int list, struct rect area)
{
	struct overview *o = v->data;
	struct rect rule = view_take(&area, 1);

	if (!rule.height)
		return;
	screen_rule(s, rule, lists[list].title);
	grid_place(&o->grids[list], area, browser_exact(v->browser));
	grid_draw(&o->grids[list], s, o->focus == list);
}

/* What the recording lost is never out of sight here. Takes its lines off the end of *area. */
static void draw_losses(struct view *v, struct screen *s, struct rect *area)
{
	const char *losses = browser_losses(v->browser);
	struct rect last = { 0, area->x + 1, 0, area->width - 2 };
	int lines = *losses ? screen_wrap(s, last, losses, STYLE_WARNING) : 1;

	last.height = lines < area->height / 3 ? lines : area->height / 3;
	area->height -= last.height;
	last.y = area->y + area->height;
	if (*losses)
		screen_wrap(s, last, losses, STYLE_WARNING);
	else if (last.height)
		screen_put(s, last.y, last.x, last.width, "Nothing is missing from this recording.", STYLE_DIM);
}

static int64_t sum(const struct table *t, const char *column)
{
	int64_t all = 0;

	for (size_t row = 0; row < t->row_count; row++)
		all += row_number(t, row, column);
	return all;
}

/* Waiting in a line, if there was any. Takes it off *area. */
static void draw_waiting(const struct overview *o, struct screen *s, struct rect *area, int exact)
{
	int64_t contended = sum(o->processes, "contended"), wait = sum(o->processes, "wait_ns");
	int64_t blocked = sum(o->processes, "blocked_ns"), most = o->locks->row_count ? row_number(o->locks, 0, "wait_ns") : 0;
	char figure[FIGURE_BYTES], text[512], name[160], more[GLYPH_BYTES];
	size_t used;

	if ((!contended && !wait && !blocked) || area->height < 5)
		return;
	struct rect line = view_take(area, 1);

	snprintf(text, sizeof(text), "%s contended", figure_format(figure, UNIT_COUNT, contended, exact));
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, ", %s waited", figure_format(figure, UNIT_NS, wait, exact));
	used = strlen(text);
	if (most > 0) {
		shorten_function(row_text(o->locks, 0, "lock"), 24, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
		snprintf(text + used, sizeof(text) - used, " (%s %s)", name, figure_format(figure, UNIT_NS, most, exact));
	}
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, ", %s blocked", figure_format(figure, UNIT_NS, blocked, exact));
	used = (size_t)screen_put(s, line.y, line.x + 1, line.width - 2, "locks", STYLE_STRONG);
	screen_put(s, line.y, line.x + 1 + (int)used + 2, line.width - 4 - (int)used, text, STYLE_PLAIN);
}

static void overview_draw(struct view *v, struct screen *s, struct rect area)
{
	struct overview *o = v->data;
	int processes = (int)o->processes->row_count < PROCESS_ROWS ? (int)o->processes->row_count : PROCESS_ROWS;
	int rows = area.height < 26 ? 1 : area.height < 36 ? 2 : 4;

	draw_losses(v, s, &area);
	time_chart_draw(&o->chart, s, view_take(&area, time_chart_height(&o->chart, rows)), rows);
	draw_waiting(o, s, &area, browser_exact(v->browser));
	if (area.height >= processes + 2 + 4)
		draw_list(v, s, PROCESSES, view_take(&area, processes + 2));
	struct rect left = area, right = area;

	left.width = area.width / 2 - 1;
	right.x += left.width + 2;
	right.width = area.width - left.width - 2;
	draw_list(v, s, AT_PEAK, left);
	draw_list(v, s, MOST, right);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct grid *overview_grid(struct view *v)
{
	struct overview *o = v->data;

	return &o->grids[o->focus];
}

static int overview_act(struct view *v, enum action action, struct err *err)
{
	struct overview *o = v->data;

	switch (action) {
	case ACTION_ENTER:
		if (o->focus == PROCESSES)
			return 1;
		return sites_open_row(v, &o->grids[o->focus], err);
	case ACTION_LEFT:
		o->focus = (o->focus + LISTS - 1) % LISTS;
		return 1;
	case ACTION_RIGHT:
		o->focus = (o->focus + 1) % LISTS;
		return 1;
	default:
		return grid_act(&o->grids[o->focus], action);
	}
}

const struct view_ops view_overview = {
	.name = "overview", .title = "Overview", .number = '1', .help = "the recording at a glance",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_PANES, .private_size = sizeof(struct overview), .open = overview_open,
	.draw = overview_draw, .act = overview_act, .grid = overview_grid, .close = overview_close,
};
