/* SPDX-License-Identifier: MIT
 *
 * The grid of cells. Its invariant: a cell with ch 0 stands right of a wide character, in the same
 * row; overwriting one half of a wide character blanks the other.
 */
#include "tui/screen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "analyzer/base/memory.h"
#include "tui/glyph.h"

void screen_init(struct screen *s, int ascii)
{
	*s = (struct screen){ .ascii = ascii };
}

void screen_resize(struct screen *s, int rows, int columns)
{
	free(s->cells);
	s->rows = rows;
	s->columns = columns;
	s->cells = memory_zeroed((size_t)rows * (size_t)columns + 1, sizeof(*s->cells));
	screen_clear(s);
}

void screen_clear(struct screen *s)
{
	for (int i = 0; i < s->rows * s->columns; i++)
		s->cells[i] = (struct cell){ .ch = ' ' };
	s->spot_count = 0;
}

void screen_release(struct screen *s)
{
	free(s->cells);
	screen_init(s, s->ascii);
}

static struct cell *cell_at(const struct screen *s, int y, int x)
{
	return &s->cells[y * s->columns + x];
}

static void put_cell(struct screen *s, int y, int x, uint32_t ch, unsigned style)
{
	struct cell *cell;

	if (y < 0 || y >= s->rows || x < 0 || x >= s->columns)
		return;
	cell = cell_at(s, y, x);
	if (ch && cell->ch == 0 && x > 0)
		cell[-1].ch = ' ';
	if (x + 1 < s->columns && cell[1].ch == 0)
		cell[1].ch = ' ';
	*cell = (struct cell){ .ch = ch, .style = (uint8_t)style };
}

/* Columns left of x + width that are on the screen. */
static int clip(const struct screen *s, int x, int width)
{
	return x + width > s->columns ? s->columns - x : width;
}

int screen_put(struct screen *s, int y, int x, int width, const char *text, unsigned style)
{
	int used = 0, room = clip(s, x, width);

	if (room <= 0 || y < 0 || y >= s->rows)
		return 0;
	int cut = glyph_columns(text, s->ascii) > room;

	while (*text) {
		uint32_t ch;
		int columns;

		text += glyph_next(text, s->ascii, &ch, &columns);
		if (!columns)
			continue;
		if (used + columns > room - cut) {
			put_cell(s, y, x + used, glyph_set(s->ascii)->cut, style);
			return used + 1;
		}
		put_cell(s, y, x + used, ch, style);
		if (columns == 2)
			put_cell(s, y, x + used + 1, 0, style);
		used += columns;
	}
	return used;
}

void screen_put_right(struct screen *s, int y, int x, int width, const char *text, unsigned style)
{
	int columns = glyph_columns(text, s->ascii);
	int pad = columns < width ? width - columns : 0;

	screen_put(s, y, x + pad, width - pad, text, style);
}

/* Bytes of text that go into a line: to the last blank that fits, or all that fits of a long word. */
static size_t line_bytes(const struct screen *s, const char *text, int width)
{
	size_t used = 0, blank = 0;
	int columns = 0;

	while (text[used]) {
		uint32_t ch;
		int wide;
		size_t n = glyph_next(text + used, s->ascii, &ch, &wide);

		if (ch == ' ')
			blank = used;
		if (columns + wide > width)
			return blank ? blank : used ? used : n;
		columns += wide;
		used += n;
	}
	return used;
}

int screen_wrap(struct screen *s, struct rect area, const char *text, unsigned style)
{
	int lines = 0;

	while (*text) {
		size_t n = line_bytes(s, text, area.width);
		char *line = memory_zeroed(n + 1, 1);

		memcpy(line, text, n);
		if (lines < area.height)
			screen_put(s, area.y + lines, area.x, area.width, line, style);
		free(line);
		lines++;
		text += n;
		while (*text == ' ')
			text++;
	}
	return lines;
}

void screen_fill(struct screen *s, int y, int x, int width, uint32_t ch, unsigned style)
{
	for (int i = 0; i < width; i++)
		put_cell(s, y, x + i, ch, style);
}

