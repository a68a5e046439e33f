/* SPDX-License-Identifier: MIT
 *
 * Every frame has a border at its left, and where nothing follows one at its right, so that shapes are seen without colours.
 */
#define _GNU_SOURCE /* strcasestr */
#include "tui/flame_draw.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/flame.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/grid.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view.h"

enum { HUES = 8, NAME_BYTES = 1024, LEAST_CUT = 4, LEAST_NAME = 8 };

static int64_t number(const struct flame_picture *p, size_t row, int column)
{
	return table_at(p->table, row, (size_t)column)->number;
}

static int compares(const struct flame_picture *p)
{
	return !table_at(p->table, 0, FLAME_BASE_VALUE)->none;
}

int flame_draw_line(const struct flame_picture *p, struct rect area, int level)
{
	int line = level - p->top;

	if (line < 0 || line >= area.height)
		return -1;
	return p->upside_down ? area.y + area.height - 1 - line : area.y + line;
}

int flame_draw_level(const struct flame_picture *p, struct rect area, int y)
{
	return p->top + (p->upside_down ? area.y + area.height - 1 - y : y - area.y);
}

/* --- colours -------------------------------------------------------------------------------------- */

static unsigned hue_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return STYLE_HUE_0 + (hash >> 13) % HUES;
}

static int matches(const struct flame_picture *p, const char *name)
{
	return p->search[0] && (grid_folds(p->search) ? strcasestr(name, p->search) : strstr(name, p->search)) != NULL;
}

static unsigned style_of(const struct flame_picture *p, size_t row)
{
	const char *name = row_text(p->table, row, "function"), *module = row_text(p->table, row, "module");
	int64_t kind = number(p, row, FLAME_KIND), change = number(p, row, FLAME_CHANGE);

	if (kind != FLAME_OTHERS && row && matches(p, name))
		return STYLE_MATCH;
	if (kind == FLAME_ABOVE || kind == FLAME_OTHERS || !row)
		return STYLE_DIM;
	if (compares(p))
		return change > 0 ? STYLE_GROWTH : change < 0 ? STYLE_RELEASE : STYLE_PLAIN;
	return hue_of(p->by_module ? module : name);
}

/* --- frames --------------------------------------------------------------------------------------- */

/* What became of a frame since the base, before its name: "+12 % ". */
static void change_of(const struct flame_picture *p, size_t row, char *out, size_t size)
{
	int64_t value = number(p, row, FLAME_VALUE), base = number(p, row, FLAME_BASE_VALUE), change = number(p, row, FLAME_CHANGE);
	char growth[FIGURE_BYTES];

	out[0] = 0;
	if (!compares(p) || !change)
		return;
	if (!base || !value)
		snprintf(out, size, "%s ", base ? "-gone" : "+new");
	else
		snprintf(out, size, "%s ", figure_growth(growth, (double)change / (double)base));
}

static int is_plain(const char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name > '~')
			return 0;
	return 1;
}

