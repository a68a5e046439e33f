/* SPDX-License-Identifier: MIT
 *
 * Flame graph: all stacks of a cost as frames on top of each other, each as wide as its share. The cursor is the selected row
 * of a grid that is never drawn, so that searching is as everywhere; keys move it by where frames stand. Zooming asks for the part
 * below a frame. Opened from a place in the program it is about the stacks through that function only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/export/export.h"
#include "analyzer/report/flame.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/cost_turn.h"
#include "tui/figure.h"
#include "tui/flame_ask.h"
#include "tui/flame_draw.h"
#include "tui/flame_layout.h"
#include "tui/flame_matched.h"
#include "tui/flame_path.h"
#include "tui/flame_zoom.h"
#include "tui/row.h"
#include "tui/view.h"
#include "tui/wording.h"

struct flame {
	struct asked rows, calls, costs;
	struct flame_matched matched;
	struct grid grid;            /* of the rows: the cursor, and searching */
	struct flame_layout layout;
	const char *cost;            /* static */
	struct flame_zoom zoom;
	char *cursor;                /* path; survives another cost, another span */
	size_t cursor_row;           /* the row it is about in the rows that are there */
	int bottom_up, upside_down, by_function;
	int top, follow;             /* the first level that is seen; 1: the cursor has to be */
	struct rect area;            /* of the frames, as drawn last */
};

static const struct grid_column flame_columns[] = {
	{ .name = "function", .title = "function", .flags = GRID_FUNCTION },
};

/* --- reading -------------------------------------------------------------------------------------- */

/* The cursor belongs on the frame at the end of a path, which is taken. */
static void point_to(struct flame *f, char *path)
{
	free(f->cursor);
	f->cursor = path;
	f->follow = 1;
}

static void flame_open(struct view *v)
{
	struct flame *f = v->data;

	f->cost = v->subject.cost ? v->subject.cost : cost_turn_first;
	flame_zoom_init(&f->zoom);
	point_to(f, memory_zeroed(1, 1));
}

static const struct table *rows_of(const struct flame *f)
{
	return asked_table(&f->rows);
}

/* New rows: the cursor goes to the frame it was on, or as near as there is one. */
static void take_rows(struct flame *f)
{
	f->cursor_row = flame_path_show(&f->grid, rows_of(f), flame_columns, 1, f->cursor);
	flame_layout_release(&f->layout); /* made anew when they are drawn, and empty until then */
	f->follow = 1;
}

/* Keys or a search have moved the cursor. */
static void mind_cursor(struct flame *f)
{
	if (!f->rows.answer || grid_row(&f->grid) < 0 || (size_t)grid_row(&f->grid) == f->cursor_row)
		return;
	f->cursor_row = (size_t)grid_row(&f->grid);
	point_to(f, flame_path_of(rows_of(f), f->cursor_row));
}

static int ask_calls(struct view *v, struct flame *f, struct ask ask, struct err *err)
{
	ask.name = flame_ask_count(f->cost);
	if (!ask.name || !f->rows.answer || !*f->cursor)
		return 0;
	ask.question = &question_flame_matched; /* nothing below it, and nothing to match */
	ask.text = f->cursor;
	return asked_for(&f->calls, v->browser, &ask, err);
}

static int flame_fill(struct view *v, struct err *err)
{
	static const struct ask costs = { &question_flame_costs, .id = 0 };
	struct flame *f = v->data;

	mind_cursor(f);
	const struct ask ask = { &question_flame, .id = v->subject.function_id, .number = f->bottom_up, .name = f->cost, .text = f->zoom.path };
	int first = asked_for(&f->rows, v->browser, &ask, err);

	if (first > 0 || f->grid.table != rows_of(f))
		take_rows(f);
	int second = f->rows.answer ? flame_matched_fill(&f->matched, v->browser, &ask, f->grid.search, err) : 0;
	int third = ask_calls(v, f, ask, err), fourth = asked_for(&f->costs, v->browser, &costs, err);

	f->grid.missing = flame_matched_missing(&f->matched, rows_of(f));
	return first < 0 || second < 0 || third < 0 || fourth < 0 ? -1 : first | second | third | fourth;
}

static void flame_close(struct view *v)
{
	struct flame *f = v->data;

	asked_release(&f->rows);
	flame_matched_release(&f->matched);
	asked_release(&f->calls);
	asked_release(&f->costs);
	grid_release(&f->grid);
	flame_layout_release(&f->layout);
	flame_zoom_release(&f->zoom);
	free(f->cursor);
}

/* --- drawing -------------------------------------------------------------------------------------- */

static struct flame_picture picture_of(struct view *v)
{
	struct flame *f = v->data;

	return (struct flame_picture){
		.table = rows_of(f), .layout = &f->layout, .search = f->grid.search, .cursor = f->cursor_row, .top = f->top,
		.upside_down = f->upside_down, .outwards = f->bottom_up, .by_module = !f->by_function, .exact = browser_exact(v->browser),
	};
}

