/* SPDX-License-Identifier: MIT
 *
 * What surrounds a view: the line of facts and the tabs above, the bar of keys, the prompt or a
 * message below.
 */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include "tui/screen.h"
#include "tui/search.h"

struct frame {
	const char *name;      /* of the trace, borrowed */
	char facts[512];       /* report_facts */
	char losses[512];
	char message[1024];    /* instead of the keys; "": none */
	enum style message_style;
};

/* Rows 0 and 1. `root` is the index in view_roots of the view that is open, or was opened from. */
void frame_top(const struct frame *f, struct screen *s, int root);
/* The last row: the search if one is being typed (else NULL), else the message, else the keys of `groups`. Returns the column
 * of the cursor or -1. */
int frame_bottom(const struct frame *f, struct screen *s, unsigned groups, const struct search *search);
/* Instead of all, in a window below that size. */
void frame_too_small(struct screen *s, int rows, int columns);

#endif
