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
#include "analyzer/report/stack_view.h"
#include "analyzer/store/cost.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/shorten.h"

enum {
	STACKS = 100,      /* read at the most */
	NAME_COLUMNS = 40, /* of a frame */
	LEAST_HEIGHT = 15, /* of an area that is shared with a pane */
	SHARE_WIDTH = 7,
};

void stack_pane_want(struct stack_pane *p, int64_t site_id, const char *cost)
{
	if (p->loaded && p->site_id == site_id && !strcmp(p->cost, cost))
		return;
	stack_pane_release(p);
	p->site_id = site_id;
	p->cost = cost;
}

void stack_pane_release(struct stack_pane *p)
{
	if (p->loaded)
		table_release(&p->table);
	p->loaded = 0;
}

int stack_pane_fill(struct stack_pane *p, struct store *s, struct err *err)
{
	struct cost cost;

	if (p->loaded || !p->site_id)
		return 0;
	if (cost_find(s, p->cost, &cost, err) < 0 ||
	    stack_view_stacks(s, p->site_id, (int)cost.id, STACKS, &p->table, err) < 0) {
		p->site_id = 0; /* not again and again */
		return -1;
	}
	p->unit = cost.unit;
	p->loaded = 1;
	return 1;
}

int stack_pane_height(int height)
{
	if (height < LEAST_HEIGHT)
		return 0;
	return height / 4 < 5 ? 5 : height / 4;
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

static double share_of(const struct table *t, size_t row)
{
	double sum = 0;

	for (size_t i = 0; i < t->row_count; i++)
		sum += (double)table_at(t, i, 1)->number;
	return sum > 0 ? (double)table_at(t, row, 1)->number / sum : 0;
}

/* Draws a stack in at most `lines` lines. Returns how many it took. */
static int draw_stack(const struct stack_pane *p, struct screen *s, struct rect area, size_t row, int lines, int value_width,
                      int exact)
{
	int64_t value = table_at(&p->table, row, 1)->number;
	int x = area.x + 1 + SHARE_WIDTH + 1 + value_width + 2;
	int columns = area.x + area.width - 1 - x, taken;
	char text[FIGURE_BYTES];
	struct path path;

	screen_put_right(s, area.y, area.x + 1, SHARE_WIDTH, figure_share(text, share_of(&p->table, row)), STYLE_PLAIN);
	screen_put_right(s, area.y, area.x + 1 + SHARE_WIDTH + 1, value_width, figure_format(text, p->unit, value, exact), STYLE_PLAIN);
	path_init(&path, table_at(&p->table, row, (size_t)table_column(&p->table, "stack"))->text, s->ascii);
	taken = path_flow(&path, path_skip(&path, columns, lines), columns, NULL, 0, 0);
	if (taken <= area.height)
		path_flow(&path, path_skip(&path, columns, lines), columns, s, area.y, x);
	path_release(&path);
	return taken;
}

static void draw_title(const struct stack_pane *p, struct screen *s, struct rect area, const char *to)
{
	char title[512];
	size_t n = p->table.row_count;

	if (!p->loaded)
		snprintf(title, sizeof(title), "stacks");
	else if (n == 0)
		snprintf(title, sizeof(title), "no stacks with this cost");
	else
		snprintf(title, sizeof(title), "%s%zu stack%s%s%s", n >= STACKS ? "the largest " : "", n, n == 1 ? "" : "s",
		         *to ? " to " : "", to);
	screen_rule(s, area, title);
}

void stack_pane_draw(const struct stack_pane *p, struct screen *s, struct rect area, const char *to, int exact)
{
	struct rect left = area;
	int value_width;

	if (area.height < 2)
		return;
	draw_title(p, s, area, to);
	if (!p->loaded || !p->table.row_count)
		return;
	left.y++;
	left.height--;
	value_width = figure_width(p->unit, table_at(&p->table, 0, 1)->number, exact);
	for (size_t row = 0; row < p->table.row_count && left.height > 0; row++) {
		int others = (int)(p->table.row_count - row - 1), lines = left.height - others;
		int deserved = (int)(share_of(&p->table, row) * (area.height - 1) + 0.5);

		lines = lines > deserved ? lines : deserved;
		lines = lines < 1 ? 1 : lines < left.height ? lines : left.height;
		int taken = draw_stack(p, s, left, row, lines, value_width, exact);

		left.y += taken;
		left.height -= taken;
	}
}
