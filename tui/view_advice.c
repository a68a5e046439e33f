/* SPDX-License-Identifier: MIT
 *
 * Advice: a row a finding, what promises most first; below, what was seen, what to do and the stack. Enter opens the finding.
 */
#include "tui/view_advice.h"

#include <stdio.h>

#include "tui/browser.h"
#include "tui/row.h"
#include "tui/view_list.h"
#include "tui/view_sites.h"

enum { BAND_ROWS = 5 };

int advice_draw(const struct table *t, size_t row, struct screen *s, struct rect area)
{
	static const struct {
		const char *lead, *column;
		enum style style;
	} texts[] = {
		{ "", "evidence", STYLE_PLAIN }, { "saves ", "saving", STYLE_PLAIN }, { "", "cure", STYLE_STRONG },
	};
	int used = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && used < area.height; i++) {
		struct rect left = { area.y + used, area.x + 1, area.height - used, area.width - 2 };
		char text[2048];

		if (!*row_text(t, row, texts[i].column))
			continue;
		snprintf(text, sizeof(text), "%s%s", texts[i].lead, row_text(t, row, texts[i].column));
		used += screen_wrap(s, left, text, texts[i].style);
	}
	return used < area.height ? used : area.height;
}

static void draw_band(const struct table *read, const struct table *t, size_t row, struct screen *s, struct rect area, int exact)
{
	(void)read;
	(void)exact;
	advice_draw(t, row, s, area);
}

static const struct detail_band band = { .rows = BAND_ROWS, .key = "rank", .draw = draw_band };

static const struct detail_about detail = {
	.panes = { { .source = &stack_source_stack, .key = "stack_id", .title = sites_title } },
	.band = &band,
};

static const struct grid_column columns[] = {
	{ .name = "rank", .title = "rank", .priority = 5, .flags = GRID_ASCENDING },
	{ .name = "rule", .title = "rule", .most = 20 },
	{ .name = "share", .title = "share", .priority = 2, .flags = GRID_IF_ANY },
	{ .name = "saving_allocations", .title = "calls", .priority = 3, .flags = GRID_IF_ANY },
	{ .name = "saving_bytes", .title = "bytes", .priority = 3, .flags = GRID_IF_ANY },
	{ .name = "saving_ns", .title = "time", .priority = 3, .flags = GRID_IF_ANY },
	{ .name = "function", .title = "where", .style = sites_style, .flags = GRID_FUNCTION, .most = 50 },
	{ .name = "file", .title = "place", .of = "line", .text = sites_place, .priority = 1, .most = 24 },
	{ .name = "evidence", .title = "what was seen", .priority = 6, .flags = GRID_PROSE },
	{ .name = "pid", .title = "pid", .priority = 4, .flags = GRID_ASCENDING | GRID_IF_MANY },
};

int advice_open(struct view *v, const struct grid *g)
{
	size_t row = (size_t)grid_row(g);
	char name[512], place[256];

	sites_place(g->table, row, place, sizeof(place));
	snprintf(name, sizeof(name), "%s%s%s", row_text(g->table, row, "rule"), *row_text(g->table, row, "function") ? " in " : "",
	         row_text(g->table, row, "function"));
	struct subject subject = { .id = row_number(g->table, row, "rank"), .name = name, .place = place };

	return browser_enter(v->browser, &view_finding, &subject);
}

static const struct list_about advice = {
	"advice", "Advice", "Nothing to advise: no rule found anything.", columns, sizeof(columns) / sizeof(columns[0]), &detail, advice_open,
};

const struct view_ops view_advice = {
	.name = "advice", .title = "Advice", .number = '7', .help = "what to change, and what that promises",
	.keys = KEYS_LIST | KEYS_ENTER | KEYS_SORT, VIEW_LIST(&advice),
};
