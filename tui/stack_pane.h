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
#include "tui/asked.h"
#include "tui/grid.h"
#include "tui/screen.h"

struct stack_source {
	const char *one, *many; /* "stack", "stacks": in the title, after their number */
	const char *none;       /* the title when there are none */
	const char *value;      /* the column with the figure of each; NULL: there is none, but perhaps a column `label` */
	/* Asked for an `id`, by a cost (`name`), with a limit (`number`): those with most first; a column `stack` has them, root
	 * first, joined by ';'. */
	struct question question;
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
	struct asked asked;
};

/* Asks for the stacks of a key (0: nobody's) by a cost ("" where that does not matter), as view_ops.fill. */
int stack_pane_fill(struct stack_pane *p, struct browser *b, const struct stack_source *source, int64_t key, const char *cost,
                    struct err *err);
/* The same of the stack of the row that is selected in a grid, by its column stack_id. */
int stack_pane_follow(struct stack_pane *p, struct browser *b, const struct grid *g, struct err *err);
/* `to` ends the title, "2 stacks to row_new"; "" for nothing. */
void stack_pane_draw(const struct stack_pane *p, struct screen *s, struct rect area, const char *to, int exact);
void stack_pane_release(struct stack_pane *p);

#endif
