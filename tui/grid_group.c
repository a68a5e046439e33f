/* SPDX-License-Identifier: MIT
 *
 * Crossing from list to list, and sharing the room.
 */
#include "tui/grid_group.h"

#include <stdio.h>

#include "tui/view.h"

enum { LEAST_ROWS = 3 }; /* of a list: title, head, row */

const struct table *grid_group_table(const struct grid_group *g, int list)
{
	return asked_table(&g->asked[list]);
}

static int fill_list(struct grid_group *g, struct browser *b, int i, const struct group_list *list, const struct ask *about,
                     struct err *err)
{
	struct ask ask = *about;
	int news;

	ask.question = list->question;
	news = asked_for(&g->asked[i], b, &ask, err);
	if (news > 0 || g->grids[i].table != grid_group_table(g, i))
		grid_show(&g->grids[i], grid_group_table(g, i), list->columns, list->count);
	return news;
}

void grid_group_start(struct grid_group *g)
{
	if (g->chosen)
		return;
	g->focus = g->prefer;
	if (grid_group_table(g, g->focus)->row_count)
		return;
	for (g->focus = 0; g->focus < g->count - 1 && !grid_group_table(g, g->focus)->row_count;)
		g->focus++;
}

int grid_group_fill(struct grid_group *g, struct browser *b, const struct group_list *lists, int count, const struct ask *ask,
                    struct err *err)
{
	int news = 0;

	g->count = count;
	for (int i = 0; i < count; i++) {
		int one = fill_list(g, b, i, &lists[i], ask, err);

		news = one < 0 || news < 0 ? -1 : news | one;
	}
	grid_group_start(g);
	return news;
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
		asked_release(&g->asked[i]);
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

	while (list >= 0 && list < g->count && !grid_group_table(g, list)->row_count)
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
	grid_go(&g->grids[list], down ? 0 : grid_group_table(g, list)->row_count);
	return 1;
}

int grid_group_act(struct grid_group *g, enum action action)
{
	int step = action == ACTION_LEFT ? -1 : action == ACTION_RIGHT ? 1 : 0;

	g->chosen = 1;
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

/* What is empty has no use for the keys. */
static void choose(void *of, int list)
{
	struct grid_group *g = of;

	if (!grid_group_table(g, list)->row_count)
		return;
	g->focus = list;
	g->chosen = 1;
}

void grid_group_draw(struct grid_group *g, int list, struct screen *s, struct rect area, const char *what, const char *none, int exact)
{
	struct rect rule = view_take(&area, 1);
	size_t n = grid_group_table(g, list)->row_count;
	char title[96];

	if (!rule.height)
		return;
	screen_spot(s, (struct spot){ .area = { rule.y, rule.x, area.height + 1, rule.width }, .kind = SPOT_LIST, .number = list, .of = g, .choose = choose });
	if (!g->asked[list].answer)
		snprintf(title, sizeof(title), "%s", what);
	else if (n)
		snprintf(title, sizeof(title), "%s (%zu)", what, n);
	else
		snprintf(title, sizeof(title), "%s: %s", what, none);
	screen_rule(s, rule, title);
	grid_place(&g->grids[list], area, exact);
	if (n)
		grid_draw(&g->grids[list], s, g->focus == list);
	else if (!g->asked[list].answer && asked_waits(&g->asked[list]))
		view_reading(s, area);
}
