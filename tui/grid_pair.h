/* SPDX-License-Identifier: MIT
 *
 * Two lists that are one to the keys: down from the last row of the upper one comes the first of the
 * lower one, Left and Right go to either. Each keeps its own selection.
 */
#ifndef TUI_GRID_PAIR_H
#define TUI_GRID_PAIR_H

#include "analyzer/base/table.h"
#include "tui/grid.h"
#include "tui/keymap.h"
#include "tui/screen.h"

enum { PAIR_UPPER, PAIR_LOWER, PAIR_LISTS };

struct grid_pair {
	struct table tables[PAIR_LISTS]; /* the pair's own */
	struct grid grids[PAIR_LISTS];
	int focus;
};

/* After both tables were filled and both grids opened: the keys go to the first list that has rows. */
void grid_pair_start(struct grid_pair *p);
/* Lays both out alike, when they have the same columns, so that these stand under each other. */
void grid_pair_align(struct grid_pair *p);
void grid_pair_release(struct grid_pair *p);

/* The list that has the keys. */
struct grid *grid_pair_focus(struct grid_pair *p);
/* Going, within and between; sorting. 1 if the action was one of those. */
int grid_pair_act(struct grid_pair *p, enum action action);

/* Rows for the upper list, with its title, of `height` rows for both, so that neither has empty rows while the other wants some;
 * all or none of them, where there is no room for two. */
int grid_pair_share(const struct grid_pair *p, int height);
/* Rows that both need, with their titles. */
int grid_pair_height(const struct grid_pair *p);
/* A list under a rule with the title "what (5)", or "what: none" without rows. */
void grid_pair_draw(struct grid_pair *p, int list, struct screen *s, struct rect area, const char *what, const char *none, int exact);

#endif
