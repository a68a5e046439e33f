/* SPDX-License-Identifier: MIT
 *
 * Views: a screenful about one thing, each one file and one line of the table. The browser owns
 * header, tabs, messages and the bar of keys; a view owns the area between. A view asks the database
 * when it is opened and in `fill`, never while drawing or going through rows.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "tui/grid.h"
#include "tui/keymap.h"
#include "tui/screen.h"

struct browser;
struct view;

/* What a view is about, for those opened from a row. */
struct subject {
	int64_t id;           /* of the site, lock or thread; 0: none */
	int64_t function_id;  /* 0: none */
	const char *name;     /* copied by browser_enter, like place; never NULL in a view: "" */
	const char *place;    /* "row.c:25", "" if unknown */
	const char *cost;     /* the cost's name that was being looked at; static */
};

struct view_ops {
	const char *name;     /* a word: "hotspots" */
	const char *title;    /* in the tabs: "Hot spots" */
	char number;          /* the key that opens it; 0: there is none */
	const char *help;     /* a line for the help screen */
	unsigned keys;        /* groups of keymap.h that it answers */
	const void *about;    /* what tells views apart that share their functions; theirs to know */
	size_t private_size;  /* of v->data, zeroed by the browser before open */
	int (*open)(struct view *v, struct err *err); /* reads; 0, or -1 with nothing left to close */
	int (*fill)(struct view *v, struct err *err); /* reads what may wait until no key is waiting: 1 there is news to draw, 0 none, -1; or NULL */
	void (*draw)(struct view *v, struct screen *s, struct rect area);
	int (*act)(struct view *v, enum action action, struct err *err); /* 1 done, 0 not for this view, -1 failed */
	struct grid *(*grid)(struct view *v); /* the list that keys and search are for; NULL: there is none now */
	void (*close)(struct view *v); /* releases what open made */
};

struct view {
	const struct view_ops *ops;
	void *data;
	struct browser *browser;
	struct view *below;    /* the view this one was opened from; NULL: a root */
	struct subject subject;
};

extern const struct view_ops *const view_roots[]; /* those with a tab, in its order, NULL-terminated */
extern const struct view_ops view_overview;
extern const struct view_ops view_hotspots, view_leaks, view_temporary;
extern const struct view_ops view_advice, view_escapes, view_owners;
extern const struct view_ops view_locks, view_waits, view_holders, view_blocked, view_threads, view_lock_order;
extern const struct view_ops view_callers, view_lock, view_thread, view_escape, view_owner, view_finding;
extern const struct view_ops view_menu, view_help;

/* A view's first line: what it shows, and on the right how much of it. Returns the area that is left. */
struct rect view_heading(struct screen *s, struct rect area, const char *left, const char *right);
/* The way here, "Hot spots > row_new > command_set", in at most `columns` columns; what is far back goes first. */
char *view_path(const struct view *v, int ascii, int columns, char *out, size_t size);
/* Rows of an area of `height` that a pane below its lists should have: 0 if it is too low for one. */
int view_share(int height);
/* The upper `height` rows of *area, which loses them. */
struct rect view_take(struct rect *area, int height);

#endif
