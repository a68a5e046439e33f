/* SPDX-License-Identifier: MIT
 *
 * One lock: what is known of it, who waited for it, who let them wait, and the whole stack of the
 * selected one. Enter goes into the callers of a waiter by time waited, of a holder by wait caused.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/report/lock_view.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/grid_group.h"
#include "tui/row.h"
#include "tui/stack_pane.h"
#include "tui/view.h"
#include "tui/view_locks.h"
#include "tui/view_sites.h"

enum { WAITERS, HOLDERS, LISTS };

enum { NOTE_WIDTH = 70 }; /* a narrower heading has no room for a note */

struct lock {
	struct table about, buckets;
	struct grid_group group;
	struct stack_pane pane;
	int pane_rows; /* as drawn last */
};

#define SITE(head) \
	{ .name = "function", .title = (head), .style = sites_style, .flags = GRID_FUNCTION }, \
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 2, .most = 24 }

static const struct grid_column waiter_columns[] = {
	{ .name = "wait_ns", .flags = GRID_COST | GRID_SUMS },
	{ .name = "waits", .priority = 1, .flags = GRID_COST | GRID_SUMS },
	{ .name = "wait_max_ns", .title = "longest", .priority = 3 },
	{ .name = "reading", .title = "to read", .priority = 1, .flags = GRID_IF_ANY },
	{ .name = "timeouts", .title = "gave up", .priority = 6, .flags = GRID_IF_ANY },
	SITE("waiter"),
	{ .name = "owner", .title = "held by thread", .priority = 4, .most = 24, .flags = GRID_IF_ANY },
};

static const struct grid_column holder_columns[] = {
	{ .name = "caused_wait_ns", .flags = GRID_COST | GRID_SUMS },
	{ .name = "releases", .priority = 1, .flags = GRID_COST | GRID_SUMS },
	{ .name = "hold_ns", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	{ .name = "hold_max_ns", .title = "longest", .priority = 4 },
	{ .name = "allocations", .title = "allocations", .priority = 5, .flags = GRID_IF_ANY },
	SITE("holder"),
};

static const struct {
	const struct grid_column *columns;
	size_t count;
	const char *title, *none;
	const char *cost; /* of stacks, for its callers */
} lists[LISTS] = {
	[WAITERS] = { waiter_columns, sizeof(waiter_columns) / sizeof(waiter_columns[0]), "waiters", "nobody had to wait", "wait_ns" },
	[HOLDERS] = { holder_columns, sizeof(holder_columns) / sizeof(holder_columns[0]), "holders", "nobody let others wait", "held_ns" },
};

/* --- reading ---------------------------------------------------------------------------------------- */

static int lock_open(struct view *v, struct err *err)
{
	struct store *s = browser_store(v->browser);
	struct lock *l = v->data;

	if (lock_view_lock(s, v->subject.id, &l->about, err) < 0)
		return -1;
	if (lock_view_distributions(s, v->subject.id, &l->buckets, err) < 0)
		goto no_buckets;
	if (lock_view_waiters(s, v->subject.id, &l->group.tables[WAITERS], err) < 0)
		goto no_waiters;
	if (lock_view_holders(s, v->subject.id, &l->group.tables[HOLDERS], err) < 0)
		goto no_holders;
	for (int i = 0; i < LISTS; i++) {
		grid_open(&l->group.grids[i], &l->group.tables[i], lists[i].columns, lists[i].count);
		grid_set_cost(&l->group.grids[i], grid_cost(&l->group.grids[i]));
	}
	grid_group_start(&l->group, LISTS);
	return 0;
no_holders:
	table_release(&l->group.tables[WAITERS]);
no_waiters:
	table_release(&l->buckets);
no_buckets:
	table_release(&l->about);
	return -1;
}

/* The pane has the stack of the row that has the keys. */
static void want(struct lock *l)
{
	const struct grid *g = grid_group_focus(&l->group);
	long row = grid_row(g);

	stack_pane_want(&l->pane, &stack_source_stack, row < 0 ? 0 : row_number(g->table, (size_t)row, "stack_id"), "");
}

static int lock_fill(struct view *v, struct err *err)
{
	struct lock *l = v->data;

	if (!l->pane_rows)
		return 0;
	want(l);
	return stack_pane_fill(&l->pane, browser_store(v->browser), err);
}

static void lock_close(struct view *v)
{
	struct lock *l = v->data;

	stack_pane_release(&l->pane);
	grid_group_release(&l->group);
	table_release(&l->buckets);
	table_release(&l->about);
}

/* --- drawing ---------------------------------------------------------------------------------------- */

/* "rwlock prefer-writer, 3 waiting at once, ...". */
static void describe(const struct table *t, char *out, size_t size)
{
	static const struct {
		const char *column, *words;
	} facts[] = {
		{ "contended", "contended" }, { "timeouts", "gave up" }, { "try_failures", "tried in vain" },
		{ "max_waiters", "waiting at once" }, { "owner_changes", "owner changes" },
	};
	char figure[FIGURE_BYTES];
	size_t used;

	snprintf(out, size, "%s%s%s, %s acquired", row_text(t, 0, "kind"), *row_text(t, 0, "flags") ? " " : "", row_text(t, 0, "flags"),
	         figure_format(figure, UNIT_COUNT, row_number(t, 0, "acquisitions"), 0));
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		used = strlen(out);
		if (row_number(t, 0, facts[i].column))
			snprintf(out + used, size - used, ", %s %s", figure_format(figure, UNIT_COUNT, row_number(t, 0, facts[i].column), 0),
			         facts[i].words);
	}
}

