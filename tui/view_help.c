/* SPDX-License-Identifier: MIT
 *
 * Help for the view it was opened from, made of the tables: the keys that mean something there, its
 * columns, and all views. A list like any other, so it scrolls and can be searched.
 */
#include <stdio.h>
#include <string.h>

#include "tui/browser.h"
#include "tui/view.h"

struct help {
	struct table table;
	struct grid grid;
};

static const struct column help_table_columns[] = {
	{ "what", "", UNIT_TEXT, "a key, a column, a view" },
	{ "means", "", UNIT_TEXT, "what it does or says" },
};

static const struct grid_column help_columns[] = {
	{ .name = "what", .title = "", .flags = GRID_RIGHT, .most = 28 },
	{ .name = "means", .title = "", .flags = GRID_FUNCTION },
};

/* Views that are opened from rows of others. */
static const struct view_ops *const opened[] = { &view_callers, &view_stack, &view_escape, &view_owner, &view_finding, &view_lock, &view_thread, &view_thread_stacks, NULL };

static void add(struct table *t, const char *what, const char *means)
{
	struct value *row = table_add_row(t);

	row[0] = (struct value){ .text = table_text(t, what, strlen(what)) };
	row[1] = (struct value){ .text = table_text(t, means, strlen(means)) };
}

/* A line of its own before what belongs together. */
static void add_title(struct table *t, const char *title)
{
	if (t->row_count)
		add(t, "", "");
	add(t, "", title);
}

static void add_keys(struct table *t, unsigned groups)
{
	add_title(t, "KEYS");
	for (const struct key *key = keymap; key->action; key++) {
		char names[64];

		if (!key->help || !(key->group & groups))
			continue;
		snprintf(names, sizeof(names), "%s", key->name);
		for (const struct key *other = key + 1; other->action && !other->help; other++) {
			size_t used = strlen(names);

			if (*other->name)
				snprintf(names + used, sizeof(names) - used, ", %s", other->name);
		}
		add(t, names, key->help);
	}
}

static void add_mouse(struct table *t)
{
	static const char *const lines[][2] = {
		{ "click", "select a row, open the selected one, sort by a head" },
		{ "click", "on a tab or a key in the last line: as pressed" },
		{ "wheel, right button", "scroll; back" },
		{ "Shift", "held: leave the mouse to the terminal, to select text" },
	};

	add_title(t, "MOUSE");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		add(t, lines[i][0], lines[i][1]);
}

static void add_columns(struct table *t, const struct grid *g)
{
	if (!g)
		return;
	add_title(t, "COLUMNS");
	for (size_t i = 0; i < g->count; i++) {
		const struct column *column = g->state[i].index < 0 ? NULL : &g->table->columns[g->state[i].index];
		char means[256];

		if (!column || !column->help)
			continue;
		if (g->columns[i].of && !grid_is_text(g, i))
			snprintf(means, sizeof(means), "%s, as a share of %s", column->help, g->columns[i].of);
		else
			snprintf(means, sizeof(means), "%s", column->help);
		add(t, g->state[i].title, means);
	}
}

static void add_views(struct table *t)
{
	add_title(t, "VIEWS");
	for (int i = 0; view_roots[i]; i++) {
		char name[64], number[2] = { view_roots[i]->number, 0 };

		snprintf(name, sizeof(name), "%s%s%s", number, *number ? " " : "", view_roots[i]->title);
		add(t, name, view_roots[i]->help);
	}
	for (int i = 0; opened[i]; i++)
		add(t, opened[i]->title, opened[i]->help);
}

static void help_open(struct view *v)
{
	struct help *h = v->data;
	const struct view *of = v->below;

	table_init(&h->table, help_table_columns, 2);
	add_keys(&h->table, browser_groups(v->browser));
	add_columns(&h->table, of->ops->grid ? of->ops->grid(v->below) : NULL);
	add_views(&h->table);
	add_mouse(&h->table);
	grid_open(&h->grid, &h->table, help_columns, 2);
}

static void help_draw(struct view *v, struct screen *s, struct rect area)
{
	struct help *h = v->data;
	char left[128], position[48];

	snprintf(left, sizeof(left), "Help: %s", v->below->ops->title);
	struct rect heading = view_take(&area, 1);

	/* The head of the table is empty: it lies under the heading. */
	area.y--;
	area.height++;
	grid_place(&h->grid, area, 0);
	grid_draw(&h->grid, s, 1);
	view_heading(s, heading, left, grid_position(&h->grid, position, sizeof(position)));
}

static int help_act(struct view *v, enum action action, struct err *err)
{
	struct help *h = v->data;

	(void)err;
	return grid_act(&h->grid, action);
}

static struct grid *help_grid(struct view *v)
{
	struct help *h = v->data;

	return &h->grid;
}

static void help_close(struct view *v)
{
	struct help *h = v->data;

	grid_release(&h->grid);
	table_release(&h->table);
}

const struct view_ops view_help = {
	.name = "help", .title = "Help", .help = "the keys of a view", .keys = KEYS_LIST, .private_size = sizeof(struct help),
	.open = help_open, .draw = help_draw, .act = help_act, .grid = help_grid, .close = help_close,
};
