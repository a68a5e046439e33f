/* SPDX-License-Identifier: MIT
 *
 * What terminal.c (taking, giving back, drawing) and terminal_input.c (keys, the mouse, being woken) share.
 */
#ifndef TUI_TERMINAL_PRIVATE_H
#define TUI_TERMINAL_PRIVATE_H

#include <signal.h>
#include <termios.h>

#include "tui/look.h"
#include "tui/terminal.h"

/* Ends what terminal_input_mouse(1) asked for. */
#define TERMINAL_MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

/* One, since there is one terminal; the main thread's, but for the notes. */
struct terminal {
	SCREEN *curses;
	int ascii, started, has_mouse;
	struct termios before;
	volatile sig_atomic_t resized, stopped, continued; /* notes of the handlers */
};

extern struct terminal terminal;

/* Bytes to the terminal, beside what ncurses draws. */
void terminal_say(const char *bytes);
/* Does what the notes say. Returns INPUT_RESIZE or INPUT_NONE. */
int terminal_attend(void);

/* Makes what terminal_key waits for besides keys. 0 or -1. */
int terminal_input_open(struct err *err);
/* After ncurses was started: how keys come, and whether reports of the mouse do. */
void terminal_input_start(void);
/* Ends the waiting in terminal_key; in a handler too. */
void terminal_input_ring(void);
/* Asks for reports of the mouse, or for no more of them. Nothing if it is not used. */
void terminal_input_mouse(int on);

#endif
