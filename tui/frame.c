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
	const char *name = shorten_path(f->name);
	int facts = glyph_columns(f->facts, s->ascii), room = s->columns - 2 - facts - 2;

	screen_put(s, 0, 1, s->columns - 2, f->facts, f->losses[0] ? STYLE_WARNING : STYLE_STRONG);
	if (glyph_columns(name, s->ascii) <= room)
		screen_put_right(s, 0, s->columns - 1 - room, room, name, STYLE_DIM);
}

void frame_top(const struct frame *f, struct screen *s, int root)
{
	int x = 1;

	draw_facts(f, s);
	for (int i = 0; view_roots[i]; i++) {
		char tab[64];

		snprintf(tab, sizeof(tab), " %c %s ", view_roots[i]->number, view_roots[i]->title);
		x += screen_put(s, 1, x, s->columns - x, tab, i == root ? STYLE_TAB : STYLE_PLAIN) + 1;
	}
}

/* Columns of "Enter open  ". */
static int key_columns(const struct key *key)
{
	return (int)strlen(key->name) + 1 + (int)strlen(key->label) + 2;
}

static int draw_key(struct screen *s, int y, int x, const struct key *key)
{
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

int frame_bottom(const struct frame *f, struct screen *s, unsigned groups, const struct search *search)
{
	int y = s->rows - 1;

	if (search)
		return search_draw(search, s, y);
	if (f->message[0])
		screen_put(s, y, 1, s->columns - 2, f->message, f->message_style);
	else
		draw_keys(s, y, groups);
	return -1;
}

void frame_too_small(struct screen *s, int rows, int columns)
{
	char need[64];

	snprintf(need, sizeof(need), "culprit needs %dx%d", columns, rows);
	screen_put(s, 0, 0, s->columns, need, STYLE_PLAIN);
	screen_put(s, 1, 0, s->columns, "make the window larger", STYLE_PLAIN);
	screen_put(s, 2, 0, s->columns, "or press q", STYLE_PLAIN);
}
