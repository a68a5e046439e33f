/* SPDX-License-Identifier: MIT
 *
 * The grid inside keeps order, place and search; it does not draw.
 */
#include "tui/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "tui/figure.h"
#include "tui/glyph.h"

enum {
	BEFORE = 2,    /* the pointer */
	GAP = 2,
	WIDEST = 60,   /* columns of one cell, if others follow */
	MEASURED = 1000, /* rows */
	LEAST_CUT = 12,  /* columns of a text that does not fit; a figure is never cut, it would be another one */
};

static const char *cell(const struct table *t, size_t row, size_t column, int exact, char out[FIGURE_BYTES])
{
	const struct value *v = table_at(t, row, column);

	if (v->none)
		return "-";
	return v->text ? v->text : figure_format(out, t->columns[column].unit, v->number, exact);
}

static void measure(struct sheet *sheet, int exact)
{
	const struct table *t = sheet->grid.table;
	char text[FIGURE_BYTES];

	if (sheet->measured == 1 + exact)
		return;
	sheet->measured = 1 + exact;
	for (size_t c = 0; c < t->column_count; c++) {
		int width = glyph_columns(t->columns[c].name, 0);

		for (size_t row = 0; row < t->row_count && row < MEASURED && width < WIDEST; row++) {
			int have = glyph_columns(cell(t, row, c, exact, text), 0);
			width = have > width ? have : width;
		}
		sheet->widths[c] = width > WIDEST ? WIDEST : width;
	}
}

void sheet_open(struct sheet *sheet, const struct table *t)
{
	size_t count = t->column_count < GRID_COLUMNS ? t->column_count : GRID_COLUMNS;

	sheet_release(sheet);
	for (size_t c = 0; c < count; c++)
		sheet->columns[c] = (struct grid_column){ .name = t->columns[c].name, .most = WIDEST };
	grid_open(&sheet->grid, t, sheet->columns, count);
	sheet->widths = memory_zeroed(t->column_count + 1, sizeof(*sheet->widths));
}

void sheet_release(struct sheet *sheet)
{
	if (sheet->widths)
		grid_release(&sheet->grid);
	free(sheet->widths);
	*sheet = (struct sheet){ 0 };
}

int sheet_act(struct sheet *sheet, enum action action)
{
	size_t columns = sheet->widths ? sheet->grid.table->column_count : 0;

	if (!columns)
		return 0;
	switch (action) {
	case ACTION_LEFT:
		sheet->selected -= sheet->selected > 0;
		return 1;
	case ACTION_RIGHT:
		sheet->selected += sheet->selected + 1 < columns;
		return 1;
	case ACTION_SORT_NEXT:
	case ACTION_SORT_REVERSE:
	case ACTION_COST:
		return 0;
	default:
		return grid_act(&sheet->grid, action);
	}
}

/* Sees to it that the selected column is seen as a whole, if there is room for it. */
static void scroll(struct sheet *sheet, int width)
{
	if (sheet->selected < sheet->left)
		sheet->left = sheet->selected;
	for (;; sheet->left++) {
		int used = BEFORE;

		for (size_t c = sheet->left; c <= sheet->selected; c++)
			used += sheet->widths[c] + (c < sheet->selected ? GAP : 0);
		if (used <= width || sheet->left == sheet->selected)
			break;
	}
}

/* Columns of the screen that a column gets at x; 0: none, nor do those after it. */
static int room_at(const struct sheet *sheet, size_t c, int x, int end)
{
	const struct table *t = sheet->grid.table;
	int room = end - x, is_text = t->columns[c].unit == UNIT_TEXT;

	if (c == sheet->left && room > 0)
		return is_text && c + 1 == t->column_count ? room : sheet->widths[c] < room ? sheet->widths[c] : room;
	if (sheet->widths[c] <= room)
		return is_text && c + 1 == t->column_count ? room : sheet->widths[c];
	return is_text && room >= LEAST_CUT ? room : 0;
}

/* The columns that are seen, from sheet->left up to this one. */
static size_t seen_to(const struct sheet *sheet, struct rect area)
{
	int x = area.x + BEFORE, room = 1;
	size_t c = sheet->left;

	for (; c < sheet->grid.table->column_count && (room = room_at(sheet, c, x, area.x + area.width)) > 0; c++)
		x += room + GAP;
	return c;
}

static void draw_line(const struct sheet *sheet, struct screen *s, struct rect area, int y, long row, int exact)
{
	const struct table *t = sheet->grid.table;
	int x = area.x + BEFORE, end = area.x + area.width;
	char text[FIGURE_BYTES];

	for (size_t c = sheet->left; c < sheet->end; c++) {
		int room = room_at(sheet, c, x, end);
		const char *shown = row < 0 ? t->columns[c].name : cell(t, (size_t)row, c, exact, text);
		unsigned style = row >= 0 ? STYLE_PLAIN : c == sheet->selected ? STYLE_TAB : STYLE_HEAD;

		if (t->columns[c].unit != UNIT_TEXT)
			screen_put_right(s, y, x, room, shown, style);
		else
			screen_put(s, y, x, room, shown, style);
		if (row >= 0 && sheet->grid.search[0])
			screen_match(s, y, x, room, sheet->grid.search, grid_folds(sheet->grid.search));
		x += room + GAP;
	}
}

void sheet_draw(struct sheet *sheet, struct screen *s, struct rect area, int exact, int focused)
{
	struct grid *g = &sheet->grid;

	if (!sheet->widths || area.height < 2)
		return;
	grid_place(g, area, exact);
	measure(sheet, exact);
	scroll(sheet, area.width);
	sheet->end = seen_to(sheet, area);
	struct rect rows = { area.y + 1, area.x, area.height - 1, area.width }; /* the heads sort nothing */

	screen_spot(s, (struct spot){ .area = rows, .kind = SPOT_GRID, .grid = g });
	draw_line(sheet, s, area, area.y, -1, exact);
	for (int i = 0; i < g->page && g->top + (size_t)i < g->table->row_count; i++) {
		int y = area.y + 1 + i;

		draw_line(sheet, s, area, y, (long)g->order[g->top + (size_t)i], exact);
		if (!focused || g->top + (size_t)i != g->selected)
			continue;
		screen_fill(s, y, area.x, 1, glyph_set(s->ascii)->pointer, STYLE_PLAIN);
		screen_select(s, y, area.x, area.width);
	}
}

void sheet_position(const struct sheet *sheet, char *out, size_t size)
{
	size_t columns = sheet->widths ? sheet->grid.table->column_count : 0;

	out[0] = 0;
	if (sheet->end && sheet->end - sheet->left < columns)
		snprintf(out, size, ", columns %zu-%zu of %zu", sheet->left + 1, sheet->end, columns);
}

const char *sheet_cell(const struct sheet *sheet, int exact, char *out, size_t size)
{
	char text[FIGURE_BYTES];

	if (!sheet->widths || grid_row(&sheet->grid) < 0)
		return NULL;
	const char *shown = cell(sheet->grid.table, (size_t)grid_row(&sheet->grid), sheet->selected, exact, text);

	if (shown != text)
		return shown;
	strncpy(out, shown, size - 1);
	out[size - 1] = 0;
	return out;
}
