/* SPDX-License-Identifier: MIT
 *
 * Views that list a report: its rows as a table, and below it what there is to say about the selected
 * one. What distinguishes one from another is a description; a new view of this kind is one, in a file
 * of its own, and a line in the table of views.
 */
#ifndef TUI_VIEW_LIST_H
#define TUI_VIEW_LIST_H

#include "tui/detail.h"
#include "tui/view.h"

struct list_about {
	const char *report;    /* its name */
	const char *subject;   /* in the heading: "Hot spots by ..." */
	const char *none;      /* what it means that there are no rows */
	const struct grid_column *columns;
	size_t count;
	const struct detail_about *detail; /* NULL: nothing stands below */
	int (*enter)(struct view *v, const struct grid *g); /* of the selected row, which is there; as view_ops.act; or NULL */
};

struct list {
	struct asked asked;  /* its text: what has to be said with the rows */
	struct grid grid;
	struct detail detail;
};

void view_list_open(struct view *v);
int view_list_fill(struct view *v, struct err *err);
void view_list_draw(struct view *v, struct screen *s, struct rect area);
int view_list_act(struct view *v, enum action action, struct err *err);
struct grid *view_list_grid(struct view *v);
const char *view_list_report(const struct view *v);
void view_list_close(struct view *v);

/* The functions of such a view; `about` and `keys` beyond KEYS_LIST are its own. */
#define VIEW_LIST(description) \
	.about = (description), .private_size = sizeof(struct list), .open = view_list_open, .fill = view_list_fill, \
	.draw = view_list_draw, .act = view_list_act, .grid = view_list_grid, .report = view_list_report, .close = view_list_close

#endif
