/* SPDX-License-Identifier: MIT
 *
 * The terminal UI as a whole: the views that are open, what surrounds them on the screen, and the
 * loop that takes keys. Its invariant: there is always one open view, a root, below all others.
 */
#ifndef TUI_BROWSER_H
#define TUI_BROWSER_H

#include "analyzer/base/err.h"
#include "analyzer/store/store.h"
#include "tui/view.h"

/* Shows a database in the terminal until the user leaves. `name` stands in the header (the trace's path). The locale must be
 * set. 0; or -1 when there is no usable terminal or the first view cannot be read; the terminal is as before either way. */
int browser_run(struct store *s, const char *name, struct err *err);

/* For views. */
struct store *browser_store(const struct browser *b);
int browser_exact(const struct browser *b);
/* All rows of a report, over all processes, read when first asked for and kept for as long as the browser runs: views that
 * show the same report share it. NULL with err set. */
const struct table *browser_report(struct browser *b, const char *name, struct err *err);
/* What the recording lost, as report_facts says it; "" for nothing. */
const char *browser_losses(const struct browser *b);
/* Opens a view on top of the one that is open. 0 or -1. */
int browser_enter(struct browser *b, const struct view_ops *ops, const struct subject *subject, struct err *err);
/* Shows the view of that place in view_roots, with what was opened on top of others closed: a view that calls it for
 * itself is gone afterwards. 0 or -1. */
int browser_show(struct browser *b, int root, struct err *err);
/* A line at the bottom until the next key. */
void browser_say(struct browser *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
