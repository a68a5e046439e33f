/* SPDX-License-Identifier: MIT
 *
 * Crossing from list to list, and sharing the room.
 */
#include "tui/grid_pair.h"

#include <stdio.h>

#include "tui/view.h"

enum { LEAST_ROWS = 6 }; /* two titles, two heads, two rows */

void grid_pair_start(struct grid_pair *p)
{
	p->focus = p->tables[PAIR_UPPER].row_count ? PAIR_UPPER : PAIR_LOWER;
}

void grid_pair_align(struct grid_pair *p)
{
	for (size_t i = 0; i < p->grids[PAIR_UPPER].count; i++) {
		struct grid_state *a = &p->grids[PAIR_UPPER].state[i], *b = &p->grids[PAIR_LOWER].state[i];

		a->natural = b->natural = a->natural > b->natural ? a->natural : b->natural;
		a->largest = b->largest = a->largest > b->largest ? a->largest : b->largest;
	}
}

void grid_pair_release(struct grid_pair *p)
{
	for (int i = 0; i < PAIR_LISTS; i++) {
		grid_release(&p->grids[i]);
		table_release(&p->tables[i]);
	}
}

struct grid *grid_pair_focus(struct grid_pair *p)
{
	return &p->grids[p->focus];
}

static void focus(struct grid_pair *p, int list)
{
	if (p->tables[list].row_count)
		p->focus = list;
}

/* Over the edge of one list into the other. 1 if that was what the key did. */
static int cross(struct grid_pair *p, enum action action)
{
	struct grid *upper = &p->grids[PAIR_UPPER], *lower = &p->grids[PAIR_LOWER];

	if (action == ACTION_DOWN && p->focus == PAIR_UPPER && lower->table->row_count &&
	    upper->selected + 1 >= upper->table->row_count) {
		p->focus = PAIR_LOWER;
		grid_go(lower, 0);
		return 1;
	}
	if (action == ACTION_UP && p->focus == PAIR_LOWER && upper->table->row_count && lower->selected == 0) {
		p->focus = PAIR_UPPER;
		grid_go(upper, upper->table->row_count);
		return 1;
	}
	return 0;
}

int grid_pair_act(struct grid_pair *p, enum action action)
{
	switch (action) {
	case ACTION_LEFT:
		focus(p, PAIR_UPPER);
		return 1;
	case ACTION_RIGHT:
		focus(p, PAIR_LOWER);
		return 1;
	default:
		return cross(p, action) || grid_act(&p->grids[p->focus], action);
	}
}

int grid_pair_height(const struct grid_pair *p)
{
	return grid_height(&p->grids[PAIR_UPPER]) + grid_height(&p->grids[PAIR_LOWER]) + 2;
}

int grid_pair_share(const struct grid_pair *p, int height)
{
	int half = height / 2, upper = grid_height(&p->grids[PAIR_UPPER]) + 1, lower = grid_height(&p->grids[PAIR_LOWER]) + 1;

	if (height < LEAST_ROWS && height < upper + lower)
		return p->focus == PAIR_UPPER ? height : 0;
	if (upper <= half)
		return upper;
	return lower <= height - half ? height - lower : half;
}

void grid_pair_draw(struct grid_pair *p, int list, struct screen *s, struct rect area, const char *what, const char *none, int exact)
{
	struct rect rule = view_take(&area, 1);
	size_t n = p->tables[list].row_count;
	char title[96];

	if (!rule.height)
		return;
	if (n)
		snprintf(title, sizeof(title), "%s (%zu)", what, n);
	else
		snprintf(title, sizeof(title), "%s: %s", what, none);
	screen_rule(s, rule, title);
	grid_place(&p->grids[list], area, exact);
	if (n)
		grid_draw(&p->grids[list], s, p->focus == list);
}
