/* SPDX-License-Identifier: MIT
 *
 * Cursor and span are kept as times, so that they survive another database with other slices.
 */
#include "tui/time_pane.h"

#include "tui/browser.h"
#include "tui/figure.h"

enum { PAGES = 16 }; /* of the axis */

static int read_course(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return course_read(r->store, (enum course_of)a->number, a->id, &out->table, err);
}

static const struct question question_course = { "what was when", read_course };

void time_pane_open(struct time_pane *p)
{
	p->cursor_ns = -1;
	p->has_cursor = !p->brief;
}

int time_pane_fill(struct time_pane *p, struct browser *b, struct err *err)
{
	const struct ask course = { &question_course, .id = p->id, .number = p->of };
	static const struct ask waits = { &question_course, .number = COURSE_WAITS };
	int first = asked_for(&p->course, b, &course, err), second = p->of == COURSE_HEAP ? asked_for(&p->waits, b, &waits, err) : 0;

	if (!p->course.answer)
		time_chart_release(&p->chart);
	if (first > 0 || second > 0) {
		const struct table *tables[] = { asked_table(&p->course), asked_table(&p->waits) };
		time_chart_release(&p->chart);
		time_chart_open(&p->chart, tables, 2, p->brief);
	}
	return first < 0 || second < 0 ? -1 : first | second;
}

void time_pane_release(struct time_pane *p)
{
	asked_release(&p->course);
	asked_release(&p->waits);
	time_chart_release(&p->chart);
}

/* --- what is marked ----------------------------------------------------------------------------------- */

static size_t slice_at(const struct time_chart *c, int64_t ns)
{
	size_t slice = 0;

	while (slice + 1 < c->slices && c->ends[slice] <= ns)
		slice++;
	return slice;
}

/* The lens's span in slices, which it rounds to outwards. 1, or 0: it is the whole axis. */
static int lens_span(const struct time_chart *c, const struct lens *lens, size_t *first, size_t *last)
{
	if (!c->slices || (!lens->from_ns && !lens->to_ns))
		return 0;
	*first = slice_at(c, lens->from_ns);
	*last = lens->to_ns ? slice_at(c, lens->to_ns - 1) : c->slices - 1;
	return *first > 0 || *last < c->slices - 1;
}

static size_t cursor_of(const struct time_pane *p, const struct lens *lens)
{
	size_t first, last;

	if (p->cursor_ns >= 0)
		return slice_at(&p->chart, p->cursor_ns);
	return lens_span(&p->chart, lens, &first, &last) ? first : time_chart_peak(&p->chart);
}

static struct time_marks marks_of(const struct time_pane *p, struct browser *b)
{
	struct time_marks marks = { .has_cursor = p->has_cursor && p->chart.slices };

	if (marks.has_cursor)
		marks.cursor = cursor_of(p, browser_lens(b));
	if (marks.has_cursor && p->choosing) {
		size_t anchor = slice_at(&p->chart, p->anchor_ns);
		marks.first = anchor < marks.cursor ? anchor : marks.cursor;
		marks.last = anchor < marks.cursor ? marks.cursor : anchor;
		marks.has_span = 1;
	} else {
		marks.has_span = lens_span(&p->chart, browser_lens(b), &marks.first, &marks.last);
	}
	return marks;
}

int time_pane_height(const struct time_pane *p, struct browser *b, int rows)
{
	struct time_marks marks = marks_of(p, b);

	return time_chart_height(&p->chart, &marks, rows);
}

void time_pane_draw(struct time_pane *p, struct browser *b, struct screen *s, struct rect area, int rows)
{
	struct time_marks marks = marks_of(p, b);

	time_chart_draw(&p->chart, &marks, s, area, rows, browser_exact(b));
}

/* --- choosing ----------------------------------------------------------------------------------------- */

/* Where there are other lists, the keys in the last line are theirs. */
static void tell_keys(const struct time_pane *p, struct browser *b)
{
	if (p->brief && p->has_cursor)
		browser_say(b, p->choosing ? "Left and Right move its end, Enter: all views speak of it, Esc gives it up"
		                           : "Left and Right move the cursor, v or Enter begins a span, Esc leaves");
}

static void move_to(struct time_pane *p, struct browser *b, size_t slice)
{
	p->cursor_ns = p->chart.starts[slice];
	tell_keys(p, b);
}

static void move_by(struct time_pane *p, struct browser *b, int direction, size_t slices)
{
	size_t cursor = cursor_of(p, browser_lens(b)), room = direction < 0 ? cursor : p->chart.slices - 1 - cursor;
	size_t by = slices < room ? slices : room;

	move_to(p, b, direction < 0 ? cursor - by : cursor + by);
}

static void begin(struct time_pane *p, struct browser *b)
{
	p->cursor_ns = p->anchor_ns = p->chart.starts[cursor_of(p, browser_lens(b))];
	p->choosing = 1;
	tell_keys(p, b);
}

