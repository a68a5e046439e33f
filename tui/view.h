/* SPDX-License-Identifier: MIT
 *
 * Views: a screenful about one thing, each one file and one line of the table. The browser owns header,
 * tabs, messages, prompt and the bar of keys; a view owns the area between. A view never reads: in `fill`,
 * which is called before each drawing, it asks for all it shows (asked.h) and takes what has come; it draws what is
 * there, and says "reading ..." where nothing is yet.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "tui/grid.h"
#include "tui/keymap.h"
#include "tui/mouse.h"
#include "tui/screen.h"

struct browser;
struct export_query;
struct view;

/* What a view is about, or a row of it: for views that are opened from rows. Texts are copied by who keeps it and never NULL in a
 * view; ids are 0 where there is none. */
struct subject {
	int64_t id;           /* of the site, lock or thread, for views that are about one */
	int64_t site_id, function_id, lock_id, thread_id, stack_id;
	const char *name;     /* of the function, lock or thread */
	const char *place;    /* "row.c:25", "" if unknown */
	const char *file;     /* its path as the compiler saw it, "" if unknown */
	int64_t line;
	const char *cost;     /* the cost's name that is being looked at; static; NULL: none */
};

struct view_ops {
	const char *name;     /* a word: "hotspots" */
	const char *title;    /* in the tabs: "Hot spots" */
	char number;          /* the key that opens it; 0: there is none */
	const char *help;     /* a line for the help screen */
	unsigned keys;        /* groups of keymap.h that it answers */
	const void *about;    /* what tells views apart that share their functions; theirs to know */
	size_t private_size;  /* of v->data, zeroed by the browser before open */
	void (*open)(struct view *v); /* prepares; reads nothing */
	int (*fill)(struct view *v, struct err *err); /* asks and takes: 1 there is news, 0 none, -1 something could not be read; or NULL */
	void (*draw)(struct view *v, struct screen *s, struct rect area);
	int (*act)(struct view *v, enum action action, struct err *err); /* 1 done, 0 not for this view, -1 failed */
	int (*point)(struct view *v, const struct mouse *m, struct err *err); /* what the mouse did, before lists under it take it; as act; or NULL */
	int (*input)(struct view *v, int input, struct err *err); /* before the table of keys, for a view one types into; as act; or NULL */
	struct grid *(*grid)(struct view *v); /* the list that keys and search are for; NULL: there is none now */
	/* What is under the cursor: texts may be the view's. 1, or 0: nothing. NULL: the selected row of the grid, by its columns'
	 * names (subject_of_row). */
	int (*subject)(struct view *v, struct subject *subject);
	/* Which stacks it is about, of all that are let through: sets what says so in *q, and appends that to words, " through main". Texts may be
	 * the view's. NULL: all. */
	void (*stacks)(const struct view *v, struct export_query *q, char *words, size_t size);
	const char *(*report)(const struct view *v); /* the name of the report it shows, whose SQL can be shown; NULL: none */
	/* The query that gives what it shows of what it is about; NULL, or nothing in out: there is only its report's, if any. */
	void (*query)(const struct view *v, char *out, size_t size);
	void (*close)(struct view *v); /* releases what it has */
};

struct view {
	const struct view_ops *ops;
	void *data;
	struct browser *browser;
	struct view *below;    /* the view this one was opened from; NULL: a root */
	struct subject subject;
};

extern const struct view_ops *const *view_roots; /* those with a tab, in its order, NULL-terminated: their numbers count from 1 */
/* Decides which those are, before any is shown: `compared` 1 if there is a second recording to compare with. */
void view_choose_roots(int compared);
extern const struct view_ops view_overview;
extern const struct view_ops view_hotspots, view_leaks, view_temporary;
extern const struct view_ops view_advice, view_escapes, view_owners;
extern const struct view_ops view_locks, view_waits, view_holders, view_blocked, view_threads, view_lock_order;
extern const struct view_ops view_flame, view_call_tree;
extern const struct view_ops view_callers, view_stack, view_thread_stacks, view_lock, view_thread, view_escape, view_owner, view_finding;
extern const struct view_ops view_sizes, view_timeline, view_source, view_sql, view_mappings;
extern const struct view_ops view_differences; /* only where two recordings are compared */
extern const struct view_ops view_menu, view_help;

/* The subject that a row of a table tells by the names of its columns. 1, or 0: it is about no place, lock or thread. */
int subject_of_row(const struct table *t, size_t row, struct subject *subject);

/* As view_ops.stacks: of the site the view is about, else those through its function. */
void view_stacks(const struct view *v, struct export_query *q, char *words, size_t size);

/* A view's first line: what it shows, and on the right how much of it. Returns the area that is left. */
struct rect view_heading(struct screen *s, struct rect area, const char *left, const char *right);
/* The way here, "Hot spots > row_new > command_set", in at most `columns` columns; what is far back goes first. */
char *view_path(const struct view *v, int ascii, int columns, char *out, size_t size);
/* Rows of an area of `height` that a pane below its lists should have: 0 if it is too low for one. */
int view_share(int height);
/* Says in an area that what it is for is still being read. */
void view_reading(struct screen *s, struct rect area);
/* The upper `height` rows of *area, which loses them. */
struct rect view_take(struct rect *area, int height);

#endif
