/* SPDX-License-Identifier: MIT
 *
 * A stack comes as its frames joined by ';', outermost first. It is broken between frames only. When
 * there are more frames than fit, the outermost go: what they are (_start, main) is the least news.
 * A stack may take as many of the pane's lines as it has of the cost.
 */
#include "tui/stack_pane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view.h"

enum {
	STACKS = 100,      /* read at the most */
	NAME_COLUMNS = 40, /* of a frame */
	LABEL_COLUMNS = 40,
	SHARE_WIDTH = 7,
	SHARE_LEAST = 60,  /* a narrower pane has no shares */
};

int stack_pane_fill(struct stack_pane *p, struct browser *b, const struct stack_source *source, int64_t key, const char *cost,
                    struct err *err)
{
	const struct ask ask = { &source->question, .id = key, .number = STACKS, .name = cost };

	p->source = source;
	if (key)
		return asked_for(&p->asked, b, &ask, err);
	asked_release(&p->asked);
	return 0;
}

int stack_pane_follow(struct stack_pane *p, struct browser *b, const struct grid *g, struct err *err)
{
	long row = grid_row(g);

	return stack_pane_fill(p, b, &stack_source_stack, row < 0 ? 0 : row_number(g->table, (size_t)row, "stack_id"), "", err);
}

void stack_pane_release(struct stack_pane *p)
{
	asked_release(&p->asked);
}

static const struct table *table_of(const struct stack_pane *p)
{
	return asked_table(&p->asked);
}

/* --- one stack ------------------------------------------------------------------------------------ */

struct path {
	char (*names)[NAME_COLUMNS * 4 + 1];
	int *widths;
	int count;
};

static void path_init(struct path *path, const char *stack, int ascii)
{
	char more[GLYPH_BYTES], name[1024];

	*path = (struct path){ .count = 1 };
	for (const char *p = stack; *p; p++)
		path->count += *p == ';';
	path->names = memory_zeroed((size_t)path->count, sizeof(*path->names));
	path->widths = memory_zeroed((size_t)path->count, sizeof(*path->widths));
	glyph_encode(more, glyph_set(ascii)->cut);
	for (int i = 0; i < path->count; i++) {
		size_t length = strcspn(stack, ";");

		snprintf(name, sizeof(name), "%.*s", (int)length, stack);
		shorten_function(name, NAME_COLUMNS, more, path->names[i], sizeof(path->names[i]));
		path->widths[i] = glyph_columns(path->names[i], ascii);
		stack += length + (stack[length] == ';');
	}
}

static void path_release(struct path *path)
{
	free(path->names);
	free(path->widths);
}

/* Lines of `columns` that the path takes without its first `skipped` frames; draws them if s is given. */
static int path_flow(const struct path *path, int skipped, int columns, struct screen *s, int y, int x)
{
	int lines = 1, used = 0;

	for (int i = skipped > 0 ? skipped - 1 : 0; i < path->count; i++) {
		int cut = i < skipped, last = i == path->count - 1;
		int width = cut ? 1 : path->widths[i] < columns ? path->widths[i] : columns;

		if (used && used + width + (last ? 0 : 2) > columns) {
			lines++;
			used = 0;
		}
		if (s) {
			char more[GLYPH_BYTES];

			screen_put(s, y + lines - 1, x + used, columns - used,
			           cut ? glyph_encode(more, glyph_set(s->ascii)->cut) : path->names[i], STYLE_PLAIN);
			if (!last)
				screen_fill(s, y + lines - 1, x + used + width + 1, used + width + 1 < columns, glyph_set(s->ascii)->call, STYLE_DIM);
		}
		used += width + 3;
	}
	return lines;
}

/* Frames to skip so that the path takes `lines` at the most. */
static int path_skip(const struct path *path, int columns, int lines)
{
	int skipped = 0;

	while (path_flow(path, skipped, columns, NULL, 0, 0) > lines && skipped < path->count - 1)
		skipped++;
	return skipped;
}

/* --- the pane ------------------------------------------------------------------------------------- */

/* Where things stand in a line: a figure and its share, or a label, then the stack. */
struct line {
	int value, label, stack;   /* columns of the table, -1: none */
	int value_width, label_width, share_width;
	int x;                     /* where stacks begin, from the pane's left */
};

static double share_of(const struct stack_pane *p, int value, size_t row)
{
	double sum = 0;

	for (size_t i = 0; i < table_of(p)->row_count && value >= 0; i++)
		sum += (double)table_at(table_of(p), i, (size_t)value)->number;
	return sum > 0 ? (double)table_at(table_of(p), row, (size_t)value)->number / sum : 0;
}

