/* SPDX-License-Identifier: MIT
 *
 * Stacks below a table, about the row that is selected there: how much came by which way. Each stack
 * takes as many lines as there are to spare; what does not fit goes from its middle. Where the stacks
 * come from is the source's business.
 */
#ifndef TUI_STACK_PANE_H
#define TUI_STACK_PANE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"
#include "tui/screen.h"

struct stack_source {
	const char *one, *many; /* "stack", "stacks": in the title, after their number */
	const char *none;       /* the title when there are none */
	const char *value;      /* the column with the figure of each; NULL: there is none, but perhaps a column `label` */
	/* The stacks of `key`, those with most first; a column `stack` has them, root first, joined by ';'. 0 or -1. */
	int (*read)(struct store *s, int64_t key, const char *cost, long limit, struct table *t, struct err *err);
};

extern const struct stack_source stack_source_site;     /* of a site, by a cost */
extern const struct stack_source stack_source_waiters;  /* that waited for a lock */
extern const struct stack_source stack_source_holders;  /* that let others wait for a lock */
extern const struct stack_source stack_source_stack;    /* the one of a stack id */
extern const struct stack_source stack_source_order;    /* the two of an edge of the lock order */
extern const struct stack_source stack_source_creation; /* of who created a thread */
extern const struct stack_source stack_source_thread;   /* of a thread, by a cost */
extern const struct stack_source stack_source_frees;    /* that freed blocks of a site */
extern const struct stack_source stack_source_dying;    /* from a function to the sites whose blocks died in its calls */

struct stack_pane {
	const struct stack_source *source; /* NULL: nothing was wanted yet */
	int64_t key;         /* whose stacks are wanted; 0: none */
	const char *cost;    /* by which cost, borrowed; "" where that does not matter */
	int loaded;          /* the table holds them */
	int failed;          /* they could not be read: not tried again */
	struct table table;  /* nothing to release while !loaded */
};

/* Says what to show; what is there is kept if it is that already. */
void stack_pane_want(struct stack_pane *p, const struct stack_source *source, int64_t key, const char *cost);
/* Reads what is wanted and not there. 1: it was read, 0: nothing to do, -1. */
int stack_pane_fill(struct stack_pane *p, struct store *s, struct err *err);
/* `to` ends the title, "2 stacks to row_new"; "" for nothing. */
void stack_pane_draw(const struct stack_pane *p, struct screen *s, struct rect area, const char *to, int exact);
void stack_pane_release(struct stack_pane *p);

#endif
