/* SPDX-License-Identifier: MIT
 *
 * Charts over time in which a span can be chosen, by keys or with the mouse, for all views to speak of: the lens's. Of the
 * whole recording or of one thing in it; the axis is the whole recording's either way.
 */
#ifndef TUI_TIME_PANE_H
#define TUI_TIME_PANE_H

#include "analyzer/report/course.h"
#include "tui/asked.h"
#include "tui/keymap.h"
#include "tui/mouse.h"
#include "tui/screen.h"
#include "tui/time_chart.h"

struct time_pane {
	enum course_of of;     /* COURSE_HEAP: of all, and waits asked for apart, so that they hold up nothing */
	int64_t id;
	int brief;             /* 1: few charts, and the cursor comes with v and goes with Escape */
	struct asked course, waits;
	struct time_chart chart;
	int64_t cursor_ns;     /* in the slice under the cursor; -1: where most is, until it was moved */
	int64_t anchor_ns;     /* in the slice where the span being chosen began */
	int has_cursor;
	int choosing;          /* 1: a span is */
	int dragging, dragged; /* by the mouse, which went to another slice */
};

/* `of` etc. are set; the rest is zeroed. */
void time_pane_open(struct time_pane *p);
/* As view_ops.fill. */
int time_pane_fill(struct time_pane *p, struct browser *b, struct err *err);
int time_pane_height(const struct time_pane *p, struct browser *b, int rows);
void time_pane_draw(struct time_pane *p, struct browser *b, struct screen *s, struct rect area, int rows);
/* As view_ops.act: what moves the cursor, begins, ends, gives up a span; without a cursor only what brings it and what clears the lens's. */
int time_pane_act(struct time_pane *p, struct browser *b, enum action action);
/* As view_ops.point. */
int time_pane_point(struct time_pane *p, struct browser *b, const struct mouse *m);
void time_pane_release(struct time_pane *p);

#endif
