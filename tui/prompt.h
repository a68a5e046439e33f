/* SPDX-License-Identifier: MIT
 *
 * One line of text being typed at the bottom of the screen. Knows nothing of what it is for.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include <stddef.h>

#include "tui/screen.h"

#define PROMPT_BYTES 256

struct prompt {
	const char *label; /* borrowed, "/" */
	char text[PROMPT_BYTES];
	size_t length;
};

enum prompt_result {
	PROMPT_EDITED,   /* the text changed, or nothing did */
	PROMPT_DONE,     /* Enter */
	PROMPT_GIVEN_UP, /* Escape, or Backspace in an empty line */
};

void prompt_open(struct prompt *p, const char *label);
enum prompt_result prompt_key(struct prompt *p, int input);
/* Draws in row y. Returns the column for the cursor. */
int prompt_draw(const struct prompt *p, struct screen *s, int y);

#endif
