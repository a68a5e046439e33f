/* SPDX-License-Identifier: MIT
 *
 * One lock: what is known of it, who waited for it, who let them wait, and the whole stack of the
 * selected one. Enter goes into the callers of a waiter by time waited, of a holder by wait caused.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/export/export.h"
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
	struct asked about, buckets;
	struct grid_group group;
	struct stack_pane pane;
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

static int read_about(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return lock_view_lock(r->store, a->id, &out->table, err);
}

static int read_waiters(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return lock_view_waiters(r->store, a->id, &out->table, err);
}

static int read_holders(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return lock_view_holders(r->store, a->id, &out->table, err);
}

static const struct question question_about = { "the lock", read_about };
static const struct question question_waiters = { "the waiters", read_waiters };
static const struct question question_holders = { "the holders", read_holders };

static const struct group_list lists[LISTS] = {
	[WAITERS] = { &question_waiters, waiter_columns, sizeof(waiter_columns) / sizeof(waiter_columns[0]) },
	[HOLDERS] = { &question_holders, holder_columns, sizeof(holder_columns) / sizeof(holder_columns[0]) },
};

static const struct {
	const char *title, *none;
	const char *cost; /* of stacks, for its callers */
} words[LISTS] = {
	[WAITERS] = { "waiters", "nobody had to wait", "wait_ns" },
	[HOLDERS] = { "holders", "nobody let others wait", "held_ns" },
};

/* --- reading ---------------------------------------------------------------------------------------- */

static int lock_fill(struct view *v, struct err *err)
{
	const struct ask about = { &question_about, .id = v->subject.id }, buckets = { &locks_distributions, .id = v->subject.id };
	struct lock *l = v->data;
	int first = asked_for(&l->about, v->browser, &about, err), second = asked_for(&l->buckets, v->browser, &buckets, err);
	int third = grid_group_fill(&l->group, v->browser, lists, LISTS, &about, err);
	int fourth = stack_pane_follow(&l->pane, v->browser, grid_group_focus(&l->group), err);

	return first < 0 || second < 0 || third < 0 || fourth < 0 ? -1 : first | second | third | fourth;
}

static void lock_close(struct view *v)
{
	struct lock *l = v->data;

	stack_pane_release(&l->pane);
	grid_group_release(&l->group);
	asked_release(&l->buckets);
	asked_release(&l->about);
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

	describe(asked_table(&l->about), text, sizeof(text));
	screen_put(s, area.y, area.x + 1, area.width - 2, text, STYLE_PLAIN);
	view_take(&area, 1);
	identify(asked_table(&l->about), text, sizeof(text));
	if (area.height > 0)
		screen_put(s, area.y, area.x + 1, area.width - 2, text, STYLE_DIM);
	view_take(&area, 1);
	if (area.height >= locks_band.rows && l->buckets.answer)
		locks_band.draw(asked_table(&l->buckets), asked_table(&l->about), 0, s, area, exact);
}

static void lock_draw(struct view *v, struct screen *s, struct rect area)
{
	struct lock *l = v->data;
	const struct grid *g = grid_group_focus(&l->group);
	const struct table *about = asked_table(&l->about);
	int exact = browser_exact(v->browser), pane = view_share(area.height);
	char path[512], title[256] = "";

	int sampled = about->row_count && row_number(about, 0, "sampled") && area.width >= NOTE_WIDTH;
	const char *note = sampled ? "shares of stacks are estimated" : "";

	area = view_heading(s, area, view_path(v, s->ascii, area.width - (int)strlen(note) - 5, path, sizeof(path)), note);
	if (!about->row_count) {
		if (!l->about.answer)
			view_reading(s, area);
		return;
	}
	draw_about(l, s, view_take(&area, area.height >= 14 ? 2 + locks_band.rows : area.height >= 8 ? 1 : 0), exact);
	if (pane && grid_group_height(&l->group) < area.height - pane)
		pane = area.height - grid_group_height(&l->group);
	struct rect below = area;
	struct rect lower = view_take(&below, area.height - pane);
	int rows[GROUP_LISTS];

	grid_group_share(&l->group, lower.height, rows);
	struct rect upper = view_take(&lower, rows[WAITERS]);

	grid_group_draw(&l->group, WAITERS, s, upper, words[WAITERS].title, words[WAITERS].none, exact);
	grid_group_draw(&l->group, HOLDERS, s, lower, words[HOLDERS].title, words[HOLDERS].none, exact);
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

	(void)err;
	if (action != ACTION_ENTER)
		return grid_group_act(&l->group, action);
	return grid_row(g) < 0 ? 1 : sites_open(v, g->table, (size_t)grid_row(g), words[l->group.focus].cost);
}

static void lock_query(const struct view *v, char *out, size_t size)
{
	snprintf(out, size, "SELECT sum(wait_ns) AS wait_ns, sum(waits) AS waits, max(max_ns) AS wait_max_ns, (SELECT stack FROM stacks WHERE "
	         "stacks.stack_id = lock_wait.stack_id) AS stack FROM lock_wait WHERE class = 20 AND lock_id = %lld GROUP BY lock_wait.stack_id "
	         "ORDER BY 1 DESC", (long long)v->subject.id);
}

static void lock_stacks(const struct view *v, struct export_query *q, char *said, size_t size)
{
	q->lock_id = v->subject.id;
	snprintf(said, size, " of %s", v->subject.name);
}

const struct view_ops view_lock = {
	.name = "lock", .title = "Lock", .help = "a lock's waiters and holders",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST | KEYS_PANES, .private_size = sizeof(struct lock),
	.fill = lock_fill, .draw = lock_draw, .act = lock_act, .grid = lock_grid, .stacks = lock_stacks, .query = lock_query, .close = lock_close,
};
