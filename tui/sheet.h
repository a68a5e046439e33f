/* SPDX-License-Identifier: MIT
 *
 * A table of any columns, in their order: it scrolls sideways rather than leave one out. For tables that nobody has drawn up, the
 * answers to queries. Rows, going and searching are a grid's; which column is looked at is the sheet's.
 */
#ifndef TUI_SHEET_H
#define TUI_SHEET_H

#include <stddef.h>

#include "tui/grid.h"
#include "tui/screen.h"

struct sheet {
	struct grid grid;
	struct grid_column columns[GRID_COLUMNS]; /* those that are searched */
	int *widths;
	int measured;    /* 1: so are the widths, 2: with exact figures; 0: not yet */
	size_t left, end; /* the columns that are seen, up to the one before `end` */
	size_t selected; /* column */
};

/* Shows t (borrowed) from its first row. A sheet that was open before is released. */
void sheet_open(struct sheet *sheet, const struct table *t);
void sheet_release(struct sheet *sheet);
/* Going: rows and columns. 1 if the action was that. */
int sheet_act(struct sheet *sheet, enum action action);
void sheet_draw(struct sheet *sheet, struct screen *s, struct rect area, int exact, int focused);
/* ", columns 1-4 of 9" as drawn last; "" if all are seen. */
void sheet_position(const struct sheet *sheet, char *out, size_t size);
/* The selected cell's text, into out if it has to be made; NULL: there is none. */
const char *sheet_cell(const struct sheet *sheet, int exact, char *out, size_t size);

#endif
