/* SPDX-License-Identifier: MIT
 *
 * The terminal UI as a whole: the views that are open, what surrounds them on the screen, and the
 * loop that takes keys. Its invariant: there is always one open view, a root, below all others.
 */
#ifndef TUI_BROWSER_H
#define TUI_BROWSER_H

#include "analyzer/base/err.h"
#include "analyzer/store/lens.h"
#include "tui/ask.h"
#include "tui/supply.h"
#include "tui/view.h"

struct browser_options {
	struct supply *supply;      /* of the databases to show; the caller's */
	struct supply *base_supply; /* of those to compare with; NULL: one recording is shown alone */
	const char *name;           /* stands in the header: the trace's path */
	const char *base_name;      /* the other one's; NULL: there is none */
	struct lens lens;           /* to begin with */
	const char *sources;        /* a directory in which to look for source files; NULL: where the compiler saw them */
};

/* Shows a database in the terminal until the user leaves. The locale must be set, and no thread have been started. 0; or -1 when
 * there is no usable terminal; the terminal is as before either way. */
int browser_run(const struct browser_options *options, struct err *err);

/* For views. */
struct shelf *browser_shelf(const struct browser *b);
const struct browser_options *browser_options(const struct browser *b);
int browser_exact(const struct browser *b);
/* What the recording lost, as report_facts says it; "" for nothing, NULL while that is not known. */
const char *browser_losses(const struct browser *b);
/* Opens a view on top of the one that is open. Returns 1, as view_ops.act does when it is done. */
int browser_enter(struct browser *b, const struct view_ops *ops, const struct subject *subject);
/* Shows the view of that place in view_roots. What was opened on top of others can be come back to, except what is only looked at
 * in passing: such a view that calls it is gone afterwards. Returns 1. */
int browser_show(struct browser *b, int root);
/* Opens the view of SQL on the one that is open, to show the query behind it; a list of views that is open goes. Returns 1. */
int browser_sql(struct browser *b);
/* What all views are seen through. A new one takes effect at once: what is shown stays until it was read anew. */
const struct lens *browser_lens(const struct browser *b);
int browser_lens_is_set(const struct browser *b); /* 1: they are not seen whole */
void browser_set_lens(struct browser *b, const struct lens *lens);
/* Groups of keys that mean something in the view that is open, which a view that is just being opened is not yet. */
unsigned browser_groups(const struct browser *b);
/* A line at the bottom until the next key. */
void browser_say(struct browser *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
