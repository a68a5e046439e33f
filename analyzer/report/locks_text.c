/* SPDX-License-Identifier: MIT
 *
 * What the text says below a lock: "held by evict_lru 88 %, waited in cache_get 92 %, waits from 1 us ▁▂▇█▅▂".
 * A bar stands for the waits between a length and twice that; the shortest are on the left, the longest on the right.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/locks.h"

#define BARS_MAX 64

struct bars {
	int64_t counts[BARS_MAX], highest;
	int first, last; /* the used ones; by the power of two that the shortest wait of the bucket is nearest to */
	int64_t shortest;
};

static int nearest_power(int64_t low)
{
	int power = 0;

	while (power < BARS_MAX - 2 && low > ((int64_t)1 << power) + ((int64_t)1 << power >> 1))
		power++;
	return power;
}

/* Reads "LOW:COUNT LOW:COUNT ...". 0: there are not two to compare. */
static int read_bars(const char *text, struct bars *b)
{
	*b = (struct bars){ .first = BARS_MAX, .last = -1 };
	while (*text) {
		char *end;
		int64_t low = strtoll(text, &end, 10), count = *end == ':' ? strtoll(end + 1, &end, 10) : 0;
		if (count <= 0 || low < 0)
			break;
		int bar = nearest_power(low);
		if (bar < b->first) {
			b->first = bar;
			b->shortest = low;
		}
		b->last = bar > b->last ? bar : b->last;
		b->counts[bar] = count;
		b->highest = count > b->highest ? count : b->highest;
		text = end + (*end == ' ');
	}
	return b->first < b->last;
}

/* The bucket that begins at 0 stands left of the next one, not at the far end of a row of gaps. */
static void close_gap(struct bars *b)
{
	int next = b->first + 1;

	while (next < b->last && !b->counts[next])
		next++;
	if (b->shortest > 0 || next > b->last || next == b->first + 1)
		return;
	b->counts[next - 1] = b->counts[b->first];
	b->counts[b->first] = 0;
	b->first = next - 1;
}

static void write_bars(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	static const char *const levels[2][9] = { { " ", ".", ".", ":", ":", "+", "+", "#", "#" },
		                                  { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" } };
	const struct value *histogram = table_at(t, row, LOCKS_WAIT_HISTOGRAM);
	char figure[UNIT_WIDTH];
	struct bars bars;

	if (histogram->none || !read_bars(histogram->text, &bars))
		return;
	close_gap(&bars);
	fprintf(out, ", waits from %s ", unit_format(figure, UNIT_NS, bars.shortest));
	for (int i = bars.first; i <= bars.last; i++) {
		int level = (int)((7.0 * (double)bars.counts[i]) / (double)bars.highest + (bars.counts[i] ? 1 : 0));
		fputs(levels[page->unicode != 0][level], out);
	}
}

static int write_top(const struct table *t, size_t row, size_t name, size_t share, const char *lead, FILE *out)
{
	char figure[UNIT_WIDTH];

	if (table_at(t, row, name)->none)
		return 0;
	fprintf(out, "%s%s %s", lead, table_at(t, row, name)->text,
	        unit_format(figure, UNIT_PERCENT, table_at(t, row, share)->number));
	return 1;
}

/* "" where nobody waited. Caller frees. */
static char *written(const struct table *t, size_t row, const struct report_page *page, int with_bars)
{
	char *line = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		abort();
	int some = write_top(t, row, LOCKS_TOP_HOLDER, LOCKS_TOP_HOLDER_SHARE, "held by ", out);
	some |= write_top(t, row, LOCKS_TOP_WAITER, LOCKS_TOP_WAITER_SHARE, some ? ", waited in " : "waited in ", out);
	if (some && with_bars)
		write_bars(t, row, page, out);
	fclose(out);
	return line;
}

void locks_write_below(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	size_t room = page->width > 4 ? page->width - 4 : 0;
	char *line = written(t, row, page, 1);

	if (room && utf8_columns(line) > room) { /* a part of the bars would mislead */
		free(line);
		line = written(t, row, page, 0);
	}
	if (*line) {
		fputs(page->colour ? "\033[2m    " : "    ", out);
		report_write_cell(line, room, 0, page, out);
		fputs(page->colour ? "\033[0m\n" : "\n", out);
	}
	free(line);
}
