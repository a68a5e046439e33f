/* SPDX-License-Identifier: MIT
 *
 * Threads: a row each with its costs; below, where the selected one was created. Enter opens the thread.
 */
#include <stdio.h>

#include "tui/browser.h"
#include "tui/row.h"
#include "tui/view_list.h"

/* " by tableserver/4711". */
static void creator(const struct table *t, size_t row, int ascii, char *out, size_t size)
{
	const char *name = row_text(t, row, "created_by");

	(void)ascii;
	snprintf(out, size, "%s%s", *name ? " by " : "", name);
}

static const struct detail_about detail = {
	.panes = { { .source = &stack_source_creation, .key = "thread_id", .title = creator } },
};

static const struct grid_column columns[] = {
	{ .name = "allocated_bytes", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "allocations", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "leaked_bytes", .priority = 7, .flags = GRID_COST | GRID_SUMS },
	{ .name = "wait_ns", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "blocked_ns", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	{ .name = "start_ns", .title = "began", .priority = 6, .flags = GRID_ASCENDING },
	{ .name = "end_ns", .title = "ended", .priority = 6 },
	{ .name = "pid", .title = "pid", .priority = 8, .flags = GRID_ASCENDING | GRID_IF_MANY },
	{ .name = "tid", .title = "tid", .priority = 1, .flags = GRID_ASCENDING },
	{ .name = "name", .title = "thread", .flags = GRID_FUNCTION },
	{ .name = "start_function", .title = "runs", .priority = 4, .flags = GRID_FUNCTION | GRID_IF_ANY, .most = 30 },
	{ .name = "lost_events", .title = "lost", .priority = 9, .flags = GRID_IF_ANY },
};

static int enter(struct view *v, const struct grid *g)
{
	struct subject subject = {
		.id = row_number(g->table, (size_t)grid_row(g), "thread_id"),
		.name = row_text(g->table, (size_t)grid_row(g), "name"),
	};

	return browser_enter(v->browser, &view_thread, &subject);
}

static const struct list_about threads = {
	"threads", "Threads", "No thread was recorded.", columns, sizeof(columns) / sizeof(columns[0]), &detail, enter,
};

const struct view_ops view_threads = {
	.name = "threads", .title = "Threads", .number = '6', .help = "every thread with its costs, and who created it",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&threads),
};
