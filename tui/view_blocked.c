/* SPDX-License-Identifier: MIT
 *
 * Blocked: a row a stack that waited for work, never for a lock: condition variables, semaphores, barriers,
 * joins. Below, the whole stack. Enter goes into its callers, by time blocked.
 */
#include "tui/view_list.h"
#include "tui/view_sites.h"

static const struct detail_about detail = {
	.panes = { { .source = &stack_source_stack, .key = "stack_id", .title = sites_title } },
};

static const struct grid_column columns[] = {
	{ .name = "blocked_ns", .flags = GRID_COST | GRID_SUMS },
	{ .name = "waits", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	{ .name = "max_ns", .title = "longest", .priority = 4 },
	{ .name = "on", .title = "on", .priority = 1, .most = 8 },
	{ .name = "name", .title = "which", .priority = 6, .flags = GRID_FUNCTION | GRID_IF_ANY, .most = 30 },
	{ .name = "timeouts", .title = "in vain", .priority = 7, .flags = GRID_IF_ANY },
	{ .name = "function", .title = "function", .style = sites_style, .flags = GRID_FUNCTION },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 2, .most = 24 },
	{ .name = "pid", .title = "pid", .priority = 5, .flags = GRID_ASCENDING | GRID_IF_MANY },
};

static int enter(struct view *v, const struct grid *g)
{
	return sites_open(v, g->table, (size_t)grid_row(g), "blocked_ns");
}

static const struct list_about blocked = {
	"blocked", "Blocked", "No thread waited for work in a way that is recorded.", columns, sizeof(columns) / sizeof(columns[0]),
	&detail, enter,
};

const struct view_ops view_blocked = {
	.name = "blocked", .title = "Blocked", .help = "the stacks that waited for work: conditions, joins, ...",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&blocked),
};
