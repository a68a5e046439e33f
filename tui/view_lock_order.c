/* SPDX-License-Identifier: MIT
 *
 * Lock order: a row a pair of locks of which one was asked for while the other was held, those first that
 * form a cycle, a potential deadlock; below, the two stacks.
 */
#include <stdio.h>

#include "tui/row.h"
#include "tui/view_list.h"

static void danger(const struct table *t, size_t row, int ascii, char *out, size_t size)
{
	(void)ascii;
	snprintf(out, size, "%s", row_number(t, row, "cycle") ? ": part of a cycle, a potential deadlock" : "");
}

static const struct detail_about detail = {
	.panes = { { .source = &stack_source_order, .key = "edge_id", .title = danger } },
};

static const struct grid_column columns[] = {
	{ .name = "cycle", .title = "cycle", .flags = GRID_ASCENDING },
	{ .name = "held", .title = "held", .flags = GRID_FUNCTION, .most = 30 },
	{ .name = "lock", .title = "asked for", .flags = GRID_FUNCTION, .most = 30 },
	{ .name = "function", .title = "by", .priority = 2, .flags = GRID_FUNCTION },
	{ .name = "thread", .title = "thread", .priority = 3, .most = 20 },
	{ .name = "start_ns", .title = "first at", .priority = 4, .flags = GRID_ASCENDING },
	{ .name = "pid", .title = "pid", .priority = 5, .flags = GRID_ASCENDING | GRID_IF_MANY },
};

static const struct list_about order = {
	"lock-order", "Lock order", "No thread asked for a lock while it held another.", columns,
	sizeof(columns) / sizeof(columns[0]), &detail, NULL,
};

const struct view_ops view_lock_order = {
	.name = "lock-order", .title = "Lock order", .help = "locks taken within others; cycles can deadlock",
	.keys = KEYS_LIST | KEYS_SORT, VIEW_LIST(&order),
};
