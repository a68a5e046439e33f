/* SPDX-License-Identifier: MIT
 *
 * Holders: a row a stack that released a lock while others waited, by the wait it caused them; below, the
 * whole stack, and who waited. Enter goes into its callers, by wait caused.
 */
#include "tui/view_list.h"
#include "tui/view_locks.h"
#include "tui/view_sites.h"

static const struct detail_about detail = {
	.panes = {
		{ .source = &stack_source_stack, .key = "stack_id", .title = sites_title },
		{ .source = &stack_source_waiters, .key = "lock_id", .title = locks_of },
	},
};

static const struct grid_column columns[] = {
	{ .name = "caused_wait_ns", .flags = GRID_COST | GRID_SUMS },
	{ .name = "releases", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	{ .name = "hold_ns", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "hold_max_ns", .title = "longest", .priority = 5 },
	{ .name = "allocations", .title = "allocations", .priority = 6 },
	{ .name = "lock", .title = "lock", .flags = GRID_FUNCTION, .most = 30 },
	{ .name = "function", .title = "holder", .style = sites_style, .flags = GRID_FUNCTION },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 4, .most = 24 },
	{ .name = "pid", .title = "pid", .priority = 7, .flags = GRID_ASCENDING | GRID_IF_MANY },
};

static int enter(struct view *v, const struct grid *g)
{
	return sites_open(v, g->table, (size_t)grid_row(g), "held_ns");
}

static const struct list_about holders = {
	"holders", "Holders", "No release of a lock let others wait.", columns, sizeof(columns) / sizeof(columns[0]), &detail, enter,
};

const struct view_ops view_holders = {
	.name = "holders", .title = "Holders", .help = "the stacks that let others wait for a lock",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&holders),
};