/* "/sds 12.3 %   zoom: main   1.94 GiB" */
static void say_right(struct view *v, char *out, size_t size)
{
	struct flame *f = v->data;
	const struct table *t = rows_of(f);
	size_t start = flame_path_start(t);
	char figure[FIGURE_BYTES];
	int64_t whole = table_at(t, start, FLAME_VALUE)->number;

	out[0] = 0;
	if (f->grid.search[0])
		snprintf(out, size, "/%.40s %s   ", f->grid.search, flame_matched_share(&f->matched, t, figure));
	if (start)
		snprintf(out + strlen(out), size - strlen(out), "zoom: %.60s   ", table_at(t, start, FLAME_FUNCTION)->text);
	snprintf(out + strlen(out), size - strlen(out), "%s%s", figure_format(figure, t->columns[FLAME_VALUE].unit, whole, browser_exact(v->browser)),
	         t->total_rows > t->row_count ? ", cut" : "");
}

static void say_left(struct view *v, char *out, size_t size)
{
	struct flame *f = v->data;

	snprintf(out, size, "Flame graph by %s%s", wording_phrase(f->cost), f->bottom_up ? ", from the sites outwards" : "");
	if (v->subject.function_id)
		snprintf(out + strlen(out), size - strlen(out), ", through %s", v->subject.name);
}

/* The levels that are seen: the cursor's among them, and what it starts from near the edge. */
static void scroll(struct flame *f)
{
	const struct flame_box *cursor = flame_layout_box(&f->layout, rows_of(f), f->cursor_row);
	int most = f->layout.levels - f->area.height;

	if (f->follow && cursor) {
		if (cursor->level < f->top + 1)
			f->top = cursor->level - 1;
		if (cursor->level >= f->top + f->area.height - 1)
			f->top = cursor->level - f->area.height + 2;
	}
	f->top = f->top > most ? most : f->top;
	f->top = f->top < 0 ? 0 : f->top;
	f->follow = 0;
}

/* Lines for the details: all, some, or none in a small window. */
static int details_of(int height)
{
	return height >= 3 * FLAME_DETAILS ? FLAME_DETAILS : height > 6 ? 3 : 0;
}

static void draw_frames(struct view *v, struct screen *s, struct rect area)
{
	struct flame *f = v->data;
	struct rect frames = view_take(&area, area.height - details_of(area.height));

	if (f->layout.columns != frames.width)
		flame_layout_make(&f->layout, rows_of(f), frames.width);
	f->area = frames;
	scroll(f);
	const struct flame_picture p = picture_of(v);
	const struct table *calls = asked_table(&f->calls);
	const char *count = flame_ask_count(f->cost);
	size_t row = calls->row_count ? flame_path_start(calls) : 0;
	int known = count && *f->cursor && row && !asked_waits(&f->calls) &&
	            table_at(calls, row, FLAME_DEPTH_COLUMN)->number == table_at(p.table, p.cursor, FLAME_DEPTH_COLUMN)->number;

	flame_draw(&p, s, frames);
	flame_draw_details(&p, s, area, known ? table_at(calls, row, FLAME_VALUE)->number : -1, known ? wording_title(count) : "");
}

static void flame_draw_view(struct view *v, struct screen *s, struct rect area)
{
	struct flame *f = v->data;
	char left[700], right[200] = "";

	say_left(v, left, sizeof(left));
	f->area = (struct rect){ 0 };
	if (!f->rows.answer) {
		flame_draw_missing(&f->rows, s, view_heading(s, area, left, ""));
		return;
	}
	mind_cursor(f);
	say_right(v, right, sizeof(right));
	area = view_heading(s, area, left, right);
	if (rows_of(f)->row_count > 1)
		draw_frames(v, s, area);
	else
		screen_put(s, area.y, area.x + 1, area.width - 2, "Nothing of this was counted. m: another cost", STYLE_DIM);
}

/* --- keys ----------------------------------------------------------------------------------------- */

static void go(struct flame *f, const struct flame_box *box)
{
	if (box)
		grid_go(&f->grid, box->row);
	f->follow = 1;
}

static int climb(struct flame *f, int levels)
{
	go(f, flame_layout_climb(&f->layout, rows_of(f), f->cursor_row, levels));
	return 1;
}

static int step_aside(struct flame *f, int step)
{
	const struct flame_box *box = flame_layout_box(&f->layout, rows_of(f), f->cursor_row);

	if (box)
		go(f, flame_layout_beside(&f->layout, box, step));
	return 1;
}

static void turn(struct flame *f)
{
	f->bottom_up = !f->bottom_up;
	f->top = 0;
	flame_zoom_release(&f->zoom);
	flame_zoom_init(&f->zoom);
	point_to(f, memory_zeroed(1, 1));
}

