/* SPDX-License-Identifier: MIT
 *
 * Where things of a grid are on the screen, for the mouse, and scrolling, which is the wheel's.
 */
#include "tui/grid.h"

void grid_scroll(struct grid *g, long by)
{
	long page = g->page > 0 ? g->page : 1, rows = (long)g->table->row_count;
	long last = rows > page ? rows - page : 0, top = (long)g->top + by;

	if (!rows)
		return;
	top = top < 0 ? 0 : top > last ? last : top;
	g->top = (size_t)top;
	if ((long)g->selected < top)
		g->selected = (size_t)top;
	if ((long)g->selected >= top + page)
		g->selected = (size_t)(top + page - 1);
}

long grid_position_at(const struct grid *g, int y)
{
	int row = y - g->area.y - 1;

	if (row < 0 || row >= g->page || g->top + (size_t)row >= g->table->row_count)
		return -1;
	return (long)g->top + row;
}

/* Where a column ends; the bar and the share belong to the cost. */
static int right_end(const struct grid *g, size_t column)
{
	if ((int)column == g->cost && g->share_x >= 0)
		return g->share_x + GRID_SHARE_WIDTH;
	if ((int)column == g->cost && g->bar_width)
		return g->bar_x + g->bar_width;
	return g->state[column].x + g->state[column].width;
}

/* The first that ends right of x: a gap belongs to the column after it. */
int grid_column_at(const struct grid *g, int x)
{
	int found = -1;

	for (size_t i = 0; i < g->count; i++)
		if (g->state[i].width > 0 && x < right_end(g, i) && (found < 0 || right_end(g, i) < right_end(g, (size_t)found)))
			found = (int)i;
	return found;
}
