/* SPDX-License-Identifier: MIT
 *
 * What the files of the browser share: its state, and who does what with it.
 */
#ifndef TUI_BROWSER_PRIVATE_H
#define TUI_BROWSER_PRIVATE_H

#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/frame.h"
#include "tui/prompt.h"
#include "tui/reader.h"
#include "tui/search.h"
#include "tui/shelf.h"

enum { BROWSER_ROOTS = 64, BROWSER_LEFT = 8 };

enum { BROWSER_SHOWN, BROWSER_BASE, BROWSER_SIDES };

/* What its supply says of a recording. */
struct browser_side {
	struct supply_state state; /* as looked at last */
	unsigned serial;           /* of the database that was taken last */
	char failed[512];          /* the failure that was told */
};

/* Views opened on a root that were left for another one. */
struct browser_left {
	int root;
	struct view *top;
};

/* What is being typed at the bottom, and what becomes of it. */
struct prompt_use {
	const char *label;
	/* Enter. What is wrong with the text is err's; the prompt stays then. 0 or -1. */
	int (*done)(struct browser *b, const char *text, struct err *err);
};

struct browser {
	const struct browser_options *options;
	struct shelf shelf;
	struct reader *reader;
	struct view *roots[BROWSER_ROOTS]; /* as view_roots; NULL: not opened yet */
	int root;
	struct view *top;
	struct browser_left left[BROWSER_LEFT]; /* the last one left last */
	int left_count;
	struct screen screen;
	struct frame frame;
	struct asked facts;
	struct lens lens;
	struct asked shown_lens;
	struct browser_side sides[BROWSER_SIDES];
	struct asked writing;              /* a file that the reader is writing */
	struct ask to_write;               /* its ask; without a question: none is */
	char path[1024];
	char written[1024];                /* the stacks in it, "the stacks through main" */
	struct search search;
	struct prompt prompt;
	const struct prompt_use *typing; /* NULL: nothing is being typed */
	int exact, leaving;
	int picked;  /* the last click only selected a row */
};

int browser_root_count(void);
/* The list that the keys are for; NULL: none. */
struct grid *browser_grid(const struct browser *b);
/* What is under the cursor. 1, or 0: nothing. */
int browser_subject(const struct browser *b, struct subject *subject);
void browser_close_top(struct browser *b);
/* To what lies below the open view; from a root to what was left last. */
void browser_back(struct browser *b);
void browser_close_all(struct browser *b); /* the roots as well: there is no view then */
/* 1 for a view that is only looked at in passing: q closes it. */
int browser_is_passing(const struct view *v);

/* Does what a key does, in the open view or else here. */
void browser_press(struct browser *b, const struct key *key);
/* What the mouse did. 0; or -1 with err set by the open view. */
int browser_point(struct browser *b, const struct mouse *m, struct err *err);
/* What the open view did not take. As view_ops.act. */
int browser_act(struct browser *b, const struct key *key, struct err *err);

/* Takes newer databases if somebody has made them. */
void browser_look(struct browser *b);
/* What is newer is wanted. */
void browser_renew(struct browser *b);
int browser_is_outdated(const struct browser *b);
/* "analyzing: events 34 %" into out, or "". 1 if something is being made. */
int browser_progress(const struct browser *b, char *out, size_t size);
/* "there is a newer one: R", or "". */
void browser_tell_outdated(const struct browser *b, char *out, size_t size);

/* Has a line typed, beginning with `text`. */
void browser_prompt(struct browser *b, const struct prompt_use *use, const char *text);
/* A key for the prompt. */
void browser_type(struct browser *b, int input);

extern const struct prompt_use browser_filter;
/* Has the name of a file typed, into which what is seen is written. As view_ops.act. */
int browser_export(struct browser *b);
/* Goes on with a file that is being written. */
void browser_fill_writing(struct browser *b, struct err *err);

#endif