/* The filter stays. */
static void apply(struct time_pane *p, struct browser *b)
{
	struct time_marks marks = marks_of(p, b);
	struct lens lens = *browser_lens(b);
	int whole = marks.first == 0 && marks.last == p->chart.slices - 1;
	char from[FIGURE_BYTES], to[FIGURE_BYTES];

	lens.from_ns = whole ? 0 : p->chart.starts[marks.first];
	lens.to_ns = whole ? 0 : p->chart.ends[marks.last];
	p->choosing = p->dragging = 0;
	p->has_cursor = !p->brief;
	browser_set_lens(b, &lens);
	if (whole)
		browser_say(b, "All views speak of the whole recording.");
	else
		browser_say(b, "All views speak of %s to %s now; Esc here clears it.",
		            figure_format(from, UNIT_NS, lens.from_ns, 0), figure_format(to, UNIT_NS, lens.to_ns, 0));
}

/* Closes what is open, one thing at a time. 1, or 0: nothing is. */
static int cancel(struct time_pane *p, struct browser *b)
{
	struct lens lens = *browser_lens(b);

	if (p->choosing) {
		p->choosing = p->dragging = 0;
		tell_keys(p, b);
		return 1;
	}
	if (p->brief && p->has_cursor) {
		p->has_cursor = 0;
		return 1;
	}
	if (!lens.from_ns && !lens.to_ns)
		return 0;
	lens.from_ns = lens.to_ns = 0;
	browser_set_lens(b, &lens);
	browser_say(b, "All views speak of the whole recording again.");
	return 1;
}

static int appear(struct time_pane *p, struct browser *b)
{
	p->has_cursor = 1;
	tell_keys(p, b);
	return 1;
}

int time_pane_act(struct time_pane *p, struct browser *b, enum action action)
{
	size_t page = p->chart.slices / PAGES + 1;

	if (action == ACTION_CANCEL)
		return cancel(p, b);
	if (!p->chart.slices)
		return 0;
	if (!p->has_cursor)
		return action == ACTION_SPAN ? appear(p, b) : 0;
	switch (action) {
	case ACTION_LEFT:
		move_by(p, b, -1, 1);
		return 1;
	case ACTION_RIGHT:
		move_by(p, b, 1, 1);
		return 1;
	case ACTION_PAGE_UP:
		move_by(p, b, -1, page);
		return 1;
	case ACTION_PAGE_DOWN:
		move_by(p, b, 1, page);
		return 1;
	case ACTION_FIRST:
		move_to(p, b, 0);
		return 1;
	case ACTION_LAST:
		move_to(p, b, p->chart.slices - 1);
		return 1;
	case ACTION_SPAN:
		begin(p, b);
		return 1;
	case ACTION_ENTER:
		if (p->choosing)
			apply(p, b);
		else
			begin(p, b);
		return 1;
	default:
		return 0;
	}
}

/* --- the mouse ---------------------------------------------------------------------------------------- */

static int press(struct time_pane *p, struct browser *b, size_t slice)
{
	p->cursor_ns = p->chart.starts[slice];
	p->has_cursor = p->dragging = 1;
	p->dragged = 0;
	if (!p->choosing)
		tell_keys(p, b);
	return 1;
}

/* From where the button went down. */
static int drag(struct time_pane *p, struct browser *b, size_t slice)
{
	size_t cursor = slice_at(&p->chart, p->cursor_ns);

	if (slice == cursor)
		return 1;
	if (!p->dragged) {
		p->anchor_ns = p->cursor_ns;
		p->choosing = p->dragged = 1;
	}
	move_to(p, b, slice);
	return 1;
}

static int let_go(struct time_pane *p, struct browser *b)
{
	p->dragging = 0;
	if (p->dragged)
		apply(p, b);
	return 1;
}

int time_pane_point(struct time_pane *p, struct browser *b, const struct mouse *m)
{
	int inside = rect_has(p->chart.plot, m->y, m->x);

	if (!p->chart.slices || (!inside && !p->dragging))
		return 0;
	switch (m->kind) {
	case MOUSE_CLICK:
	case MOUSE_DOUBLE:
		return inside ? press(p, b, time_chart_slice_at(&p->chart, m->x)) : 0;
	case MOUSE_DRAG:
		return p->dragging ? drag(p, b, time_chart_slice_at(&p->chart, m->x)) : 0;
	case MOUSE_RELEASE:
		return p->dragging ? let_go(p, b) : 0;
	case MOUSE_WHEEL_UP:
	case MOUSE_WHEEL_DOWN:
		if (!p->has_cursor)
			return 0;
		move_by(p, b, m->kind == MOUSE_WHEEL_UP ? -1 : 1, 1);
		return 1;
	default:
		return 0;
	}
}