/* "at 0x55..., first used by load_config, ...": what tells one lock from another of the same name. */
static void identify(const struct table *t, char *out, size_t size)
{
	const struct value *offset = row_cell(t, 0, "block_offset");
	char figure[FIGURE_BYTES];
	size_t used;

	snprintf(out, size, "at 0x%llx", (unsigned long long)row_number(t, 0, "address"));
	used = strlen(out);
	if (row_number(t, 0, "life") > 1)
		snprintf(out + used, size - used, " (lock %lld there)", (long long)row_number(t, 0, "life"));
	used = strlen(out);
	if (*row_text(t, 0, "block_function"))
		snprintf(out + used, size - used, ", %lld bytes into a block of %s", offset ? (long long)offset->number : 0,
		         row_text(t, 0, "block_function"));
	used = strlen(out);
	if (*row_text(t, 0, "first_function"))
		snprintf(out + used, size - used, ", first used by %s", row_text(t, 0, "first_function"));
	used = strlen(out);
	if (row_number(t, 0, "hold_waiting_ns"))
		snprintf(out + used, size - used, ", holders waited elsewhere for %s",
		         figure_format(figure, UNIT_NS, row_number(t, 0, "hold_waiting_ns"), 0));
}

static void draw_about(struct lock *l, struct screen *s, struct rect area, int exact)
{
	char text[1024];

	describe(&l->about, text, sizeof(text));
	screen_put(s, area.y, area.x + 1, area.width - 2, text, STYLE_PLAIN);
	view_take(&area, 1);
	identify(&l->about, text, sizeof(text));
	if (area.height > 0)
		screen_put(s, area.y, area.x + 1, area.width - 2, text, STYLE_DIM);
	view_take(&area, 1);
	if (area.height >= locks_band.rows)
		locks_band.draw(&l->buckets, &l->about, 0, s, area, exact);
}

static void lock_draw(struct view *v, struct screen *s, struct rect area)
{
	struct lock *l = v->data;
	const struct grid *g = grid_group_focus(&l->group);
	int exact = browser_exact(v->browser), pane = view_share(area.height);
	char path[512], title[256] = "";

	int sampled = l->about.row_count && row_number(&l->about, 0, "sampled") && area.width >= NOTE_WIDTH;
	const char *note = sampled ? "shares of stacks are estimated" : "";

	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(note) - 5, path, sizeof(path)), note);
	if (!l->about.row_count)
		return;
	draw_about(l, s, view_take(&area, area.height >= 14 ? 2 + locks_band.rows : area.height >= 8 ? 1 : 0), exact);
	if (pane && grid_group_height(&l->group) < area.height - pane)
		pane = area.height - grid_group_height(&l->group);
	l->pane_rows = pane;
	struct rect below = area;
	struct rect lower = view_take(&below, area.height - pane);
	int rows[GROUP_LISTS];

	grid_group_share(&l->group, lower.height, rows);
	struct rect upper = view_take(&lower, rows[WAITERS]);

	grid_group_draw(&l->group, WAITERS, s, upper, lists[WAITERS].title, lists[WAITERS].none, exact);
	grid_group_draw(&l->group, HOLDERS, s, lower, lists[HOLDERS].title, lists[HOLDERS].none, exact);
	want(l);
	if (grid_row(g) >= 0)
		sites_title(g->table, (size_t)grid_row(g), s->ascii, title, sizeof(title));
	stack_pane_draw(&l->pane, s, below, title, exact);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct grid *lock_grid(struct view *v)
{
	struct lock *l = v->data;

	return grid_group_focus(&l->group);
}

static int lock_act(struct view *v, enum action action, struct err *err)
{
	struct lock *l = v->data;
	const struct grid *g = grid_group_focus(&l->group);

	if (action != ACTION_ENTER)
		return grid_group_act(&l->group, action);
	return grid_row(g) < 0 ? 1 : sites_open(v, g->table, (size_t)grid_row(g), lists[l->group.focus].cost, err);
}

const struct view_ops view_lock = {
	.name = "lock", .title = "Lock", .help = "a lock's waiters and holders",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST | KEYS_PANES, .private_size = sizeof(struct lock),
	.open = lock_open, .fill = lock_fill, .draw = lock_draw, .act = lock_act, .grid = lock_grid, .close = lock_close,
};
