/* SPDX-License-Identifier: MIT
 *
 * A table on the screen: rows to go through, order, one main cost with a bar, search. It shows a
 * struct table that its owner filled and keeps; going, sorting and searching never ask the database.
 * Which columns are seen depends on the room: the less important ones go first, nothing wraps.
 */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/table.h"
#include "tui/keymap.h"
#include "tui/screen.h"

#define GRID_COLUMNS 16
#define GRID_SEARCH_BYTES 4096
#define GRID_SHARE_WIDTH 7 /* "100.0 %" */

enum {
	GRID_COST = 1,     /* can be the main cost: stands first, with the bar */
	GRID_SUMS = 2,     /* its figures add up to a whole, so a share of it can be shown */
	GRID_FUNCTION = 4, /* names of functions: takes the room that is left, shortened with sense */
	GRID_ASCENDING = 8, /* order it is first sorted in; without: figures descending, texts ascending */
	GRID_RIGHT = 16,   /* a text set to the right */
	GRID_IF_ANY = 32,  /* left out when no row has anything in it */
	GRID_IF_MANY = 64, /* left out when all rows have the same in it */
	GRID_PROSE = 128,  /* takes the room that is left like names of functions, and is cut at its end */
	GRID_BLANK = 512,  /* nothing is shown where there is no figure, rather than a dash */
	GRID_CHANGE = 256, /* a difference: with its sign, growth and shrinkage told apart, ordered by its size; with `of`, in percent of it */
};

struct grid_column {
	const char *name;  /* of the table's column; a column the table does not have is left out */
	const char *title; /* the head; NULL: what the cost is called, or the table's */
	const char *of;    /* a figure: shown as its share of this other one. A text: orders what is equal. NULL: neither */
	void (*text)(const struct table *t, size_t row, char *out, size_t size); /* makes the text of several columns; or NULL */
	enum style (*style)(const struct table *t, size_t row); /* of a text; NULL: as texts are */
	unsigned char priority; /* 0: always there; the higher, the sooner it goes */
	unsigned short flags;
	unsigned char most;     /* a text that does not grow: columns at the most */
};

struct grid_state {
	int index, of;    /* columns of the table, -1: none */
	const char *title;
	enum unit unit;
	int64_t largest;
	double whole;     /* what shares are of: the column's sum, if nothing else was said */
	int natural;      /* columns a text would like */
	int x, width;     /* where it is drawn; width 0: it is not */
};

struct grid {
	const struct table *table;
	const struct grid_column *columns;
	size_t count;
	struct grid_state state[GRID_COLUMNS];
	uint32_t *order;     /* position on the screen to row of the table */
	size_t selected, top;
	int sort;            /* column of the grid, -1: as the table came */
	int descending;
	int cost;            /* column of the grid, -1: there is none */
	int exact;
	struct rect area;    /* with the heads; set by grid_place */
	int page;            /* rows seen */
	int bar_x, bar_width, share_x; /* width 0 and x -1: not shown */
	char search[GRID_SEARCH_BYTES]; /* marked where it occurs; "": nothing */
	const char *missing; /* where a search for what is not there looked, "in no row"; NULL: that. Of who opened it, who sets it anew */
};

/* Shows t (borrowed, like columns) from its first row, in its order, with the first cost there is. Release it after. */
void grid_open(struct grid *g, const struct table *t, const struct grid_column *columns, size_t count);
void grid_release(struct grid *g);
/* Shows t, with the columns, order and cost there were, and the row selected that says the same as the one that was. Opens a
 * grid that is zeroed; then with its first cost as order, if `columns` has one. */
void grid_show(struct grid *g, const struct table *t, const struct grid_column *columns, size_t count);
/* A column of figures has this head (for a table that shows one cost or another); its shares are of `whole`, 0: of their sum. */
void grid_set_column(struct grid *g, const char *name, const char *title, double whole);
/* Makes `name` the main cost, descending; unknown names are ignored. */
void grid_set_cost(struct grid *g, const char *name);
/* The main cost's name in the table; NULL: none. */
const char *grid_cost(const struct grid *g);

/* The head of the column that orders the rows when that is not the main cost; NULL else. */
const char *grid_sorted_by(const struct grid *g);

/* Going, sorting, changing the cost. 1 if the action was one of those. */
int grid_act(struct grid *g, enum action action);
/* The row of the table that is selected, -1 in an empty one. */
long grid_row(const struct grid *g);
/* Selects a position, and sees to it that it is on the screen. */
void grid_go(struct grid *g, size_t position);

/* Scrolls by rows, the selection kept where it is as long as it is seen. */
void grid_scroll(struct grid *g, long by);
/* The position drawn in row y of the screen, or the column whose head or figures are at x; -1: none. */
long grid_position_at(const struct grid *g, int y);
int grid_column_at(const struct grid *g, int x);
/* Orders by a column, the other way round if it does already. */
void grid_sort_by(struct grid *g, int column);

/* Looks for text in the texts of the rows, from position `from` on, forward (step 1) or backward (-1), beyond the end
 * from the other one. The position, -1: nowhere. Upper case letters in `text` make case matter. */
long grid_find(const struct grid *g, const char *text, size_t from, int step);

/* Takes its place: decides on columns and scrolls. Then draws there. `focused`: 0 when another list has the keys. */
void grid_place(struct grid *g, struct rect area, int exact);
void grid_draw(struct grid *g, struct screen *s, int focused);
/* "1-12 of 214". Returns out. */
char *grid_position(const struct grid *g, char *out, size_t size);

/* Rows that area must have for all to be seen with the head. */
int grid_height(const struct grid *g);

/* Orders the rows by g->sort and g->descending, and goes to the first. */
void grid_sort(struct grid *g);

/* For the other files of the grid: the text of a cell, into out if it has to be made. */
const char *grid_text(const struct grid *g, size_t column, size_t row, char *out, size_t size);
/* A figure of a cell; 0: there is none. A share is in parts of a million, INT64_MAX at the most. */
int grid_number(const struct grid *g, size_t column, size_t row, int64_t *number);
int grid_is_text(const struct grid *g, size_t column);
/* 1: upper and lower case are the same when searching for text. */
int grid_folds(const char *text);

#endif
