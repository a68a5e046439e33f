/* SPDX-License-Identifier: MIT
 *
 * Where the frames of a flame table lie: each as wide as its share, below its parent, in whole columns. A frame that
 * comes out narrower than one is not there; its neighbours' edges are the same whether it is or not. Of two recordings a
 * frame's width is that of both values together, so that what is gone can be seen, too. Knows no screen.
 */
#ifndef TUI_FLAME_LAYOUT_H
#define TUI_FLAME_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/table.h"

struct flame_box {
	size_t row;
	int level, x, width; /* level 0: the root */
};

struct flame_layout {
	struct flame_box *boxes; /* depth first; those of a level from left to right */
	size_t count, capacity;
	uint32_t *of_row;        /* number of a row's box, from 1; 0: it has none */
	size_t row_count;
	int levels, columns;
};

/* Lays the rows out. Release what was there before, or zero it. */
void flame_layout_make(struct flame_layout *l, const struct table *t, int columns);
void flame_layout_release(struct flame_layout *l);

/* The box of a row, or of the next one above that has one. NULL: there is none at all. */
const struct flame_box *flame_layout_box(const struct flame_layout *l, const struct table *t, size_t row);
/* The box at a place; NULL: there is none. */
const struct flame_box *flame_layout_at(const struct flame_layout *l, int level, int x);
/* The next box of the same level to the left (step -1) or right (1); NULL: there is none. */
const struct flame_box *flame_layout_beside(const struct flame_layout *l, const struct flame_box *box, int step);
/* The widest box directly below; NULL: there is none. */
const struct flame_box *flame_layout_below(const struct flame_layout *l, const struct table *t, const struct flame_box *box);
/* From a row's box by levels towards the root (negative), or away from it along the widest boxes, as far as it goes. */
const struct flame_box *flame_layout_climb(const struct flame_layout *l, const struct table *t, size_t row, int levels);

#endif
