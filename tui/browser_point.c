/* SPDX-License-Identifier: MIT
 *
 * The mouse. Whatever was drawn left spots behind that say what is there (screen.h), so views need no
 * code for it: keys and tabs do what the keyboard does, rows are selected, and opened by a second click; heads
 * of columns sort; the wheel scrolls what it is over; the right button goes back.
 */
#include "tui/browser_private.h"
#include "tui/terminal.h"

enum { WHEEL_ROWS = 3 };

/* The uppermost spot of a kind at a place, NULL: there is none. */
static const struct spot *spot_at(const struct browser *b, const struct mouse *m, enum spot_kind kind)
{
	for (int i = b->screen.spot_count - 1; i >= 0; i--)
		if (b->screen.spots[i].kind == kind && rect_has(b->screen.spots[i].area, m->y, m->x))
			return &b->screen.spots[i];
	return NULL;
}

static void press(struct browser *b, int input)
{
	const struct key *key = keymap_find(input, browser_groups(b));

	if (key)
		browser_press(b, key);
}

/* --- lists ---------------------------------------------------------------------------------------- */

static void point_at_head(struct browser *b, struct grid *g, const struct mouse *m)
{
	int column = grid_column_at(g, m->x);

	if (column >= 0 && (browser_groups(b) & KEYS_SORT))
		grid_sort_by(g, column);
}

static void point_at_row(struct browser *b, struct grid *g, const struct mouse *m, int has_keys)
{
	long position = grid_position_at(g, m->y);
	int opens = has_keys && position == (long)g->selected;

	if (position < 0)
		return;
	grid_go(g, (size_t)position);
	b->picked = !opens;
	if (opens)
		press(b, INPUT_ENTER);
}

static void point_at_list(struct browser *b, const struct mouse *m)
{
	const struct spot *list = spot_at(b, m, SPOT_LIST), *spot = spot_at(b, m, SPOT_GRID);
	const struct grid *before = browser_grid(b);
	int is_head = spot && m->y == spot->grid->area.y;

	/* What the first click of two only selected is opened by the second; what it opened is not for the second. */
	if (m->kind == MOUSE_DOUBLE && !b->picked && !is_head)
		return;
	if (list)
		list->choose(list->of, list->number);
	if (!spot)
		return;
	if (is_head)
		point_at_head(b, spot->grid, m);
	else
		point_at_row(b, spot->grid, m, spot->grid == before);
}

static void turn_wheel(struct browser *b, const struct mouse *m)
{
	const struct spot *spot = spot_at(b, m, SPOT_GRID);
	struct grid *g = spot ? spot->grid : browser_grid(b);
	int up = m->kind == MOUSE_WHEEL_UP;

	if (g)
		grid_scroll(g, up ? -WHEEL_ROWS : WHEEL_ROWS);
	else
		press(b, up ? INPUT_UP : INPUT_DOWN);
}

/* --- all ------------------------------------------------------------------------------------------ */

static void click(struct browser *b, const struct mouse *m)
{
	const struct spot *key = spot_at(b, m, SPOT_KEY), *tab = spot_at(b, m, SPOT_TAB);

	if (m->kind == MOUSE_CLICK)
		b->picked = 0;
	if (key)
		press(b, key->number);
	else if (tab)
		browser_show(b, tab->number);
	else
		point_at_list(b, m);
}

/* The open view comes first, but for the keys and tabs around it; what was begun in it may end there. As view_ops.point. */
static int point_at_view(struct browser *b, const struct mouse *m, struct err *err)
{
	int goes_on = m->kind == MOUSE_DRAG || m->kind == MOUSE_RELEASE;

	if (!b->top->ops->point || (!goes_on && (spot_at(b, m, SPOT_KEY) || spot_at(b, m, SPOT_TAB))))
		return 0;
	return b->top->ops->point(b->top, m, err);
}

int browser_point(struct browser *b, const struct mouse *m, struct err *err)
{
	int done = point_at_view(b, m, err);

	if (done)
		return done < 0 ? -1 : 0;
	switch (m->kind) {
	case MOUSE_CLICK:
	case MOUSE_DOUBLE:
		click(b, m);
		break;
	case MOUSE_WHEEL_UP:
	case MOUSE_WHEEL_DOWN:
		turn_wheel(b, m);
		break;
	case MOUSE_RIGHT:
		press(b, INPUT_BACKSPACE);
		break;
	case MOUSE_DRAG:
	case MOUSE_RELEASE:
		break;
	}
	return 0;
}
