/* SPDX-License-Identifier: MIT
 *
 * What is on the screen, in memory: a grid of characters and styles. Views and widgets draw here
 * and know no terminal; terminal.c brings it to the glass. Everything is clipped to the width that
 * is given and to the screen; nothing ever wraps or writes half a wide character.
 */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include <stddef.h>
#include <stdint.h>

/* What a piece of the screen means. How it looks is the terminal's choice, by the colours it has. */
enum style {
	STYLE_PLAIN,
	STYLE_DIM,     /* beside the point: rules, paths, what the eye may skip */
	STYLE_STRONG,  /* titles, the name of what one looks at */
	STYLE_HEAD,    /* heads of columns */
	STYLE_BAR,
	STYLE_TAB,     /* the view that is open */
	STYLE_KEY,     /* a key to press */
	STYLE_LIBRARY, /* code of libraries, where the program's own is plain */
	STYLE_MATCH,   /* what was searched for */
	STYLE_WARNING, /* something is lost or missing */
	STYLE_ERROR,
	STYLE_GROWTH,  /* more than before */
	STYLE_RELEASE, /* less than before */
	STYLE_CURSOR_SPAN, /* of a chart: the span that is selected */
	STYLE_HUE_0,   /* grounds that tell neighbours apart, with text that reads on them; plain without colours, */
	STYLE_HUE_1,   /* so that borders must be seen without them too. Any of the eight is STYLE_HUE_0 + n. */
	STYLE_HUE_2,
	STYLE_HUE_3,
	STYLE_HUE_4,
	STYLE_HUE_5,
	STYLE_HUE_6,
	STYLE_HUE_7,
	STYLE_COUNT,
	STYLE_SELECTED = 0x80, /* added to another: the selected row */
};

struct cell {
	uint32_t ch; /* 0: the right half of the wide character before */
	uint8_t style;
};

struct rect {
	int y, x, height, width;
};

/* What is drawn somewhere and can be clicked on. Whoever draws it says so; the browser knows what to do then. */
enum spot_kind {
	SPOT_KEY,  /* does what the key `number` does */
	SPOT_TAB,  /* opens the view at that place of view_roots */
	SPOT_LIST, /* has the keys go to list `number` of `of`, by `choose` */
	SPOT_GRID, /* rows and heads of `grid` */
};

struct spot {
	struct rect area;
	enum spot_kind kind;
	int number;
	struct grid *grid;
	void *of;
	void (*choose)(void *of, int number);
};

enum { SCREEN_SPOTS = 100 };

struct screen {
	struct cell *cells;
	int rows, columns;
	int ascii; /* shapes and text in ASCII only */
	struct spot spots[SCREEN_SPOTS]; /* those that are below come first */
	int spot_count;
};

void screen_init(struct screen *s, int ascii);
void screen_resize(struct screen *s, int rows, int columns); /* cleared */
void screen_clear(struct screen *s); /* its spots, too */
void screen_release(struct screen *s);

/* Text from x on, in `width` columns at the most; text that is cut ends in the sign for it. Returns the columns used. */
int screen_put(struct screen *s, int y, int x, int width, const char *text, unsigned style);
/* The same, ending at x + width. */
void screen_put_right(struct screen *s, int y, int x, int width, const char *text, unsigned style);
/* Text broken at blanks into lines of area.width; what is below area.height is not drawn. Returns the lines it takes. */
int screen_wrap(struct screen *s, struct rect area, const char *text, unsigned style);
/* `width` times one character. */
void screen_fill(struct screen *s, int y, int x, int width, uint32_t ch, unsigned style);
/* A rule across, with a title set into it; "" for none. */
void screen_rule(struct screen *s, struct rect area, const char *title);
/* A bar from the left, share 0..1 of the width. What is more than nothing is seen. */
void screen_bar(struct screen *s, int y, int x, int width, double share, unsigned style);
/* Columns from below, one for each of area.width values 0..1. */
void screen_chart(struct screen *s, struct rect area, const double *values, unsigned style);
/* Adds style bits to what is there. */
void screen_select(struct screen *s, int y, int x, int width);
/* Gives every occurrence of `text` the style for matches; fold: upper and lower case are the same (ASCII). */
void screen_match(struct screen *s, int y, int x, int width, const char *text, int fold);
/* Says that there is something to click on. What is beyond SCREEN_SPOTS of them cannot be clicked on. */
void screen_spot(struct screen *s, struct spot spot);
int rect_has(struct rect area, int y, int x);
/* Row y as text, blanks at the end left out. Returns out. */
char *screen_row(const struct screen *s, int y, char *out, size_t size);

#endif