static void draw_box(const struct flame_picture *p, struct screen *s, struct rect area, const struct flame_box *box)
{
	int y = flame_draw_line(p, area, box->level), x = area.x + box->x, room = box->width - 1;
	uint32_t border = s->ascii ? '|' : 0x258f;
	char change[64], name[NAME_BYTES], more[GLYPH_BYTES];
	unsigned style = style_of(p, box->row);

	if (y < 0)
		return;
	screen_fill(s, y, x, box->width, ' ', style);
	screen_fill(s, y, x, 1, box->x ? border : ' ', style);
	if (box->x + box->width < p->layout->columns)
		screen_fill(s, y, x + box->width, 1, border, STYLE_DIM);
	change_of(p, box->row, change, sizeof(change));
	size_t named = utf8_columns(row_text(p->table, box->row, "function"));
	if (change[0] && room < (int)(strlen(change) + (named < LEAST_NAME ? named : LEAST_NAME))) /* its sign, and more of the name */
		change[1] = 0;
	int used = room > 0 ? screen_put(s, y, x + 1, room, change, style) : 0;

	room -= used;
	if (room <= 0)
		return;
	shorten_function(row_text(p->table, box->row, "function"), room, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
	if (room < LEAST_CUT && name[0] != '(' && is_plain(name)) /* a letter says more than the sign that there are more */
		name[strlen(name) > (size_t)room ? (size_t)room : strlen(name)] = 0;
	screen_put(s, y, x + 1 + used, room, name, style);
}

/* Lines further from the root than those that fit are told by a sign at the edge. */
static void draw_more(const struct flame_picture *p, struct screen *s, struct rect area)
{
	char text[48];
	int below = p->layout->levels - p->top - area.height, y = p->upside_down ? area.y : area.y + area.height - 1;

	if (below <= 0)
		return;
	snprintf(text, sizeof(text), " %d more ", below);
	screen_put_right(s, y, area.x, area.width, text, STYLE_KEY);
}

void flame_draw(const struct flame_picture *p, struct screen *s, struct rect area)
{
	const struct flame_box *cursor = flame_layout_box(p->layout, p->table, p->cursor);

	for (size_t i = 0; i < p->layout->count; i++)
		draw_box(p, s, area, &p->layout->boxes[i]);
	if (cursor && flame_draw_line(p, area, cursor->level) >= 0)
		screen_select(s, flame_draw_line(p, area, cursor->level), area.x + cursor->x, cursor->width);
	draw_more(p, s, area);
}

/* --- details -------------------------------------------------------------------------------------- */

static double share(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void say_value(const struct flame_picture *p, int64_t calls, const char *calls_title, char *out, size_t size)
{
	size_t start = 0;
	char value[FIGURE_BYTES], of_all[FIGURE_BYTES], of_zoom[FIGURE_BYTES], self[FIGURE_BYTES], count[FIGURE_BYTES];
	enum unit unit = p->table->columns[FLAME_VALUE].unit;
	int64_t mine = number(p, p->cursor, FLAME_VALUE);

	while (start + 1 < p->table->row_count && number(p, start, FLAME_KIND) == FLAME_ABOVE)
		start++;
	figure_format(value, unit, mine, p->exact);
	figure_share(of_all, share(mine, number(p, 0, FLAME_VALUE)));
	figure_share(of_zoom, share(mine, number(p, start, FLAME_VALUE)));
	figure_format(self, unit, number(p, p->cursor, FLAME_SELF), p->exact);
	snprintf(out, size, "%s, %s of all", value, of_all);
	if (start && p->cursor > start)
		snprintf(out + strlen(out), size - strlen(out), ", %s of the zoom", of_zoom);
	if (!p->outwards && number(p, p->cursor, FLAME_KIND) != FLAME_OTHERS)
		snprintf(out + strlen(out), size - strlen(out), "; itself %s", self);
	if (calls >= 0)
		snprintf(out + strlen(out), size - strlen(out), "; %s %s", figure_format(count, UNIT_COUNT, calls, p->exact), calls_title);
}

static void say_count(int64_t children, int outwards, char *out, size_t size)
{
	if (outwards && !children)
		snprintf(out, size, "nothing calls it: an outermost function");
	else if (outwards)
		snprintf(out, size, "called by %lld function%s", (long long)children, children == 1 ? "" : "s");
	else if (children)
		snprintf(out, size, "calls %lld function%s for this", (long long)children, children == 1 ? "" : "s");
	else
		snprintf(out, size, "calls nothing for this");
}

/* What it was in the base, or, of one recording, what lies below. */
static void say_rest(const struct flame_picture *p, char *out, size_t size)
{
	char base[FIGURE_BYTES], change[FIGURE_BYTES], what[64];
	enum unit unit = p->table->columns[FLAME_VALUE].unit;
	int64_t children = number(p, p->cursor, FLAME_CHILDREN);

	if (compares(p)) {
		change_of(p, p->cursor, what, sizeof(what));
		snprintf(out, size, "before %s, %s  %s", figure_format(base, unit, number(p, p->cursor, FLAME_BASE_VALUE), p->exact),
		         figure_change(change, unit, number(p, p->cursor, FLAME_CHANGE), p->exact), what);
	} else if (number(p, p->cursor, FLAME_KIND) == FLAME_OTHERS) {
		snprintf(out, size, "%lld functions, each too small to be shown by itself: zoom into the frame above", (long long)children);
	} else if (!p->layout->of_row[p->cursor]) {
		snprintf(out, size, "too narrow to be seen: Enter zooms into it");
	} else if (!p->cursor) {
		snprintf(out, size, "%lld %s%s", (long long)children, p->outwards ? "site" : "outermost function", children == 1 ? "" : "s");
	} else {
		say_count(children, p->outwards, out, size);
	}
}

void flame_draw_details(const struct flame_picture *p, struct screen *s, struct rect area, int64_t calls, const char *calls_title)
{
	char place[256], where[600], name[NAME_BYTES], text[512], more[GLYPH_BYTES];
	const char *module = shorten_path(row_text(p->table, p->cursor, "module"));

	if (area.height < 2)
		return;
	screen_rule(s, area, "");
	shorten_place(row_text(p->table, p->cursor, "file"), (long)row_number(p->table, p->cursor, "line"), "", place, sizeof(place));
	snprintf(where, sizeof(where), "%s%s%s", place, *place && *module ? "  " : "", module);
	int room = area.width - glyph_columns(where, s->ascii) - 4;

	screen_put_right(s, area.y + 1, area.x, area.width - 1, where, STYLE_DIM);
	shorten_function(row_text(p->table, p->cursor, "function"), room, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
	screen_put(s, area.y + 1, area.x + 1, room, name, STYLE_STRONG);
	if (area.height > 2) {
		say_value(p, calls, calls_title, text, sizeof(text));
		screen_put(s, area.y + 2, area.x + 1, area.width - 2, text, STYLE_PLAIN);
	}
	if (area.height > 3) {
		say_rest(p, text, sizeof(text));
		screen_put(s, area.y + 3, area.x + 1, area.width - 2, text, STYLE_DIM);
	}
}

void flame_draw_missing(const struct asked *asked, struct screen *s, struct rect area)
{
	const char *why = asked_failure(asked);

	if (*why)
		screen_wrap(s, (struct rect){ area.y, area.x + 1, area.height, area.width - 2 }, why, STYLE_DIM);
	else
		view_reading(s, area);
}
