/* SPDX-License-Identifier: MIT
 *
 * Header, tabs and the bar of keys, all from tables: view_roots and keymap.
 */
#include "tui/frame.h"

#include <stdio.h>
#include <string.h>

#include "tui/glyph.h"
#include "tui/keymap.h"
#include "tui/shorten.h"
#include "tui/view.h"

static void draw_facts(const struct frame *f, struct screen *s)
{
	const char *name = f->doing[0] ? f->doing : shorten_path(f->name);
	int facts = glyph_columns(f->facts, s->ascii), room = s->columns - 2 - facts - 2, columns = glyph_columns(name, s->ascii);

	/* What is being done goes before the end of the facts. */
	if (f->doing[0] && columns > room)
		room = columns < s->columns / 2 ? columns : s->columns / 2;
	screen_put(s, 0, 1, columns <= room ? s->columns - room - 3 : s->columns - 2, f->facts, f->losses[0] ? STYLE_WARNING : STYLE_STRONG);
	if (columns <= room)
		screen_put_right(s, 0, s->columns - 1 - room, room, name, STYLE_DIM);
}

/* " 2 Hot spots ". Returns its columns. */
static int tab_text(int i, char *out, size_t size)
{
	char key[3] = { view_roots[i]->number, view_roots[i]->number ? ' ' : 0, 0 };

	snprintf(out, size, " %s%s ", key, view_roots[i]->title);
	return (int)strlen(out) + 1;
}

/* The first tab to show, so that the one that is open is seen: as few as can be are left out before it. */
static int first_tab(int open, int columns)
{
	int first = open, used = 0;
	char text[64];

	for (int i = open; i >= 0; i--) {
		used += tab_text(i, text, sizeof(text));
		if (used > columns)
			break;
		first = i;
	}
	return first;
}

static int all_tabs_fit(int columns)
{
	int used = 0;
	char text[64];

	for (int i = 0; view_roots[i]; i++)
		used += tab_text(i, text, sizeof(text));
	return used <= columns;
}

/* Tabs that are out of sight leave a sign before the others, and the key to all views behind them. */
static void draw_tabs(struct screen *s, int open)
{
	static const char more[] = ": more";
	int x = 1, end = s->columns, first = 0;
	char text[64];

	if (!all_tabs_fit(end - x)) {
		end -= (int)sizeof(more) + 1;
		screen_put(s, 1, end + 1, (int)sizeof(more), more, STYLE_DIM);
		screen_spot(s, (struct spot){ .area = { 1, end + 1, 1, (int)sizeof(more) }, .kind = SPOT_KEY, .number = ':' });
		first = first_tab(open, end - x);
	}
	if (first > 0)
		screen_fill(s, 1, 0, 1, glyph_set(s->ascii)->cut, STYLE_DIM);
	for (int i = first; view_roots[i]; i++) {
		int columns = tab_text(i, text, sizeof(text));

		if (x + columns - 1 > end && i != open)
			break;
		screen_put(s, 1, x, end - x, text, i == open ? STYLE_TAB : STYLE_PLAIN);
		screen_spot(s, (struct spot){ .area = { 1, x, 1, columns - 1 }, .kind = SPOT_TAB, .number = i });
		x += columns;
	}
}

int frame_top(const struct frame *f, struct screen *s, int root)
{
	static const char lift[] = "Esc lifts it";

	draw_facts(f, s);
	draw_tabs(s, root);
	if (!f->lens[0])
		return 2;
	screen_put_right(s, 2, 1, s->columns - 2, lift, STYLE_DIM);
	screen_put(s, 2, 1, s->columns - 4 - (int)sizeof(lift), f->lens, STYLE_MATCH);
	return 3;
}

/* Columns of "Enter open  ". */
static int key_columns(const struct key *key)
{
	return (int)strlen(key->name) + 1 + (int)strlen(key->label) + 2;
}

static int draw_key(struct screen *s, int y, int x, const struct key *key)
{
	screen_spot(s, (struct spot){ .area = { y, x, 1, key_columns(key) - 2 }, .kind = SPOT_KEY, .number = key->input });
	x += screen_put(s, y, x, s->columns - x, key->name, STYLE_KEY) + 1;
	return x + screen_put(s, y, x, s->columns - x, key->label, STYLE_DIM) + 2;
}

/* Help and quit always fit: what others take is limited by them. */
static void draw_keys(struct screen *s, int y, unsigned groups)
{
	int always = 0, x = 1;

	for (const struct key *key = keymap; key->action; key++)
		if (key->label && key->group == KEYS_EVERYWHERE)
			always += key_columns(key);
	for (const struct key *key = keymap; key->action; key++) {
		if (!key->label || !(key->group & groups))
			continue;
		if (key->group != KEYS_EVERYWHERE && x + key_columns(key) + always > s->columns + 2)
			continue;
		x = draw_key(s, y, x, key);
	}
}

void frame_bottom(const struct frame *f, struct screen *s, unsigned groups)
{
	int y = s->rows - 1;

	if (f->message[0])
		screen_put(s, y, 1, s->columns - 2, f->message, f->message_style);
	else
		draw_keys(s, y, groups);
}

void frame_too_small(struct screen *s, int rows, int columns)
{
	char need[64];

	snprintf(need, sizeof(need), "culprit needs %dx%d", columns, rows);
	screen_put(s, 0, 0, s->columns, need, STYLE_PLAIN);
	screen_put(s, 1, 0, s->columns, "make the window larger", STYLE_PLAIN);
	screen_put(s, 2, 0, s->columns, "or press q", STYLE_PLAIN);
}
