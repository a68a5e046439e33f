/* SPDX-License-Identifier: MIT
 *
 * Incremental search in the list that has the keys: what is typed is looked for at once, from where
 * one stood; giving up goes back there. The last search is remembered for going on.
 */
#ifndef TUI_SEARCH_H
#define TUI_SEARCH_H

#include <stddef.h>

#include "tui/grid.h"
#include "tui/prompt.h"

struct search {
	struct prompt prompt;
	int typing;               /* the prompt is open and takes the keys */
	int misses;               /* what is being typed is in no row */
	size_t from;              /* where the selection stood when it began */
	char last[PROMPT_BYTES];  /* "": none yet */
};

/* Opens the prompt. In all of these g is the list to search, NULL if there is none. */
void search_begin(struct search *s, const struct grid *g);
/* A key for the prompt. What there is to say (found nowhere) goes into message, which is left alone otherwise. */
void search_key(struct search *s, struct grid *g, int input, char *message, size_t size);
/* The list has other rows now: what is being typed and was in no row is looked for again. */
void search_refresh(struct search *s, struct grid *g);
/* The next row (step 1) or the one before (-1) with the last search. */
void search_again(struct search *s, struct grid *g, int step, char *message, size_t size);
/* Draws the prompt in row y. Returns the column for the cursor. */
int search_draw(const struct search *s, const struct grid *g, struct screen *screen, int y);

#endif
