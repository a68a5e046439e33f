/* SPDX-License-Identifier: MIT
 *
 * Sizes and lifetimes of blocks as bars: of the whole recording, or of the site it was opened about. Beside each other where there
 * is room, else below each other. Buckets are put together until all are seen, so there is nothing to scroll.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/report/sizes_view.h"
#include "analyzer/store/lens.h"
#include "tui/asked.h"
#include "tui/browser.h"
#include "tui/figure.h"
#include "tui/row.h"
#include "tui/view.h"

enum {
	MOST_BUCKETS = 64,
	BESIDE = 120,   /* columns from which there is room for two */
	LEAST_BAR = 8,
};

struct sizes {
	struct asked asked;
	int by_bytes; /* bars are of bytes, not of blocks */
};

struct histogram {
	const char *title;
	enum unit unit;
	int64_t count[MOST_BUCKETS], bytes[MOST_BUCKETS], high[MOST_BUCKETS]; /* by power of two of the bucket's lower end */
	int first, last;         /* buckets with anything in them; last < first: there is none */
	int64_t blocks, all_bytes;
	int64_t p50, p99, most;  /* upper ends of the finest buckets */
};

/* --- reading ---------------------------------------------------------------------------------------- */

static int read_sizes(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	char why[512] = "";

	if (sizes_view_read(r->store, a->id, &out->table, err))
		return -1;
	if (lens_missing(r->store, LENS_HISTOGRAMS))
		lens_limits(r->store, LENS_HISTOGRAMS, why, sizeof(why));
	out->text = *why ? strdup(why) : NULL;
	return 0;
}

static const struct question question_sizes = { "sizes and lifetimes", read_sizes };

static int sizes_fill(struct view *v, struct err *err)
{
	const struct ask ask = { &question_sizes, .id = v->subject.site_id };
	struct sizes *sizes = v->data;

	return asked_for(&sizes->asked, v->browser, &ask, err);
}

static int bucket_of(int64_t low)
{
	int bucket = 0;

	while (low > 0) {
		bucket++;
		low >>= 1;
	}
	return bucket;
}

/* Adds the rows of a kind up, and finds the percentiles on the way. */
static void collect(const struct table *t, const char *kind, struct histogram *h)
{
	int64_t seen = 0;

	h->first = MOST_BUCKETS;
	h->last = -1;
	for (size_t row = 0; row < t->row_count; row++)
		if (!strcmp(row_text(t, row, "kind"), kind))
			h->blocks += row_number(t, row, "count");
	for (size_t row = 0; row < t->row_count; row++) {
		int64_t high = row_number(t, row, "high"), count = row_number(t, row, "count");
		int bucket = bucket_of(row_number(t, row, "low"));

		if (strcmp(row_text(t, row, "kind"), kind) != 0 || count <= 0 || bucket >= MOST_BUCKETS)
			continue;
		h->count[bucket] += count;
		h->bytes[bucket] += row_number(t, row, "bytes");
		h->all_bytes += row_number(t, row, "bytes");
		h->high[bucket] = high > h->high[bucket] ? high : h->high[bucket];
		h->first = bucket < h->first ? bucket : h->first;
		h->last = bucket > h->last ? bucket : h->last;
		h->most = high > h->most ? high : h->most;
		if (seen < (h->blocks + 1) / 2 && seen + count >= (h->blocks + 1) / 2)
			h->p50 = high;
		if (seen < h->blocks - h->blocks / 100 && seen + count >= h->blocks - h->blocks / 100)
			h->p99 = high;
		seen += count;
	}
}

/* --- drawing ---------------------------------------------------------------------------------------- */

struct columns { /* where things end, of a pane */
	int high, count, share, bytes, bar, bar_width;
};

static struct columns columns_of(struct rect area, enum unit unit, int exact)
{
	int bytes = figure_width(UNIT_BYTES, 0, exact) + (exact ? 8 : 0), high = exact ? 20 : figure_width(unit, 0, 0) + 1;
	struct columns c = { .high = area.x + 1 + high };

