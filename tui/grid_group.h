/* SPDX-License-Identifier: MIT
 *
 * A few lists that are one to the keys: down from the last row of one comes the first of the next that has
 * any, Left and Right go from list to list. Each keeps its own selection.
 */
#ifndef TUI_GRID_GROUP_H
#define TUI_GRID_GROUP_H

#include "analyzer/base/table.h"
#include "tui/asked.h"
#include "tui/grid.h"
#include "tui/keymap.h"
#include "tui/screen.h"

enum { GROUP_LISTS = 3 };

struct grid_group {
	struct asked asked[GROUP_LISTS];
	struct grid grids[GROUP_LISTS];
	int count;
	int focus;
	int prefer; /* the list that has the keys first, if it has rows */
	int chosen; /* 1: the user has gone to a list */
};

struct group_list {
	const struct question *question;
	const struct grid_column *columns;
	size_t count;
};

/* Asks for the lists: `ask` says about what, the lists' questions take the place of its own. As view_ops.fill. Until the user
 * has gone somewhere, the keys go to the one to prefer, if it has rows, else to the first that has some. */
int grid_group_fill(struct grid_group *g, struct browser *b, const struct group_list *lists, int count, const struct ask *ask,
                    struct err *err);
/* The keys go to that list, unless the user has gone somewhere. Of the fill; for lists filled otherwise. */
void grid_group_start(struct grid_group *g);
/* The rows of a list. */
const struct table *grid_group_table(const struct grid_group *g, int list);
/* Lays all out alike, when they have the same columns, so that these stand under each other. */
void grid_group_align(struct grid_group *g);
void grid_group_release(struct grid_group *g);

/* The list that has the keys. */
struct grid *grid_group_focus(struct grid_group *g);
/* Going, within and between; sorting. 1 if the action was one of those. */
int grid_group_act(struct grid_group *g, enum action action);

/* Rows for each list, with its title, of `height` rows for all, so that none has empty rows while another wants some; all of
 * them for the one that has the keys, where there is no room for more. */
void grid_group_share(const struct grid_group *g, int height, int rows[GROUP_LISTS]);
/* Rows that all need, with their titles. */
int grid_group_height(const struct grid_group *g);
/* A list under a rule with the title "what (5)", or "what: none" without rows. */
void grid_group_draw(struct grid_group *g, int list, struct screen *s, struct rect area, const char *what, const char *none, int exact);

#endif
