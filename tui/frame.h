/* SPDX-License-Identifier: MIT
 *
 * What surrounds a view: the line of facts and the tabs above, the bar of keys, the prompt or a
 * message below.
 */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include "tui/screen.h"

struct frame {
	const char *name;      /* of the trace, borrowed */
	char facts[512];       /* report_facts */
	char losses[1024];
	char doing[128];       /* in place of the name: what is being read; "": nothing long */
	char lens[512];        /* of what all views speak; "": of the whole recording */
	char message[1024];    /* instead of the keys; "": none */
	enum style message_style;
};

/* The first rows, whose number it returns: facts, tabs, and the lens if there is one. `root` is the index in view_roots of the view
 * that is open, or was opened from. */
int frame_top(const struct frame *f, struct screen *s, int root);
/* The last row: the message, else the keys of `groups`. */
void frame_bottom(const struct frame *f, struct screen *s, unsigned groups);
/* Instead of all, in a window below that size. */
void frame_too_small(struct screen *s, int rows, int columns);

#endif
