/* SPDX-License-Identifier: MIT
 *
 * The table of looks. Colours never carry meaning alone, and stand on whatever background the terminal
 * has: those of text are in the middle of the scale, at least 3:1 against both black and white; those
 * with a background of their own bring their text's colour along, at least 4.5:1.
 */
#define _GNU_SOURCE
#include "tui/look.h"

#include <stdlib.h>

enum { OWN = -1, BLACK256 = 16, WHITE256 = 231 }; /* OWN: the terminal's */

struct look {
	attr_t plain;              /* attributes without colours */
	attr_t coloured;           /* and with them */
	short text256, ground256;
	short text8, ground8;
};

#define SAME(attributes) { attributes, attributes, OWN, OWN, OWN, OWN }
#define TEXT(plain, coloured, text256, text8) { plain, coloured, text256, OWN, text8, OWN }
#define HUE(ground256, text8, ground8) { A_NORMAL, A_NORMAL, BLACK256, ground256, text8, ground8 }

/* Hues are pale on 256 colours, so that black text reads well on all of them; 8 colours have 7 grounds for 8 hues. */
static const struct look looks[STYLE_COUNT] = {
	[STYLE_PLAIN] = SAME(A_NORMAL),
	[STYLE_DIM] = SAME(A_DIM),
	[STYLE_STRONG] = SAME(A_BOLD),
	[STYLE_HEAD] = SAME(A_UNDERLINE),
	[STYLE_BAR] = TEXT(A_NORMAL, A_NORMAL, 67, COLOR_CYAN),
	[STYLE_TAB] = SAME(A_REVERSE),
	[STYLE_KEY] = SAME(A_BOLD),
	[STYLE_LIBRARY] = TEXT(A_NORMAL, A_NORMAL, 67, COLOR_CYAN),
	[STYLE_MATCH] = { A_BOLD | A_UNDERLINE, A_UNDERLINE, BLACK256, 221, COLOR_BLACK, COLOR_YELLOW },
	[STYLE_WARNING] = TEXT(A_BOLD, A_BOLD, 166, COLOR_MAGENTA),
	[STYLE_ERROR] = TEXT(A_BOLD, A_BOLD, 196, COLOR_RED),
	[STYLE_GROWTH] = TEXT(A_NORMAL, A_NORMAL, 167, COLOR_RED),
	[STYLE_RELEASE] = TEXT(A_NORMAL, A_NORMAL, 28, COLOR_GREEN),
	[STYLE_CURSOR_SPAN] = { A_REVERSE, A_NORMAL, 222, 24, COLOR_YELLOW, COLOR_BLUE },
	[STYLE_HUE_0] = HUE(222, COLOR_BLACK, COLOR_YELLOW),
	[STYLE_HUE_1] = HUE(116, COLOR_BLACK, COLOR_CYAN),
	[STYLE_HUE_2] = HUE(215, COLOR_WHITE, COLOR_RED),
	[STYLE_HUE_3] = HUE(150, COLOR_BLACK, COLOR_GREEN),
	[STYLE_HUE_4] = HUE(183, COLOR_WHITE, COLOR_MAGENTA),
	[STYLE_HUE_5] = HUE(111, COLOR_WHITE, COLOR_BLUE),
	[STYLE_HUE_6] = HUE(187, COLOR_BLACK, COLOR_WHITE),
	[STYLE_HUE_7] = HUE(211, COLOR_BLACK, COLOR_MAGENTA),
};

static struct {
	attr_t attributes[STYLE_COUNT];
	short pairs[STYLE_COUNT];
} here;

/* https://no-color.org: any value that is not empty. */
static int colours_wanted(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && has_colors();
}

void look_start(void)
{
	int colours = colours_wanted() && start_color() == OK && use_default_colors() == OK;

	for (short i = 0; i < STYLE_COUNT; i++) {
		const struct look *look = &looks[i];
		short text = COLORS >= 256 ? look->text256 : look->text8;
		short ground = COLORS >= 256 ? look->ground256 : look->ground8;

		here.attributes[i] = colours ? look->coloured : look->plain;
		here.pairs[i] = 0;
		if (!colours || text == OWN)
			continue;
		if (init_pair((short)(i + 1), text, ground) == OK)
			here.pairs[i] = (short)(i + 1);
		else
			here.attributes[i] = look->plain;
	}
}

void look_cell(const struct cell *cell, cchar_t *out)
{
	unsigned style = cell->style & ~(unsigned)STYLE_SELECTED;
	attr_t attributes = here.attributes[style];
	wchar_t text[2] = { (wchar_t)cell->ch, 0 };

	/* Reversed twice would look like not at all. */
	if (cell->style & STYLE_SELECTED)
		attributes = (attributes & ~(attr_t)A_DIM) ^ A_REVERSE;
	if (setcchar(out, text, attributes, here.pairs[style], NULL) != OK)
		setcchar(out, L" ", attributes, here.pairs[style], NULL);
}
