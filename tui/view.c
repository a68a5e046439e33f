/* SPDX-License-Identifier: MIT
 *
 * The table of views, and the few pieces of layout they share.
 */
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/export/export.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"

enum {
	LEAST_SHARED = 15, /* rows of an area that is shared with a pane */
	LEAST_PANE = 5,
};

#define ROOTS \
	&view_overview, &view_hotspots, &view_leaks, &view_temporary, &view_locks, &view_threads, &view_advice, \
	&view_flame, &view_call_tree, &view_escapes, &view_owners, &view_sizes, &view_waits, &view_holders, &view_blocked, &view_lock_order, \
	&view_timeline, &view_source, &view_sql, &view_mappings

static const struct view_ops *const roots[] = { ROOTS, NULL };
static const struct view_ops *const roots_compared[] = { ROOTS, &view_differences, NULL };
const struct view_ops *const *view_roots = roots;

void view_choose_roots(int compared)
{
	view_roots = compared ? roots_compared : roots;
}

void view_reading(struct screen *s, struct rect area)
{
	char text[32], more[GLYPH_BYTES];

	snprintf(text, sizeof(text), "reading%s", glyph_encode(more, glyph_set(s->ascii)->cut));
	if (area.height > 0)
		screen_put(s, area.y, area.x + 1, area.width - 2, text, STYLE_DIM);
}

int subject_of_row(const struct table *t, size_t row, struct subject *subject)
{
	const char *lock = row_text(t, row, "lock"), *thread = row_text(t, row, "name");

	*subject = (struct subject){
		.site_id = row_number(t, row, "site_id"),
		.function_id = row_number(t, row, "function_id"),
		.lock_id = row_number(t, row, "lock_id"),
		.thread_id = row_number(t, row, "thread_id"),
		.stack_id = row_number(t, row, "stack_id"),
		.name = row_text(t, row, "function"),
		.place = "",
		.file = row_text(t, row, "file"),
		.line = row_number(t, row, "line"),
	};
	if (!*subject->name)
		subject->name = *lock ? lock : thread;
	return subject->function_id || subject->lock_id || subject->thread_id || *subject->file;
}

void view_stacks(const struct view *v, struct export_query *q, char *words, size_t size)
{
	const struct subject *subject = &v->subject;

	q->site_id = subject->site_id;
	q->function_id = subject->site_id ? 0 : subject->function_id;
	if (q->site_id)
		snprintf(words, size, " to %s%s%s", subject->name, *subject->place ? ", " : "", subject->place);
	else if (q->function_id)
		snprintf(words, size, " through %s", subject->name);
}

struct rect view_take(struct rect *area, int height)
{
	struct rect taken = *area;

	taken.height = height < 0 ? 0 : height < area->height ? height : area->height;
	area->y += taken.height;
	area->height -= taken.height;
	return taken;
}

int view_share(int height)
{
	if (height < LEAST_SHARED)
		return 0;
	return height / 4 < LEAST_PANE ? LEAST_PANE : height / 4;
}

struct rect view_heading(struct screen *s, struct rect area, const char *left, const char *right)
{
	struct rect line = view_take(&area, 1);
	int columns = glyph_columns(right, s->ascii);

	if (!line.height)
		return area;
	screen_put_right(s, line.y, line.x, line.width - 1, right, STYLE_DIM);
	screen_put(s, line.y, line.x + 1, line.width - columns - 4, left, STYLE_STRONG);
	return area;
}

static const char *name_of(const struct view *v)
{
	return v->subject.name[0] ? v->subject.name : v->ops->title;
}

char *view_path(const struct view *v, int ascii, int columns, char *out, size_t size)
{
	char more[GLYPH_BYTES], call[GLYPH_BYTES];

	glyph_encode(more, glyph_set(ascii)->cut);
	glyph_encode(call, glyph_set(ascii)->call);
	out[0] = 0;
	for (; v; v = v->below) {
		char name[512], longer[1024];

		shorten_function(name_of(v), out[0] ? 32 : columns, more, name, sizeof(name));
		snprintf(longer, sizeof(longer), "%s%s%s%s%s", name, out[0] ? " " : "", out[0] ? call : "", out[0] ? " " : "", out);
		if (out[0] && glyph_columns(longer, ascii) > columns) {
			snprintf(longer, sizeof(longer), "%s %s %s", more, call, out);
			snprintf(out, size, "%s", longer);
			break;
		}
		snprintf(out, size, "%s", longer);
	}
	return out;
}
