/* SPDX-License-Identifier: MIT
 *
 * Crossing from list to list, and sharing the room.
 */
#include "tui/grid_group.h"

#include <stdio.h>

#include "tui/view.h"

enum { LEAST_ROWS = 3 }; /* of a list: title, head, row */

void grid_group_start(struct grid_group *g, int count)
{
	g->count = count;
	g->focus = 0;
	while (g->focus < count - 1 && !g->tables[g->focus].row_count)
		g->focus++;
}

void grid_group_align(struct grid_group *g)
{
	for (size_t i = 0; i < g->grids[0].count; i++) {
		int natural = 0;
		int64_t largest = 0;

		for (int list = 0; list < g->count; list++) {
			const struct grid_state *state = &g->grids[list].state[i];

			natural = state->natural > natural ? state->natural : natural;
			largest = state->largest > largest ? state->largest : largest;
		}
		for (int list = 0; list < g->count; list++) {
			g->grids[list].state[i].natural = natural;
			g->grids[list].state[i].largest = largest;
		}
	}
}

void grid_group_release(struct grid_group *g)
{
	for (int i = 0; i < g->count; i++) {
		grid_release(&g->grids[i]);
		table_release(&g->tables[i]);
	}
	g->count = 0;
}

struct grid *grid_group_focus(struct grid_group *g)
{
	return &g->grids[g->focus];
}

/* The next list with rows in a direction, -1: there is none. */
static int beside(const struct grid_group *g, int step)
{
	int list = g->focus + step;

	while (list >= 0 && list < g->count && !g->tables[list].row_count)
		list += step;
	return list < g->count ? list : -1;
}

/* Over the edge of one list into another. 1 if that was what the key did. */
static int cross(struct grid_group *g, enum action action)
{
	const struct grid *here = &g->grids[g->focus];
	int down = action == ACTION_DOWN && here->selected + 1 >= here->table->row_count;
	int up = action == ACTION_UP && here->selected == 0;
	int list = down ? beside(g, 1) : up ? beside(g, -1) : -1;

	if (list < 0)
		return 0;
	g->focus = list;
	grid_go(&g->grids[list], down ? 0 : g->tables[list].row_count);
	return 1;
}

int grid_group_act(struct grid_group *g, enum action action)
{
	int step = action == ACTION_LEFT ? -1 : action == ACTION_RIGHT ? 1 : 0;

	if (!step)
		return cross(g, action) || grid_act(&g->grids[g->focus], action);
	if (beside(g, step) >= 0)
		g->focus = beside(g, step);
	return 1;
}

int grid_group_height(const struct grid_group *g)
{
	int height = 0;

	for (int i = 0; i < g->count; i++)
		height += grid_height(&g->grids[i]) + 1;
	return height;
}

/* Those that need no more than their part get what they need, until there are none; what is left is shared by the others. */
void grid_group_share(const struct grid_group *g, int height, int rows[GROUP_LISTS])
{
	int left = height, open = g->count, settled = 1;

	for (int i = 0; i < g->count; i++)
		rows[i] = 0;
	if (height < LEAST_ROWS * g->count && height < grid_group_height(g)) {
		rows[g->focus] = height;
		return;
	}
	while (settled) {
		settled = 0;
		for (int i = 0; i < g->count; i++) {
			int need = grid_height(&g->grids[i]) + 1;

			if (rows[i] || need > left / open)
				continue;
			rows[i] = need;
			left -= need;
			open--;
			settled = open > 0;
		}
	}
	for (int i = 0; i < g->count; i++) {
		if (rows[i])
			continue;
		rows[i] = left / open--;
		left -= rows[i];
	}
	rows[g->count - 1] += left;
}

void grid_group_draw(struct grid_group *g, int list, struct screen *s, struct rect area, const char *what, const char *none, int exact)
{
	struct rect rule = view_take(&area, 1);
	size_t n = g->tables[list].row_count;
	char title[96];

	if (!rule.height)
		return;
	if (n)
		snprintf(title, sizeof(title), "%s (%zu)", what, n);
	else
		snprintf(title, sizeof(title), "%s: %s", what, none);
	screen_rule(s, rule, title);
	grid_place(&g->grids[list], area, exact);
	if (n)
		grid_draw(&g->grids[list], s, g->focus == list);
}
