/* SPDX-License-Identifier: MIT
 *
 * All views as a list, to choose from by what is typed: the beginning of a name, or a number. Made of the table of
 * views.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/browser.h"
#include "tui/prompt.h"
#include "tui/terminal.h"
#include "tui/view.h"

struct menu {
	struct table table;
	struct grid grid;
	struct prompt prompt;
};

static const struct column menu_table_columns[] = {
	{ "number", "", UNIT_TEXT, "its number" },
	{ "view", "", UNIT_TEXT, "its name" },
	{ "shows", "", UNIT_TEXT, "what it shows" },
};

static const struct grid_column menu_columns[] = {
	{ .name = "number", .title = "", .flags = GRID_RIGHT },
	{ .name = "view", .title = "", .flags = GRID_FUNCTION },
	{ .name = "shows", .title = "", .priority = 1, .flags = GRID_PROSE },
};

static void menu_open(struct view *v)
{
	struct menu *m = v->data;

	table_init(&m->table, menu_table_columns, sizeof(menu_table_columns) / sizeof(menu_table_columns[0]));
	for (int i = 0; view_roots[i]; i++) {
		char number[16];
		struct value *row = table_add_row(&m->table);

		snprintf(number, sizeof(number), "%d", i + 1);
		table_set_text(&m->table, &row[0], number);
		table_set_text(&m->table, &row[1], view_roots[i]->title);
		table_set_text(&m->table, &row[2], view_roots[i]->help);
	}
	grid_open(&m->grid, &m->table, menu_columns, sizeof(menu_columns) / sizeof(menu_columns[0]));
	prompt_open(&m->prompt, "Views: ");
}

static void menu_draw(struct view *v, struct screen *s, struct rect area)
{
	struct menu *m = v->data;
	struct rect heading = view_take(&area, 1);
	char left[PROMPT_BYTES + 32];

	/* The head of the table is empty: it lies under the heading. */
	area.y--;
	area.height++;
	grid_place(&m->grid, area, 0);
	grid_draw(&m->grid, s, 1);
	snprintf(left, sizeof(left), "Views%s%s", m->prompt.length ? ": " : "", m->prompt.text);
	view_heading(s, heading, left, "type a name or a number; Tab: the next");
}

/* 1 if the view's title or name begins with the text. */
static int begins(int view, const char *text)
{
	return !strncasecmp(view_roots[view]->title, text, strlen(text)) || !strncasecmp(view_roots[view]->name, text, strlen(text));
}

/* The view whose number, title or name is typed, or begins so; -1: none. */
static int find(const char *text)
{
	int number = atoi(text);

	for (int i = 0; view_roots[i] && number > 0; i++)
		if (i + 1 == number)
			return i;
	for (int i = 0; view_roots[i]; i++)
		if (begins(i, text))
			return i;
	return -1;
}

/* To the next view of those whose names begin with what is typed, round and round. */
static int next_match(struct menu *m)
{
	int rows = (int)m->table.row_count, at = (int)m->grid.selected;

	for (int i = 1; i <= rows; i++)
		if (begins((at + i) % rows, m->prompt.text)) {
			grid_go(&m->grid, (size_t)((at + i) % rows));
			break;
		}
	return 1;
}

/* Letters and digits are the name; Backspace takes the last away, or leaves; Tab goes on. */
static int menu_input(struct view *v, int input, struct err *err)
{
	struct menu *m = v->data;
	int typed = (input > ' ' && input < INPUT_FIRST && input != '?' && input != '/') || (input == ' ' && m->prompt.length), found;

	(void)err;
	if (input == INPUT_TAB)
		return next_match(m);
	if (!typed && !(input == INPUT_BACKSPACE && m->prompt.length))
		return 0;
	prompt_key(&m->prompt, input);
	found = m->prompt.length ? find(m->prompt.text) : 0;
	if (found >= 0)
		grid_go(&m->grid, (size_t)found);
	else
		browser_say(v->browser, "There is no view \"%s\".", m->prompt.text);
	return 1;
}

static int menu_act(struct view *v, enum action action, struct err *err)
{
	struct menu *m = v->data;

	(void)err;
	if (action != ACTION_ENTER)
		return grid_act(&m->grid, action);
	if (m->prompt.length && find(m->prompt.text) < 0) {
		browser_say(v->browser, "There is no view \"%s\".", m->prompt.text);
		return 1;
	}
	if (view_roots[grid_row(&m->grid)] == &view_sql)
		return browser_sql(v->browser);
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
	.open = menu_open, .draw = menu_draw, .act = menu_act, .input = menu_input, .grid = menu_grid, .close = menu_close,
};