	c.count = c.high + 2 + (exact ? 14 : figure_width(UNIT_COUNT, 0, 0));
	c.share = c.count + 2 + 7;
	c.bytes = c.share + 2 + bytes;
	if (c.bytes + 2 + LEAST_BAR > area.x + area.width)
		c.bytes = 0;
	c.bar = (c.bytes ? c.bytes : c.share) + 2;
	c.bar_width = area.x + area.width - 1 - c.bar;
	return c;
}

static void put_end(struct screen *s, int y, int end, int width, const char *text, unsigned style)
{
	screen_put_right(s, y, end - width, width, text, style);
}

static void draw_heads(struct screen *s, int y, const struct columns *c)
{
	put_end(s, y, c->high, 10, "up to", STYLE_HEAD);
	put_end(s, y, c->count, 8, "blocks", STYLE_HEAD);
	put_end(s, y, c->share, 7, "share", STYLE_HEAD);
	if (c->bytes)
		put_end(s, y, c->bytes, 8, "bytes", STYLE_HEAD);
}

/* Buckets from..to as one row. */
static void draw_bucket(struct screen *s, int y, const struct columns *c, const struct histogram *h, int from, int to, double most, int by_bytes,
                        int exact)
{
	int64_t count = 0, bytes = 0, high = 0;
	char text[FIGURE_BYTES];

	for (int i = from; i <= to && i < MOST_BUCKETS; i++) {
		count += h->count[i];
		bytes += h->bytes[i];
		high = h->high[i] ? h->high[i] : high;
	}
	if (!high && to + 1 < MOST_BUCKETS)
		high = (int64_t)((1ull << to) - 1);
	put_end(s, y, c->high, 20, figure_format(text, h->unit, high, exact), STYLE_PLAIN);
	if (!count)
		return;
	put_end(s, y, c->count, 14, figure_format(text, UNIT_COUNT, count, exact), STYLE_PLAIN);
	double of = by_bytes ? (double)bytes : (double)count, whole = by_bytes ? (double)h->all_bytes : (double)h->blocks;

	put_end(s, y, c->share, 7, figure_share(text, whole > 0 ? of / whole : 0), STYLE_PLAIN);
	if (c->bytes)
		put_end(s, y, c->bytes, c->bytes - c->share - 1, figure_format(text, UNIT_BYTES, bytes, exact), STYLE_PLAIN);
	if (c->bar_width >= LEAST_BAR)
		screen_bar(s, y, c->bar, c->bar_width, most > 0 ? of / most : 0, STYLE_BAR);
}

/* How many buckets have to be put together for `rows` of them. */
static int step_for(const struct histogram *h, int rows)
{
	int step = 1;

	while (rows > 0 && (h->last - h->first) / step + 1 > rows)
		step++;
	return step;
}

static double largest(const struct histogram *h, int step, int by_bytes)
{
	double most = 0;

	for (int i = h->first; i <= h->last; i += step) {
		double sum = 0;

		for (int k = i; k < i + step && k <= h->last; k++)
			sum += by_bytes ? (double)h->bytes[k] : (double)h->count[k];
		most = sum > most ? sum : most;
	}
	return most;
}

static void draw_histogram(struct screen *s, struct rect area, const struct histogram *h, int by_bytes, int exact)
{
	char p50[FIGURE_BYTES], p99[FIGURE_BYTES], most[FIGURE_BYTES], title[200];
	struct columns c = columns_of(area, h->unit, exact);
	struct rect rule = view_take(&area, 1);

	if (h->last < h->first)
		snprintf(title, sizeof(title), "%s: none", h->title);
	else
		snprintf(title, sizeof(title), "%s: half up to %s, 99 %% up to %s, all up to %s", h->title, figure_format(p50, h->unit, h->p50, exact),
		         figure_format(p99, h->unit, h->p99, exact), figure_format(most, h->unit, h->most, exact));
	screen_rule(s, rule, title);
	if (h->last < h->first || area.height < 2)
		return;
	draw_heads(s, view_take(&area, 1).y, &c);
	int step = step_for(h, area.height), y = area.y;
	double longest = largest(h, step, by_bytes);

	for (int i = h->first; i <= h->last; i += step, y++)
		draw_bucket(s, y, &c, h, i, i + step - 1 < h->last ? i + step - 1 : h->last, longest, by_bytes, exact);
}

