/* SPDX-License-Identifier: MIT
 *
 * What stands below a list about the row that is selected there, without a keystroke: a band of
 * figures, and one or two panes of stacks, beside each other where there is room. What they hold is read
 * when no key is waiting.
 */
#ifndef TUI_DETAIL_H
#define TUI_DETAIL_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "tui/asked.h"
#include "tui/screen.h"
#include "tui/stack_pane.h"

enum { DETAIL_PANES = 2 };

struct detail_pane {
	const struct stack_source *source;         /* NULL: no such pane */
	const char *key;                           /* the list's column with what the source is asked for */
	const char *(*cost)(const char *cost);     /* the stacks' cost for that of the list; NULL: they have but one */
	/* The end of the pane's title, " to row_new"; NULL: it has none. */
	void (*title)(const struct table *t, size_t row, int ascii, char *out, size_t size);
};

struct detail_band {
	int rows;
	const char *key;                           /* of the list: the id that `question` is asked for */
	const struct question *question;           /* NULL: the list's row has it all */
	/* `read` is what was read, NULL while it is not. */
	void (*draw)(const struct table *read, const struct table *t, size_t row, struct screen *s, struct rect area, int exact);
};

struct detail_about {
	struct detail_pane panes[DETAIL_PANES];
	const struct detail_band *band;            /* NULL: none */
};

struct detail {
	const struct detail_about *about;
	struct stack_pane panes[DETAIL_PANES];
	struct asked band;
};

/* Rows it should have of an area that it shares with a list: 0 if that is too low. */
int detail_height(const struct detail_about *about, const struct rect *area);
/* Asks for what there is to say about a row of the list, as view_ops.fill. */
int detail_fill(struct detail *d, struct browser *b, const struct table *t, size_t row, const char *cost, struct err *err);
void detail_draw(const struct detail *d, const struct table *t, size_t row, struct screen *s, struct rect area, int exact);
void detail_release(struct detail *d);

#endif
