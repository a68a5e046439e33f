/* SPDX-License-Identifier: MIT
 *
 * Owners: a row a function in whose calls blocks of its callees died, with how much in each; below, the ways from it to the
 * sites that asked for them. Enter opens the owner.
 */
#include <stdio.h>

#include "tui/browser.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view_list.h"
#include "tui/view_sites.h"

/* " in calls of command_set". */
static void title(const struct table *t, size_t row, int ascii, char *out, size_t size)
{
	char name[128], more[GLYPH_BYTES];

	shorten_function(row_text(t, row, "function"), 48, glyph_encode(more, glyph_set(ascii)->cut), name, sizeof(name));
	snprintf(out, size, " in calls of %s", name);
}

static const struct detail_about detail = {
	.panes = { { .source = &stack_source_dying, .key = "function_id", .title = title } },
};

static const struct grid_column columns[] = {
	{ .name = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "blocks", .priority = 5, .flags = GRID_COST | GRID_SUMS },
	{ .name = "activations", .priority = 2, .flags = GRID_COST },
	{ .name = "blocks_per_activation", .title = "blocks/call", .priority = 1 },
	{ .name = "bytes_per_activation", .title = "bytes/call", .priority = 3 },
	{ .name = "max_bytes", .priority = 6, .flags = GRID_COST },
	{ .name = "sites", .title = "sites", .priority = 1 },
	{ .name = "function", .title = "owner", .style = sites_style, .flags = GRID_FUNCTION },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 4, .most = 24 },
	{ .name = "top_site", .title = "most from", .priority = 7, .flags = GRID_FUNCTION, .most = 36 },
};

static int enter(struct view *v, const struct grid *g)
{
	struct subject subject = {
		.function_id = row_number(g->table, (size_t)grid_row(g), "function_id"),
		.name = row_text(g->table, (size_t)grid_row(g), "function"),
	};

	return browser_enter(v->browser, &view_owner, &subject);
}

static const struct list_about owners = {
	"owners", "Owners", "No block was seen to die in a call of whoever asked for it.", columns, sizeof(columns) / sizeof(columns[0]),
	&detail, enter,
};

const struct view_ops view_owners = {
	.name = "owners", .title = "Owners", .help = "functions in whose calls blocks die that others asked for",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&owners),
};
