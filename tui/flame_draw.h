/* SPDX-License-Identifier: MIT
 *
 * A laid out flame table on the screen: frames with borders, in colours that tell neighbours apart or, of two recordings, growth from
 * shrinkage, which is said in signs as well; and what there is to say of one frame.
 */
#ifndef TUI_FLAME_DRAW_H
#define TUI_FLAME_DRAW_H

#include "tui/asked.h"
#include "tui/flame_layout.h"
#include "tui/screen.h"

struct flame_picture {
	const struct table *table;
	const struct flame_layout *layout;
	const char *search;  /* frames in whose names it is are marked; "": none */
	size_t cursor;       /* row */
	int top;             /* the level at the edge where the root is */
	int upside_down;     /* 1: the root is at the bottom */
	int outwards;        /* 1: frames are called by those further from the root */
	int by_module;       /* colours: 1 a module's frames look alike, 0 a function's */
	int exact;
};

/* The line of the screen for a level; -1: outside. And back. */
int flame_draw_line(const struct flame_picture *p, struct rect area, int level);
int flame_draw_level(const struct flame_picture *p, struct rect area, int y);
void flame_draw(const struct flame_picture *p, struct screen *s, struct rect area);

enum { FLAME_DETAILS = 4 }; /* lines that all there is to say of a frame takes, with the rule above */

/* The frame under the cursor. calls: how often, where that is counted apart (-1: it is not); calls_title: of what. */
void flame_draw_details(const struct flame_picture *p, struct screen *s, struct rect area, int64_t calls, const char *calls_title);

/* In place of rows that are not there: that they are being read, or why they cannot be. */
void flame_draw_missing(const struct asked *asked, struct screen *s, struct rect area);

#endif