void screen_rule(struct screen *s, struct rect area, const char *title)
{
	screen_fill(s, area.y, area.x, area.width, glyph_set(s->ascii)->rule, STYLE_DIM);
	if (!*title || area.width < 8)
		return;
	put_cell(s, area.y, area.x + 1, ' ', STYLE_PLAIN);
	int used = screen_put(s, area.y, area.x + 2, area.width - 4, title, STYLE_STRONG);

	put_cell(s, area.y, area.x + 2 + used, ' ', STYLE_PLAIN);
}

/* Eighths that a share of `cells` cells fills. */
static int eighths(double share, int cells)
{
	int filled;

	if (!(share > 0))
		return 0;
	filled = (int)(share * cells * 8 + 0.5);
	if (filled < 1)
		filled = 1;
	return filled > cells * 8 ? cells * 8 : filled;
}

static int level(int filled, int cell)
{
	int rest = filled - cell * 8;

	return rest < 0 ? 0 : rest > 8 ? 8 : rest;
}

void screen_bar(struct screen *s, int y, int x, int width, double share, unsigned style)
{
	int filled = eighths(share, width);

	for (int i = 0; i < width; i++)
		put_cell(s, y, x + i, glyph_set(s->ascii)->across[level(filled, i)], style);
}

void screen_chart(struct screen *s, struct rect area, const double *values, unsigned style)
{
	for (int i = 0; i < area.width; i++) {
		int filled = eighths(values[i], area.height);

		for (int row = 0; row < area.height; row++)
			put_cell(s, area.y + area.height - 1 - row, area.x + i,
			         glyph_set(s->ascii)->upward[level(filled, row)], style);
	}
}

void screen_select(struct screen *s, int y, int x, int width)
{
	if (y < 0 || y >= s->rows || x < 0)
		return;
	for (int i = 0, room = clip(s, x, width); i < room; i++)
		cell_at(s, y, x + i)->style |= STYLE_SELECTED;
}

static int same(uint32_t a, uint32_t b, int fold)
{
	if (fold && a < 0x80 && b < 0x80)
		return tolower((int)a) == tolower((int)b);
	return a == b;
}

/* Cells from x on that spell `text`, 0 if they do not. */
static int spelled(const struct screen *s, int y, int x, int room, const char *text, int fold)
{
	int at = 0;

	while (*text) {
		uint32_t ch;
		int columns;

		text += glyph_next(text, s->ascii, &ch, &columns);
		if (!columns)
			continue;
		if (at + columns > room || !same(cell_at(s, y, x + at)->ch, ch, fold))
			return 0;
		at += columns;
	}
	return at;
}

void screen_match(struct screen *s, int y, int x, int width, const char *text, int fold)
{
	int room = clip(s, x, width);

	if (y < 0 || y >= s->rows || x < 0)
		return;
	for (int i = 0; i < room; i++) {
		int length = spelled(s, y, x + i, room - i, text, fold);

		for (int k = 0; k < length; k++)
			cell_at(s, y, x + i + k)->style = (uint8_t)(STYLE_MATCH | (cell_at(s, y, x + i + k)->style & STYLE_SELECTED));
		if (length)
			i += length - 1;
	}
}

void screen_spot(struct screen *s, struct spot spot)
{
	if (s->spot_count < SCREEN_SPOTS)
		s->spots[s->spot_count++] = spot;
}

int rect_has(struct rect area, int y, int x)
{
	return y >= area.y && y - area.y < area.height && x >= area.x && x - area.x < area.width;
}

char *screen_row(const struct screen *s, int y, char *out, size_t size)
{
	size_t used = 0, end = 0;

	for (int x = 0; x < s->columns; x++) {
		char bytes[GLYPH_BYTES];
		uint32_t ch = cell_at(s, y, x)->ch;

		if (!ch)
			continue;
		size_t n = strlen(glyph_encode(bytes, ch));

		if (used + n >= size)
			break;
		memcpy(out + used, bytes, n);
		used += n;
		if (ch != ' ')
			end = used;
	}
	out[end] = 0;
	return out;
}
