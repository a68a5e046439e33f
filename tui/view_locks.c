/* SPDX-License-Identifier: MIT
 *
 * Locks: a row each, by what others waited for it; below, of the selected one, how long waits and holds
 * were, who waited, and who let them wait. Enter opens the lock.
 */
#include "tui/view_locks.h"

#include <stdio.h>

#include "analyzer/report/lock_view.h"
#include "tui/browser.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view_list.h"
#include "tui/wait_chart.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void locks_of(const struct table *t, size_t row, int ascii, char *out, size_t size)
{
	char name[160], more[GLYPH_BYTES];

	shorten_function(row_text(t, row, "lock"), 40, glyph_encode(more, glyph_set(ascii)->cut), name, sizeof(name));
	snprintf(out, size, " of %s", name);
}

static int64_t longest(const struct table *t, size_t row, const char *column)
{
	const struct value *value = row_cell(t, row, column);

	return value ? value->number : -1;
}

static void draw_band(const struct table *buckets, const struct table *t, size_t row, struct screen *s, struct rect area, int exact)
{
	if (!buckets)
		return;
	wait_chart_draw(buckets, "wait", longest(t, row, "wait_max_ns"), s, view_take(&area, 1), exact);
	wait_chart_draw(buckets, "hold", longest(t, row, "hold_max_ns"), s, area, exact);
}

static int read_distributions(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	return lock_view_distributions(r->store, a->id, &out->table, err);
}

const struct question locks_distributions = { "the distributions", read_distributions };
const struct detail_band locks_band = { .rows = 2, .key = "lock_id", .question = &locks_distributions, .draw = draw_band };

static void by_caused(const struct table *t, size_t row, int ascii, char *out, size_t size)
{
	(void)t;
	(void)row;
	(void)ascii;
	snprintf(out, size, ", by the wait they caused");
}

static const struct detail_about detail = {
	.panes = {
		{ .source = &stack_source_waiters, .key = "lock_id", .title = locks_of },
		{ .source = &stack_source_holders, .key = "lock_id", .title = by_caused },
	},
	.band = &locks_band,
};

static const struct grid_column columns[] = {
	{ .name = "wait_ns", .flags = GRID_COST | GRID_SUMS },
	{ .name = "contended", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "acquisitions", .priority = 4, .flags = GRID_COST | GRID_SUMS },
	{ .name = "hold_ns", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "wait_p99_ns", .title = "p99", .priority = 3 },
	{ .name = "wait_max_ns", .title = "longest", .priority = 6 },
	{ .name = "hold_max_ns", .title = "held most", .priority = 9 },
	{ .name = "max_waiters", .title = "waiting", .priority = 7 },
	{ .name = "owner_changes", .title = "changes", .priority = 10 },
	{ .name = "kind", .title = "kind", .priority = 3, .most = 8 },
	{ .name = "lock", .title = "lock", .flags = GRID_FUNCTION },
	{ .name = "top_holder", .title = "held by", .priority = 8, .flags = GRID_FUNCTION, .most = 28 },
	{ .name = "pid", .title = "pid", .priority = 9, .flags = GRID_ASCENDING | GRID_IF_MANY },
};

static int enter(struct view *v, const struct grid *g)
{
	struct subject subject = {
		.id = row_number(g->table, (size_t)grid_row(g), "lock_id"),
		.name = row_text(g->table, (size_t)grid_row(g), "lock"),
		.cost = "wait_ns",
	};

	return browser_enter(v->browser, &view_lock, &subject);
}

static const struct list_about locks = {
	"locks", "Locks", "No lock was used in this recording.", columns, COUNT(columns), &detail, enter,
};

const struct view_ops view_locks = {
	.name = "locks", .title = "Locks", .number = '5', .help = "what threads waited for, and who held it",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&locks),
};
