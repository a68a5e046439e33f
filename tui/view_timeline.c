/* SPDX-License-Identifier: MIT
 *
 * How it went over time, as large as there is room: the whole recording, or what the view was opened about. Where a span is chosen
 * for all views to speak of.
 */
#include "tui/view_timeline.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/export/export.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/time_pane.h"

enum { MOST_ROWS = 12 }; /* of a chart: higher ones say no more */

struct timeline {
	struct time_pane pane;
	struct grid rows; /* what the charts are made of: never drawn, but exported, and explained by the help */
};

static const struct grid_column columns[] = {
	{ .name = "most_live_bytes", .title = "live heap" }, { .name = "live_bytes", .title = "live heap" }, { .name = "rss_bytes", .title = "resident" },
	{ .name = "allocations", .title = "alloc rate" }, { .name = "allocated_bytes", .title = "allocated" }, { .name = "wait_ns", .title = "lock wait" },
	{ .name = "blocked_ns", .title = "blocked" }, { .name = "caused_wait_ns", .title = "caused wait" }, { .name = "threads", .title = "threads" },
};

/* What a subject is about. Rows about waiting are about a lock and who waited for it: the second is what to look at. */
static enum course_of course_of(const struct subject *subject, int64_t *id)
{
	const struct {
		enum course_of of;
		int64_t id;
	} ways[] = {
		{ COURSE_THREAD, subject->thread_id }, { COURSE_STACK, subject->lock_id ? 0 : subject->stack_id }, { COURSE_SITE, subject->site_id },
		{ COURSE_FUNCTION, subject->function_id }, { COURSE_LOCK, subject->lock_id },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		*id = ways[i].id;
		if (*id)
			return ways[i].of;
	}
	return COURSE_ALL;
}

int view_timeline_open(struct browser *b, const struct subject *subject)
{
	int64_t id;

	if (course_of(subject, &id) != COURSE_ALL)
		return browser_enter(b, &view_timeline, subject);
	browser_say(b, "What it cost over time is not known.");
	return 1;
}

static void timeline_open(struct view *v)
{
	struct timeline *t = v->data;

	t->pane.of = course_of(&v->subject, &t->pane.id);
	time_pane_open(&t->pane);
}

static int timeline_fill(struct view *v, struct err *err)
{
	struct timeline *t = v->data;
	int news = time_pane_fill(&t->pane, v->browser, err);
	const struct table *table = asked_table(&t->pane.course);

	if (news > 0 || t->rows.table != table) {
		grid_release(&t->rows);
		grid_open(&t->rows, table, columns, sizeof(columns) / sizeof(columns[0]));
	}
	return news;
}

static void timeline_close(struct view *v)
{
	struct timeline *t = v->data;

	grid_release(&t->rows);
	time_pane_release(&t->pane);
}

static void draw_heading(struct view *v, struct screen *s, struct rect *area)
{
	const struct timeline *t = v->data;
	const struct time_chart *c = &t->pane.chart;
	char left[512] = "The whole recording over time", right[80] = "", length[FIGURE_BYTES];

	if (c->slices)
		snprintf(right, sizeof(right), "%zu slices of %s", c->slices, figure_format(length, UNIT_NS, c->ends[0] - c->starts[0], 0));
	if (v->below) {
		view_path(v, s->ascii, area->width - (int)strlen(right) - 16, left, sizeof(left) - 16);
		strcat(left, " over time");
	}
	*area = view_heading(s, *area, left, right);
}

static void draw_no_charts(const struct time_pane *p, struct screen *s, struct rect area)
{
	struct rect below = { area.y + 1, area.x + 1, area.height - 1, area.width - 2 };

	if (*asked_failure(&p->course))
		screen_wrap(s, below, asked_failure(&p->course), STYLE_WARNING);
	else if (!p->course.answer)
		view_reading(s, area);
	else if (!p->chart.slices)
		screen_wrap(s, below, "Nothing was recorded.", STYLE_PLAIN);
	else
		screen_wrap(s, below, p->of == COURSE_LOCK ? "Nobody had to wait for it." : "It neither asked for memory nor waited at any time.", STYLE_PLAIN);
}

static void timeline_draw(struct view *v, struct screen *s, struct rect area)
{
	struct timeline *t = v->data;
	struct time_pane *p = &t->pane;
	int count = p->chart.shown_count, rows;

	draw_heading(v, s, &area);
	if (!count) {
		draw_no_charts(p, s, area);
		return;
	}
	rows = (area.height - time_pane_height(p, v->browser, 0)) / count;
	time_pane_draw(p, v->browser, s, area, rows < 1 ? 1 : rows < MOST_ROWS ? rows : MOST_ROWS);
}

static int timeline_act(struct view *v, enum action action, struct err *err)
{
	struct timeline *t = v->data;

	(void)err;
	if (action == ACTION_TIMELINE)
		return 1;
	return time_pane_act(&t->pane, v->browser, action);
}

static int timeline_point(struct view *v, const struct mouse *m, struct err *err)
{
	struct timeline *t = v->data;

	(void)err;
	return time_pane_point(&t->pane, v->browser, m);
}

static struct grid *timeline_grid(struct view *v)
{
	struct timeline *t = v->data;

	return t->rows.table ? &t->rows : NULL;
}

static int timeline_subject(struct view *v, struct subject *subject)
{
	*subject = v->subject;
	return v->below != NULL;
}

static const char *timeline_report(const struct view *v)
{
	return v->below ? NULL : "timeline";
}

static void timeline_stacks(const struct view *v, struct export_query *q, char *said, size_t size)
{
	const struct timeline *t = v->data;
	const int64_t id = t->pane.id;

	q->site_id = t->pane.of == COURSE_SITE ? id : 0;
	q->function_id = t->pane.of == COURSE_FUNCTION ? id : 0;
	q->stack_id = t->pane.of == COURSE_STACK ? id : 0;
	q->lock_id = t->pane.of == COURSE_LOCK ? id : 0;
	if (q->site_id || q->function_id || q->stack_id || q->lock_id)
		snprintf(said, size, " of %s", v->subject.name);
}

const struct view_ops view_timeline = {
	.name = "timeline", .title = "Timeline", .help = "how it went over time; choose a span for all views to speak of", .keys = KEYS_SPAN | KEYS_AXIS,
	.private_size = sizeof(struct timeline), .open = timeline_open, .fill = timeline_fill, .draw = timeline_draw, .act = timeline_act,
	.point = timeline_point, .grid = timeline_grid, .subject = timeline_subject, .stacks = timeline_stacks, .report = timeline_report, .close = timeline_close,
};
