/* SPDX-License-Identifier: MIT
 *
 * Hot spots, leaks, temporaries and mappings: one kind of list, with the stacks of the selected site below. They
 * differ in the report they show and its columns.
 */
#include "tui/view_sites.h"

#include <stdio.h>
#include <string.h>

#include "tui/browser.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view_list.h"

void sites_place(const struct table *t, size_t row, char *out, size_t size)
{
	shorten_place(row_text(t, row, "file"), (long)row_number(t, row, "line"), row_text(t, row, "module"), out, size);
}

enum style sites_style(const struct table *t, size_t row)
{
	return strstr(shorten_path(row_text(t, row, "module")), ".so") ? STYLE_LIBRARY : STYLE_PLAIN;
}

void sites_title(const struct table *t, size_t row, int ascii, char *out, size_t size)
{
	char name[128], more[GLYPH_BYTES], place[100];

	shorten_function(row_text(t, row, "function"), 48, glyph_encode(more, glyph_set(ascii)->cut), name, sizeof(name));
	sites_place(t, row, place, sizeof(place));
	snprintf(out, size, " to %s%s%s", name, *place ? ", " : "", place);
}

/* The cost of stacks that goes with a cost of sites: own peaks are of sites alone. */
static const char *stack_cost(const char *name)
{
	if (!strcmp(name, "mapped_peak_bytes"))
		return "mapped_at_peak_bytes";
	return !strcmp(name, "peak_bytes") ? "at_peak_bytes" : name;
}

int sites_open(struct view *v, const struct table *t, size_t row, const char *cost)
{
	char place[256];

	sites_place(t, row, place, sizeof(place));
	struct subject subject = {
		.id = row_number(t, row, "site_id"),
		.site_id = row_number(t, row, "site_id"),
		.function_id = row_number(t, row, "function_id"),
		.name = row_text(t, row, "function"),
		.place = place,
		.cost = cost,
	};

	return browser_enter(v->browser, &view_callers, &subject);
}

int sites_open_row(struct view *v, const struct grid *g)
{
	long row = grid_row(g);

	return row < 0 ? 1 : sites_open(v, g->table, (size_t)row, stack_cost(grid_cost(g)));
}

/* --- the lists ------------------------------------------------------------------------------------- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SITE_COLUMNS \
	{ .name = "function", .title = "site", .style = sites_style, .flags = GRID_FUNCTION }, \
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 1, .most = 24 }

static const struct detail_about stacks = {
	.panes = { { .source = &stack_source_site, .key = "site_id", .cost = stack_cost, .title = sites_title } },
};

static const struct grid_column hotspots_columns[] = {
	{ .name = "allocated_bytes", .priority = 4, .flags = GRID_COST | GRID_SUMS },
	{ .name = "allocations", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "peak_bytes", .priority = 3, .flags = GRID_COST },
	{ .name = "at_peak_bytes", .priority = 6, .flags = GRID_COST | GRID_SUMS },
	{ .name = "temporary_allocations", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "leaked_bytes", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	SITE_COLUMNS,
};

static const struct grid_column leaks_columns[] = {
	{ .name = "leaked_bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "leaked_allocations", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "allocations", .title = "calls", .priority = 3 },
	{ .name = "leaked_allocations", .title = "of calls", .of = "allocations", .priority = 4 },
	SITE_COLUMNS,
};

static const struct grid_column temporary_columns[] = {
	{ .name = "temporary_allocations", .flags = GRID_COST | GRID_SUMS },
	{ .name = "temporary_allocations", .title = "of calls", .of = "allocations", .priority = 2 },
	{ .name = "allocations", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	{ .name = "temporary_bytes", .priority = 4, .flags = GRID_COST | GRID_SUMS },
	SITE_COLUMNS,
};

static const struct grid_column mappings_columns[] = {
	{ .name = "mapped_bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "mappings", .priority = 3, .flags = GRID_COST | GRID_SUMS },
	{ .name = "mapped_peak_bytes", .priority = 2, .flags = GRID_COST },
	{ .name = "mapped_at_peak_bytes", .priority = 6, .flags = GRID_COST | GRID_SUMS },
	{ .name = "unmapped_bytes", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "still_mapped_bytes", .priority = 2, .flags = GRID_COST | GRID_SUMS },
	{ .name = "kinds", .title = "kind", .priority = 4, .most = 20 },
	SITE_COLUMNS,
};

static const struct list_about hotspots = {
	"hotspots", "Hot spots", "Nothing was allocated in this recording.", hotspots_columns, COUNT(hotspots_columns), &stacks,
	sites_open_row,
};

static const struct list_about leaks = {
	"leaks", "Leaks", "Nothing was live at the end: no leaks.", leaks_columns, COUNT(leaks_columns), &stacks, sites_open_row,
};

static const struct list_about temporary = {
	"temporary", "Temporaries", "No block is known to have been freed before its thread's next allocation.", temporary_columns,
	COUNT(temporary_columns), &stacks, sites_open_row,
};

static const struct list_about mappings = {
	"mappings", "Mappings", "The program mapped no memory by calls of its own.", mappings_columns, COUNT(mappings_columns), &stacks, sites_open_row,
};

const struct view_ops view_hotspots = {
	.name = "hotspots", .title = "Hot spots", .number = '2', .help = "where memory is asked for, and what becomes of it",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&hotspots),
};

const struct view_ops view_leaks = {
	.name = "leaks", .title = "Leaks", .number = '3', .help = "what was still live at the end",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&leaks),
};

const struct view_ops view_temporary = {
	.name = "temporary", .title = "Temporary", .number = '4', .help = "what was freed before its thread's next allocation",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&temporary),
};

const struct view_ops view_mappings = {
	.name = "mappings", .title = "Mappings", .help = "memory that is mapped by calls of the program's own",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&mappings),
};
