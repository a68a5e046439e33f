/* SPDX-License-Identifier: MIT
 *
 * One line of text being typed, with a cursor in it. Knows nothing of what it is for.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include <stddef.h>

#include "tui/screen.h"

#define PROMPT_BYTES 4096

struct prompt {
	const char *label; /* borrowed, "/" */
	char text[PROMPT_BYTES];
	size_t length, cursor;   /* bytes; the cursor stands before a character or at the end */
	char complaint[256];     /* what is wrong with it; "": nothing. Gone with the next key */
};

enum prompt_result {
	PROMPT_EDITED,   /* the text or the cursor changed, or nothing did */
	PROMPT_DONE,     /* Enter */
	PROMPT_GIVEN_UP, /* Escape, or Backspace in an empty line */
};

void prompt_open(struct prompt *p, const char *label);
/* The text as if it had been typed, with the cursor at its end; what does not fit is cut. */
void prompt_set(struct prompt *p, const char *text);
void prompt_complain(struct prompt *p, const char *sentence);
enum prompt_result prompt_key(struct prompt *p, int input);
/* Draws in row y. Returns the column for the cursor. */
int prompt_draw(const struct prompt *p, struct screen *s, int y);

#endif
