/* SPDX-License-Identifier: MIT
 *
 * A terminal that was taken is given back even when a signal or a crash ends the process: on any
 * thread, whatever the process was doing.
 */
#ifndef TUI_RESCUE_H
#define TUI_RESCUE_H

#include <stddef.h>
#include <termios.h>

/* Catches the signals that end the process. `bytes` (copied, those beyond 512 left out) bring back what is shown on standard
 * output, `before` the settings of standard input. Signals that were ignored stay so. */
void rescue_arm(const char *bytes, size_t size, const struct termios *before);
/* 0: the terminal is not taken now, so that there is nothing to give back; 1: it is again. Signals still end the process. */
void rescue_needed(int needed);
void rescue_disarm(void);
/* For a thread other than the main one to call first: leaves all signals to that one, but for those of its own crashes. */
void rescue_thread(void);

#endif
