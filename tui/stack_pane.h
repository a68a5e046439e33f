/* SPDX-License-Identifier: MIT
 *
 * The stacks of one site, below a table: how much came by which way. Each stack takes as many lines
 * as there are to spare; what does not fit goes from its middle.
 */
#ifndef TUI_STACK_PANE_H
#define TUI_STACK_PANE_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"
#include "tui/screen.h"

struct stack_pane {
	int64_t site_id;     /* whose stacks are wanted; 0: none */
	const char *cost;    /* by which cost, borrowed */
	int loaded;          /* the table holds them */
	enum unit unit;
	struct table table;  /* stack_view_stack_columns; nothing to release while !loaded */
};

/* Says what to show; what is there is kept if it is that already. */
void stack_pane_want(struct stack_pane *p, int64_t site_id, const char *cost);
/* Reads what is wanted and not there. 1: it was read, 0: nothing to do, -1. */
int stack_pane_fill(struct stack_pane *p, struct store *s, struct err *err);
/* `to` is in the title: where the stacks end; "" for nothing. */
void stack_pane_draw(const struct stack_pane *p, struct screen *s, struct rect area, const char *to, int exact);
void stack_pane_release(struct stack_pane *p);

/* Rows of an area of `height` that a pane should have: 0 if it is too low for one. */
int stack_pane_height(int height);

#endif
