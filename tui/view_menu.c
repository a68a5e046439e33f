/* SPDX-License-Identifier: MIT
 *
 * All views as a list, for those whose tab is out of sight and those who look for one by its name. Made of the
 * table of views.
 */
#include <stdio.h>
#include <string.h>

#include "tui/browser.h"
#include "tui/view.h"

struct menu {
	struct table table;
	struct grid grid;
};

static const struct column menu_table_columns[] = {
	{ "key", "", UNIT_TEXT, "the key that opens it" },
	{ "view", "", UNIT_TEXT, "its name" },
	{ "shows", "", UNIT_TEXT, "what it shows" },
};

static const struct grid_column menu_columns[] = {
	{ .name = "key", .title = "", .flags = GRID_RIGHT },
	{ .name = "view", .title = "", .flags = GRID_FUNCTION },
	{ .name = "shows", .title = "", .priority = 1 },
};

static void menu_open(struct view *v)
{
	struct menu *m = v->data;

	table_init(&m->table, menu_table_columns, sizeof(menu_table_columns) / sizeof(menu_table_columns[0]));
	for (int i = 0; view_roots[i]; i++) {
		char key[2] = { view_roots[i]->number, 0 };
		struct value *row = table_add_row(&m->table);

		table_set_text(&m->table, &row[0], key);
		table_set_text(&m->table, &row[1], view_roots[i]->title);
		table_set_text(&m->table, &row[2], view_roots[i]->help);
	}
	grid_open(&m->grid, &m->table, menu_columns, sizeof(menu_columns) / sizeof(menu_columns[0]));
}

static void menu_draw(struct view *v, struct screen *s, struct rect area)
{
	struct menu *m = v->data;
	struct rect heading = view_take(&area, 1);

	/* The head of the table is empty: it lies under the heading. */
	area.y--;
	area.height++;
	grid_place(&m->grid, area, 0);
	grid_draw(&m->grid, s, 1);
	view_heading(s, heading, "Views", "");
}

static int menu_act(struct view *v, enum action action, struct err *err)
{
	struct menu *m = v->data;

	if (action != ACTION_ENTER)
		return grid_act(&m->grid, action);
	(void)err;
	return browser_show(v->browser, (int)grid_row(&m->grid));
}

static struct grid *menu_grid(struct view *v)
{
	struct menu *m = v->data;

	return &m->grid;
}

static void menu_close(struct view *v)
{
	struct menu *m = v->data;

	grid_release(&m->grid);
	table_release(&m->table);
}

const struct view_ops view_menu = {
	.name = "menu", .title = "Views", .help = "all views", .keys = KEYS_LIST | KEYS_ENTER, .private_size = sizeof(struct menu),
	.open = menu_open, .draw = menu_draw, .act = menu_act, .grid = menu_grid, .close = menu_close,
};
