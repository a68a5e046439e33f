/* SPDX-License-Identifier: MIT
 *
 * How styles look on the terminal there is: with 256 colours, with 8, and with none. Part of
 * terminal.c, which alone includes it.
 */
#ifndef TUI_LOOK_H
#define TUI_LOOK_H

#include <ncurses.h>

#include "tui/screen.h"

/* After ncurses was started. */
void look_start(void);
/* A cell of that style. */
void look_cell(const struct cell *cell, cchar_t *out);

#endif
