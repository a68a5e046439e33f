/* SPDX-License-Identifier: MIT
 *
 * A word, and behind it a sentence of figures.
 */
#include "tui/overview_line.h"

#include <stdio.h>
#include <string.h>

#include "tui/figure.h"
#include "tui/glyph.h"
#include "tui/row.h"
#include "tui/shorten.h"
#include "tui/view.h"
#include "tui/view_diff.h"

enum { LEAST_ROWS = 5 }; /* of an area that has a line to give */

static void put_line(struct screen *s, struct rect *area, const char *label, const char *text)
{
	struct rect line = view_take(area, 1);
	int used = screen_put(s, line.y, line.x + 1, line.width - 2, label, STYLE_STRONG) + 2;

	screen_put(s, line.y, line.x + 1 + used, line.width - 2 - used, text, STYLE_PLAIN);
}

void overview_line_changes(struct screen *s, struct rect *area, struct browser *b, const struct asked *wholes)
{
	const struct browser_options *options = browser_options(b);
	char text[512], changes[400];

	if (!options->base_name || area->height < LEAST_ROWS)
		return;
	view_diff_changes(asked_table(wholes), browser_exact(b), changes, sizeof(changes));
	snprintf(text, sizeof(text), "%.100s: %s", options->base_name, *changes ? changes : asked_failure(wholes));
	put_line(s, area, "since", text);
}

void overview_line_waiting(struct screen *s, struct rect *area, const struct table *processes, const struct table *locks, int exact)
{
	int64_t contended = row_sum(processes, "contended"), wait = row_sum(processes, "wait_ns");
	int64_t blocked = row_sum(processes, "blocked_ns"), most = locks->row_count ? row_number(locks, 0, "wait_ns") : 0;
	char figure[FIGURE_BYTES], text[512], name[160], more[GLYPH_BYTES];
	size_t used;

	if ((!contended && !wait && !blocked) || area->height < LEAST_ROWS)
		return;
	snprintf(text, sizeof(text), "%s contended", figure_format(figure, UNIT_COUNT, contended, exact));
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, ", %s waited", figure_format(figure, UNIT_NS, wait, exact));
	used = strlen(text);
	if (most > 0) {
		shorten_function(row_text(locks, 0, "lock"), 24, glyph_encode(more, glyph_set(s->ascii)->cut), name, sizeof(name));
		snprintf(text + used, sizeof(text) - used, " (%s %s)", name, figure_format(figure, UNIT_NS, most, exact));
	}
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, ", %s blocked", figure_format(figure, UNIT_NS, blocked, exact));
	put_line(s, area, "locks", text);
}

void overview_line_mapped(struct screen *s, struct rect *area, const struct table *processes, int exact)
{
	char mapped[FIGURE_BYTES], calls[FIGURE_BYTES], peak[FIGURE_BYTES], still[FIGURE_BYTES], text[4 * FIGURE_BYTES + 80];
	int64_t mappings = row_sum(processes, "mappings");

	if (!mappings || area->height < LEAST_ROWS)
		return;
	snprintf(text, sizeof(text), "%s by %s call%s, peak%s %s, %s still mapped",
	         figure_format(mapped, UNIT_BYTES, row_sum(processes, "mapped_bytes"), exact),
	         figure_format(calls, UNIT_COUNT, mappings, exact), mappings == 1 ? "" : "s", processes->row_count > 1 ? "s together" : "",
	         figure_format(peak, UNIT_BYTES, row_sum(processes, "mapped_peak_bytes"), exact),
	         figure_format(still, UNIT_BYTES, row_sum(processes, "still_mapped_bytes"), exact));
	put_line(s, area, "mapped", text);
}
