/* SPDX-License-Identifier: MIT
 *
 * What a mouse did: events as views take them, made of the reports that terminals send. Knows no
 * terminal: bytes come from terminal.c.
 */
#ifndef TUI_MOUSE_H
#define TUI_MOUSE_H

#include <stdint.h>

enum mouse_kind {
	MOUSE_CLICK,   /* the left button went down */
	MOUSE_DOUBLE,  /* and again at the same place soon after; its first click was told as MOUSE_CLICK */
	MOUSE_DRAG,    /* the pointer is here now, the left button down */
	MOUSE_RELEASE, /* of the left button */
	MOUSE_RIGHT,   /* the right button went down */
	MOUSE_WHEEL_UP,
	MOUSE_WHEEL_DOWN,
};

struct mouse {
	int y, x; /* of the cell, from 0; never negative, but possibly beyond a screen that just shrank */
	enum mouse_kind kind;
};

/* A report: the code of button, modifiers and motion, the cell from 1 on, and whether a button came up. */
struct mouse_report {
	int code, x, y, up;
};

/* What is known between two reports. Zeroed at first. */
struct mouse_hand {
	int down;             /* the left button */
	int clicks;           /* 1: the next click at the same cell can be a double one */
	int y, x;             /* of the last click */
	uint64_t clicked_ms;
};

/* Reads the text between "ESC [ <" and the end of such a report, "0;12;5M". 1, or 0 if it is none. */
int mouse_parse(const char *text, struct mouse_report *r);
/* Makes an event of a report that came at a time, in milliseconds of any clock. 1, or 0 if it means nothing here. */
int mouse_take(struct mouse_hand *h, const struct mouse_report *r, uint64_t now_ms, struct mouse *m);

#endif
