/* SPDX-License-Identifier: MIT
 *
 * The terminal: the one place that knows ncurses. It takes the terminal over and gives it back
 * exactly as it was: at the end, when stopped by Ctrl-Z, while another program has it, and when a
 * signal or a crash ends the process. There is one terminal in a process, so there is no handle.
 *
 * All of it is for the main thread, but for terminal_wake and terminal_thread. Other threads call
 * terminal_thread first.
 */
#ifndef TUI_TERMINAL_H
#define TUI_TERMINAL_H

#include "analyzer/base/err.h"
#include "tui/mouse.h"
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
	INPUT_RESIZE, /* the window has another size now, or may have: ask terminal_size */
	INPUT_MOUSE,  /* terminal_mouse says what it did */
	INPUT_WAKE,   /* terminal_wake was called since the last INPUT_WAKE */
	INPUT_GONE,   /* the terminal hung up */
	INPUT_OTHER,  /* a key that means nothing here */
};

/* Whether there is a terminal at all, without touching it: what takes long can be spared otherwise. 0 or -1. */
int terminal_check(struct err *err);
/* Takes over the terminal on stdin and stdout, and the signals that end or stop the process. 0; or -1: there is no terminal,
 * or it is of a kind that cannot place text. The locale must be set before. The environment has a say: NO_COLOR (not empty)
 * for no colours, CULPRIT_MOUSE=off for leaving the mouse to the terminal. */
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
/* The next key; waits at most timeout_ms, for ever if negative. Keys go before INPUT_WAKE. Stops the process when Ctrl-Z was
 * pressed meanwhile. */
int terminal_key(int timeout_ms);
/* Where the mouse is and what it did, after INPUT_MOUSE. */
struct mouse terminal_mouse(void);

/* Lends the terminal to a command (argv[0] looked for in PATH), an editor for instance, and waits for its end. Everything is
 * drawn anew afterwards, and INPUT_RESIZE comes next. 0; or -1: it could not be run, or did not end with 0. */
int terminal_run(char *const argv[], struct err *err);

/* Has terminal_key return INPUT_WAKE, once for any number of calls. From any thread or signal handler; at any time, so also
 * before terminal_start (it is kept until there is somebody to wake) and after terminal_stop (nothing happens). */
void terminal_wake(void);
/* For a thread other than the main one to call first: signals go to the main thread, and a crash of this one gives the
 * terminal back too. */
void terminal_thread(void);

#endif