static struct line lay_out(const struct stack_pane *p, const struct screen *s, int width, int exact)
{
	struct line l = { .value = p->source->value ? table_column(table_of(p), p->source->value) : -1,
		          .label = table_column(table_of(p), "label"), .stack = table_column(table_of(p), "stack") };

	l.share_width = l.value >= 0 && width >= SHARE_LEAST ? SHARE_WIDTH + 1 : 0;
	if (l.value >= 0)
		l.value_width = figure_width(table_of(p)->columns[l.value].unit, table_at(table_of(p), 0, (size_t)l.value)->number, exact);
	for (size_t row = 0; row < table_of(p)->row_count && l.label >= 0; row++) {
		int columns = glyph_columns(table_at(table_of(p), row, (size_t)l.label)->text, s->ascii);

		l.label_width = columns > l.label_width ? columns : l.label_width;
	}
	if (l.label_width > LABEL_COLUMNS)
		l.label_width = LABEL_COLUMNS;
	if (l.label_width > width / 3)
		l.label_width = width / 3;
	l.x = 1 + l.share_width + l.value_width + l.label_width + (l.value_width || l.label_width ? 2 : 0);
	return l;
}

static void draw_figures(const struct stack_pane *p, const struct line *l, struct screen *s, struct rect area, size_t row, int exact)
{
	char text[FIGURE_BYTES];

	if (l->share_width)
		screen_put_right(s, area.y, area.x + 1, SHARE_WIDTH, figure_share(text, share_of(p, l->value, row)), STYLE_PLAIN);
	if (l->value >= 0)
		screen_put_right(s, area.y, area.x + 1 + l->share_width, l->value_width,
		                 figure_format(text, table_of(p)->columns[l->value].unit, table_at(table_of(p), row, (size_t)l->value)->number, exact),
		                 STYLE_PLAIN);
	if (l->label_width)
		screen_put(s, area.y, area.x + 1, l->label_width, table_at(table_of(p), row, (size_t)l->label)->text, STYLE_STRONG);
}

/* Draws a stack in at most `lines` lines. Returns how many it took. */
static int draw_stack(const struct stack_pane *p, const struct line *l, struct screen *s, struct rect area, size_t row, int lines,
                      int exact)
{
	const struct value *stack = table_at(table_of(p), row, (size_t)l->stack);
	int columns = area.width - 1 - l->x, taken;
	struct path path;

	draw_figures(p, l, s, area, row, exact);
	if (stack->none) {
		screen_put(s, area.y, area.x + l->x, columns, "(not known where)", STYLE_DIM);
		return 1;
	}
	path_init(&path, stack->text, s->ascii);
	taken = path_flow(&path, path_skip(&path, columns, lines), columns, NULL, 0, 0);
	if (taken <= area.height)
		path_flow(&path, path_skip(&path, columns, lines), columns, s, area.y, area.x + l->x);
	path_release(&path);
	return taken;
}

static void draw_title(const struct stack_pane *p, struct screen *s, struct rect area, const char *to)
{
	const struct stack_source *source = p->source;
	char title[512];
	size_t n = table_of(p)->row_count;

	if (!p->asked.answer)
		snprintf(title, sizeof(title), "%s", p->asked.wanted ? source->many : source->none);
	else if (n == 0)
		snprintf(title, sizeof(title), "%s", source->none);
	else if (!source->value)
		snprintf(title, sizeof(title), "%s%s", n == 1 ? source->one : source->many, to);
	else
		snprintf(title, sizeof(title), "%s%zu %s%s", n >= STACKS ? "the largest " : "", n, n == 1 ? source->one : source->many, to);
	screen_rule(s, area, title);
}

void stack_pane_draw(const struct stack_pane *p, struct screen *s, struct rect area, const char *to, int exact)
{
	struct rect left = area;

	if (area.height < 2 || !p->source)
		return;
	draw_title(p, s, area, to);
	if (asked_waits(&p->asked) && !p->asked.answer)
		view_reading(s, (struct rect){ area.y + 1, area.x, area.height - 1, area.width });
	if (!table_of(p)->row_count)
		return;
	struct line l = lay_out(p, s, area.width, exact);

	left.y++;
	left.height--;
	for (size_t row = 0; row < table_of(p)->row_count && left.height > 0; row++) {
		int others = (int)(table_of(p)->row_count - row - 1), lines = left.height - others;
		int deserved = (int)(share_of(p, l.value, row) * (area.height - 1) + 0.5);

		if (l.value < 0)
			deserved = (area.height - 1) / (int)table_of(p)->row_count;
		lines = lines > deserved ? lines : deserved;
		lines = lines < 1 ? 1 : lines < left.height ? lines : left.height;
		int taken = draw_stack(p, &l, s, left, row, lines, exact);

		left.y += taken;
		left.height -= taken;
	}
}
