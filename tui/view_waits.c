/* SPDX-License-Identifier: MIT
 *
 * Waiters: a row a stack that waited for a lock; below, the whole stack, and who held the lock. Enter goes into
 * its callers, by time waited.
 */
#include "tui/view_list.h"
#include "tui/view_locks.h"
#include "tui/view_sites.h"

static const struct detail_about detail = {
	.panes = {
		{ .source = &stack_source_stack, .key = "stack_id", .title = sites_title },
		{ .source = &stack_source_holders, .key = "lock_id", .title = locks_of },
	},
};

static const struct grid_column columns[] = {
	{ .name = "wait_ns", .flags = GRID_COST | GRID_SUMS },
	{ .name = "waits", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "wait_max_ns", .title = "longest", .priority = 3 },
	{ .name = "lock", .title = "lock", .flags = GRID_FUNCTION, .most = 30 },
	{ .name = "function", .title = "waiter", .style = sites_style, .flags = GRID_FUNCTION },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 4, .most = 24 },
	{ .name = "pid", .title = "pid", .priority = 5, .flags = GRID_ASCENDING | GRID_IF_MANY },
};

static int enter(struct view *v, const struct grid *g)
{
	return sites_open(v, g->table, (size_t)grid_row(g), grid_cost(g));
}

static const struct list_about waits = {
	"waits", "Waiters", "No thread had to wait for a lock.", columns, sizeof(columns) / sizeof(columns[0]), &detail, enter,
};

const struct view_ops view_waits = {
	.name = "waits", .title = "Waiters", .help = "the stacks that waited for locks",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&waits),
};
