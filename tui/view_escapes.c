/* SPDX-License-Identifier: MIT
 *
 * Escapes: a row a site, with how far its blocks outlived the call that asked for them; below, of the selected one, who asked
 * and who freed. Enter opens the site.
 */
#include "tui/view_escapes.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/report/escapes.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/row.h"
#include "tui/view_list.h"
#include "tui/view_sites.h"

enum { BAR_MOST = 20, BAR_LEAST = 3, BAND_ROWS = 2 };

/* --- the band --------------------------------------------------------------------------------------- */

static const struct {
	const char *title, *column;
	enum style style;
} parts[] = {
	{ "local", "local", STYLE_PLAIN }, { "caller", "caller", STYLE_PLAIN }, { "thread", "thread", STYLE_PLAIN },
	{ "kept", "retained", STYLE_PLAIN }, { "unsure", "uncertain", STYLE_DIM },
};
#define PARTS ((int)(sizeof(parts) / sizeof(parts[0])))

/* "local 12.3 % ##", five times beside each other. */
static void draw_shares(const struct table *t, size_t row, struct screen *s, struct rect area)
{
	double all = (double)row_number(t, row, "allocations");
	int each = (area.width - 1) / PARTS;

	for (int i = 0; i < PARTS; i++) {
		double share = all > 0 ? (double)row_number(t, row, parts[i].column) / all : 0;
		char text[FIGURE_BYTES];
		int x = area.x + 1 + i * each, used = screen_put(s, area.y, x, each - 1, parts[i].title, STYLE_DIM) + 1;

		used += screen_put(s, area.y, x + used, each - 1 - used, figure_share(text, share), parts[i].style) + 1;
		int bar = each - used - 2 < BAR_MOST ? each - used - 2 : BAR_MOST;

		if (bar >= BAR_LEAST)
			screen_bar(s, area.y, x + used, bar, share, STYLE_BAR);
	}
}

int escapes_draw(const struct table *t, size_t row, struct screen *s, struct rect area)
{
	struct rect words = area;
	char *text = escapes_describe(t, row);
	int lines = 1;

	if (area.height > 0)
		draw_shares(t, row, s, view_take(&words, 1));
	words.x++;
	words.width -= 2;
	if (words.height > 1)
		lines += screen_wrap(s, words, text, STYLE_PLAIN);
	else if (words.height > 0)
		lines += screen_put(s, words.y, words.x, words.width, text, STYLE_PLAIN) > 0;
	free(text);
	return lines < area.height ? lines : area.height;
}

static void draw_band(const struct table *read, const struct table *t, size_t row, struct screen *s, struct rect area, int exact)
{
	(void)read;
	(void)exact;
	escapes_draw(t, row, s, area);
}

static const struct detail_band band = { .rows = BAND_ROWS, .key = "site_id", .draw = draw_band };

/* --- the list --------------------------------------------------------------------------------------- */

static const char *stack_cost(const char *name)
{
	return name;
}

static const struct detail_about detail = {
	.panes = {
		{ .source = &stack_source_site, .key = "site_id", .cost = stack_cost, .title = sites_title },
		{ .source = &stack_source_frees, .key = "site_id" },
	},
	.band = &band,
};

static const struct grid_column columns[] = {
	{ .name = "allocated_bytes", .title = "bytes", .flags = GRID_COST | GRID_SUMS },
	{ .name = "allocations", .priority = 4, .flags = GRID_COST | GRID_SUMS },
	{ .name = "local_share", .title = "local", .priority = 1 },
	{ .name = "caller_share", .title = "caller", .priority = 1 },
	{ .name = "thread_share", .title = "thread", .priority = 1 },
	{ .name = "retained_share", .title = "kept", .priority = 1 },
	{ .name = "uncertain_share", .title = "unsure", .priority = 6 },
	{ .name = "lifetime_p50_ns", .title = "half within", .priority = 8 },
	{ .name = "max_live", .title = "alive", .priority = 9 },
	{ .name = "size_p50", .title = "size", .priority = 9 },
	{ .name = "function", .title = "site", .style = sites_style, .flags = GRID_FUNCTION },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 5, .most = 24 },
	{ .name = "owner", .title = "owner", .priority = 2, .flags = GRID_FUNCTION, .most = 40 },
	{ .name = "level", .title = "out", .priority = 3, .flags = GRID_ASCENDING },
};

int escapes_open(struct view *v, const struct table *t, size_t row)
{
	char place[256];

	sites_place(t, row, place, sizeof(place));
	struct subject subject = { .id = row_number(t, row, "site_id"), .name = row_text(t, row, "function"), .place = place };

	return browser_enter(v->browser, &view_escape, &subject);
}

static int enter(struct view *v, const struct grid *g)
{
	return escapes_open(v, g->table, (size_t)grid_row(g));
}

static const struct list_about escapes = {
	"escapes", "Escapes", "Nothing was allocated in this recording.", columns, sizeof(columns) / sizeof(columns[0]), &detail, enter,
};

const struct view_ops view_escapes = {
	.name = "escapes", .title = "Escapes", .number = '0', .help = "how far blocks outlive the call that asks for them",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT | KEYS_COST, VIEW_LIST(&escapes),
};
