/* SPDX-License-Identifier: MIT
 *
 * What the text says below a lock: "waited in cache_get 92 %, held by evict_lru 88 %, waits 1 us ▁▂▇█▅▂ 22 ms".
 * A bar stands for the waits between a length and twice that; the shortest are on the left.
 */
#include <stdlib.h>
#include <string.h>

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
	fprintf(out, ", waits %s ", unit_format(figure, UNIT_NS, bars.shortest));
	for (int i = bars.first; i <= bars.last; i++) {
		int level = (int)((7.0 * (double)bars.counts[i]) / (double)bars.highest + (bars.counts[i] ? 1 : 0));
		fputs(levels[page->unicode != 0][level], out);
	}
	fprintf(out, " %s", unit_format(figure, UNIT_NS, table_at(t, row, LOCKS_WAIT_MAX_NS)->number));
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

void locks_write_below(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	char *line = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&line, &size);

	if (!text)
		abort();
	int some = write_top(t, row, LOCKS_TOP_HOLDER, LOCKS_TOP_HOLDER_SHARE, "held by ", text);
	some |= write_top(t, row, LOCKS_TOP_WAITER, LOCKS_TOP_WAITER_SHARE, some ? ", waited in " : "waited in ", text);
	if (some)
		write_bars(t, row, page, text);
	fclose(text);
	if (some) {
		fputs(page->colour ? "\033[2m    " : "    ", out);
		report_write_cell(line, page->width > 4 ? page->width - 4 : 0, 0, page, out);
		fputs(page->colour ? "\033[0m\n" : "\n", out);
	}
	free(line);
}
