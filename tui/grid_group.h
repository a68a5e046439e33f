/* SPDX-License-Identifier: MIT
 *
 * A few lists that are one to the keys: down from the last row of one comes the first of the next that has
 * any, Left and Right go from list to list. Each keeps its own selection.
 */
#ifndef TUI_GRID_GROUP_H
#define TUI_GRID_GROUP_H

#include "analyzer/base/table.h"
#include "tui/grid.h"
#include "tui/keymap.h"
#include "tui/screen.h"

enum { GROUP_LISTS = 3 };

struct grid_group {
	struct table tables[GROUP_LISTS]; /* the group's own */
	struct grid grids[GROUP_LISTS];
	int count;
	int focus;
};

/* After `count` tables were filled and their grids opened: the keys go to the first list that has rows. */
void grid_group_start(struct grid_group *g, int count);
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
