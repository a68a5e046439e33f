/* SPDX-License-Identifier: MIT
 *
 * The terminal: the one place that knows ncurses. It takes the terminal over and gives it back
 * exactly as it was: at the end, when stopped by Ctrl-Z, and when a signal or a crash ends the
 * process. There is one terminal in a process, so there is no handle.
 */
#ifndef TUI_TERMINAL_H
#define TUI_TERMINAL_H

#include "analyzer/base/err.h"
#include "tui/screen.h"

/* Keys that are no characters. Characters are their code points; Ctrl-A to Ctrl-Z are 1 to 26. */
enum {
	INPUT_NONE = 0,            /* nothing came in the time given */
	INPUT_FIRST = 0x200000,    /* above all characters */
	INPUT_UP,
	INPUT_DOWN,
	INPUT_LEFT,
	INPUT_RIGHT,
	INPUT_PAGE_UP,
	INPUT_PAGE_DOWN,
	INPUT_HOME,
	INPUT_END,
	INPUT_ENTER,
	INPUT_BACKSPACE,
	INPUT_DELETE,
	INPUT_TAB,
	INPUT_BACK_TAB,
	INPUT_ESCAPE,
	INPUT_RESIZE, /* the window has another size now: ask terminal_size */
	INPUT_GONE,   /* the terminal hung up */
	INPUT_OTHER,  /* a key that means nothing here */
};

/* Whether there is a terminal at all, without touching it: what takes long can be spared otherwise. 0 or -1. */
int terminal_check(struct err *err);
/* Takes over the terminal on stdin and stdout, and the signals that end the process. 0; or -1: there is no terminal, or
 * it is of a kind that cannot place text. The locale must be set before. */
int terminal_start(struct err *err);
/* Gives it back. Does nothing if it was not started. */
void terminal_stop(void);

/* 1 if text must be plain ASCII: the locale is not UTF-8. */
int terminal_ascii(void);
void terminal_size(int *rows, int *columns);
/* Brings the screen to the glass; cursor_x < 0 hides the cursor. */
void terminal_show(const struct screen *s, int cursor_y, int cursor_x);
/* Has everything drawn anew with the next terminal_show. */
void terminal_forget(void);
/* The next key; waits at most timeout_ms, for ever if negative. */
int terminal_key(int timeout_ms);

#endif