static int64_t live_blocks(const struct table *t)
{
	for (size_t row = 0; row < t->row_count; row++)
		if (!strcmp(row_text(t, row, "kind"), "live"))
			return row_number(t, row, "count");
	return 0;
}

static void draw_both(const struct sizes *sizes, struct screen *s, struct rect area, const struct histogram *size, const struct histogram *life,
                      int exact)
{
	struct rect first = area, second = area;

	if (area.width >= BESIDE) {
		first.width = area.width / 2;
		second.x += first.width;
		second.width -= first.width;
	} else {
		int wanted = size->last - size->first + 3, other = life->last - life->first + 3;

		first.height = area.height / 2;
		if (other < area.height - first.height)
			first.height = area.height - other;
		if (wanted < first.height)
			first.height = wanted;
		second.y += first.height;
		second.height -= first.height;
	}
	draw_histogram(s, first, size, sizes->by_bytes, exact);
	draw_histogram(s, second, life, sizes->by_bytes, exact);
}

static void sizes_draw(struct view *v, struct screen *s, struct rect area)
{
	struct histogram size = { .title = "sizes", .unit = UNIT_BYTES }, life = { .title = "lifetimes", .unit = UNIT_NS };
	struct sizes *sizes = v->data;
	const struct table *t = asked_table(&sizes->asked);
	char path[512], left[700], right[120] = "", blocks[FIGURE_BYTES], live[FIGURE_BYTES];
	int exact = browser_exact(v->browser);

	collect(t, "size", &size);
	collect(t, "lifetime", &life);
	if (sizes->asked.answer)
		snprintf(right, sizeof(right), "%s blocks, %s %s", figure_format(blocks, UNIT_COUNT, size.blocks, exact),
		         figure_format(live, UNIT_COUNT, live_blocks(t), exact), browser_lens_is_set(v->browser) ? "not freed by its end" : "never freed");
	snprintf(left, sizeof(left), "%s, bars of %s", view_path(v, s->ascii, area.width - (int)strlen(right) - 20, path, sizeof(path)),
	         sizes->by_bytes ? "bytes" : "blocks");
	area = view_heading(s, area, left, right);
	if (!sizes->asked.answer) {
		const char *failure = asked_failure(&sizes->asked);

		if (*failure)
			screen_wrap(s, (struct rect){ area.y + 1, area.x + 1, area.height - 1, area.width - 2 }, failure, STYLE_WARNING);
		else
			view_reading(s, area);
		return;
	}
	if (size.last < size.first && life.last < life.first) {
		const char *why = sizes->asked.answer->text ? sizes->asked.answer->text : "Nothing was allocated: there are no sizes.";

		screen_wrap(s, (struct rect){ area.y + 1, area.x + 1, area.height - 1, area.width - 2 }, why, STYLE_DIM);
		return;
	}
	draw_both(sizes, s, area, &size, &life, exact);
}

static int sizes_act(struct view *v, enum action action, struct err *err)
{
	struct sizes *sizes = v->data;

	(void)err;
	if (action != ACTION_COST)
		return 0;
	sizes->by_bytes = !sizes->by_bytes;
	return 1;
}

/* What it is about, for the keys that lead elsewhere. */
static int sizes_subject(struct view *v, struct subject *subject)
{
	*subject = v->subject;
	return subject->site_id || subject->function_id;
}

static const char *sizes_report(const struct view *v)
{
	(void)v;
	return "sizes";
}

static void sizes_close(struct view *v)
{
	struct sizes *sizes = v->data;

	asked_release(&sizes->asked);
}

const struct view_ops view_sizes = {
	.name = "sizes", .title = "Sizes", .help = "how large blocks are, and how long they live",
	.keys = KEYS_COST, .private_size = sizeof(struct sizes),
	.fill = sizes_fill, .draw = sizes_draw, .act = sizes_act, .subject = sizes_subject, .report = sizes_report, .stacks = view_stacks, .close = sizes_close,
};
