/* SPDX-License-Identifier: MIT
 *
 * What a part of a view has asked, and the answer it shows: the latest that came. When the recording or
 * the lens changed, the answer from before stays until the new one is there; when something else is
 * asked, it goes at once. On the thread that draws.
 */
#ifndef TUI_ASKED_H
#define TUI_ASKED_H

#include "tui/ask.h"

struct browser;
struct shelf;
struct shelf_entry;

struct asked {
	const struct answer *answer; /* NULL: none yet */
	struct shelf_entry *shown;   /* whose answer that is; held */
	struct shelf_entry *wanted;  /* what is being asked; held */
	int failed;                  /* it could not be read: said once */
	struct shelf *shelf;
};

/* Asks, as a view's fill does each time for all it shows. 1: there is a new answer (the one before is gone); 0: nothing is new;
 * -1: it could not be read, told once with err. */
int asked_for(struct asked *asked, struct browser *b, const struct ask *ask, struct err *err);
/* 1: an answer is on its way. */
int asked_waits(const struct asked *asked);
/* Why it could not be read; "": it could, or nobody knows yet. */
const char *asked_failure(const struct asked *asked);
/* The answer's table; an empty one without columns while there is none. */
const struct table *asked_table(const struct asked *asked);
/* Forgets it all. Does nothing to a zeroed one. */
void asked_release(struct asked *asked);

#endif