static void zoom_in(struct view *v, struct flame *f)
{
	const struct table *t = rows_of(f);

	if (!t->row_count || f->cursor_row == flame_path_start(t))
		return;
	if (table_at(t, f->cursor_row, FLAME_KIND)->number == FLAME_OTHERS) {
		browser_say(v->browser, "These are many functions, each too small to be shown: zoom into the frame above them.");
		return;
	}
	flame_zoom_in(&f->zoom, f->cursor);
	f->top = (int)table_at(t, f->cursor_row, FLAME_DEPTH_COLUMN)->number - 1;
}

/* 1, or 0: there was no zoom. */
static int zoom_out(struct flame *f)
{
	char *was = flame_zoom_out(&f->zoom);

	if (was)
		point_to(f, was);
	return was != NULL;
}

static void next_cost(struct view *v, struct flame *f)
{
	v->subject.cost = f->cost = flame_ask_next_cost(asked_table(&f->costs), f->cost);
}

static int flame_act(struct view *v, enum action action, struct err *err)
{
	struct flame *f = v->data;
	int away = f->upside_down ? -1 : 1, page = f->area.height > 2 ? f->area.height - 2 : 1;

	(void)err;
	mind_cursor(f);
	switch (action) {
	case ACTION_DOWN:
		return climb(f, away);
	case ACTION_UP:
		return climb(f, -away);
	case ACTION_PAGE_DOWN:
		return climb(f, away * page);
	case ACTION_PAGE_UP:
		return climb(f, -away * page);
	case ACTION_LAST:
		return climb(f, FLAME_DEPTH);
	case ACTION_FIRST:
		if (rows_of(f)->row_count)
			grid_go(&f->grid, flame_path_start(rows_of(f)));
		return 1;
	case ACTION_LEFT:
		return step_aside(f, -1);
	case ACTION_RIGHT:
		return step_aside(f, 1);
	case ACTION_ENTER:
		zoom_in(v, f);
		return 1;
	case ACTION_BACK:
		return zoom_out(f);
	case ACTION_COST:
		next_cost(v, f);
		return 1;
	case ACTION_TURN:
		turn(f);
		return 1;
	case ACTION_OVER:
		f->upside_down = !f->upside_down;
		f->follow = 1;
		return 1;
	case ACTION_COLOURS:
		f->by_function = !f->by_function;
		browser_say(v->browser, "Colours by %s.", f->by_function ? "function" : "module");
		return 1;
	default:
		return 0;
	}
}

static int flame_point(struct view *v, const struct mouse *m, struct err *err)
{
	struct flame *f = v->data;
	const struct flame_picture p = picture_of(v);
	int away = f->upside_down ? -1 : 1;

	(void)err;
	if (!rect_has(f->area, m->y, m->x))
		return 0;
	const struct flame_box *box = flame_layout_at(&f->layout, flame_draw_level(&p, f->area, m->y), m->x - f->area.x);

	switch (m->kind) {
	case MOUSE_CLICK:
	case MOUSE_DOUBLE:
		go(f, box);
		mind_cursor(f);
		if (box && m->kind == MOUSE_DOUBLE)
			zoom_in(v, f);
		return 1;
	case MOUSE_WHEEL_UP:
		f->top -= 3 * away;
		return 1;
	case MOUSE_WHEEL_DOWN:
		f->top += 3 * away;
		return 1;
	default:
		return 0;
	}
}

static struct grid *flame_grid(struct view *v)
{
	struct flame *f = v->data;

	return f->rows.answer ? &f->grid : NULL;
}

/* Labels are ids of functions unless two recordings share them. */
static void flame_stacks(const struct view *v, struct export_query *q, char *said, size_t size)
{
	const struct flame *f = v->data;
	const struct table *t = asked_table(&f->rows);

	q->function_id = v->subject.function_id;
	snprintf(said, size, "%s%s", q->function_id ? " through " : "", q->function_id ? v->subject.name : "");
	if (!f->zoom.count || !t->row_count || browser_options(v->browser)->base_name)
		return;
	q->path = f->zoom.path;
	q->outwards = f->bottom_up;
	snprintf(said + strlen(said), size - strlen(said), " within %s", row_text(t, flame_path_start(t), "function"));
}

const struct view_ops view_flame = {
	.name = "flame", .title = "Flame graph", .number = '8', .help = "all stacks of a cost, each function as wide as its share",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_COST | KEYS_FRAMES | KEYS_TURN | KEYS_COLOURS | KEYS_EXPORT | KEYS_BACK,
	.private_size = sizeof(struct flame), .open = flame_open, .fill = flame_fill, .draw = flame_draw_view, .act = flame_act,
	.point = flame_point, .grid = flame_grid, .stacks = flame_stacks, .close = flame_close,
};
