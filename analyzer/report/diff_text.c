/* SPDX-License-Identifier: MIT
 *
 * A comparison for people: what both recordings are, their wholes, and the sites whose chosen cost changed, its change first,
 * then as many of the other changes as fit. What grew and what shrank tells its sign; colours only repeat it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/diff.h"

#define SITE_LEAST 24  /* columns kept for the site and its place */
#define SITE_PAD 44
#define CELL 96

char *diff_figure(char out[UNIT_WIDTH], enum unit unit, int64_t change)
{
	unit_format(out, unit, change);
	if (change > 0) {
		memmove(out + 1, out, strnlen(out, UNIT_WIDTH - 2) + 1);
		out[UNIT_WIDTH - 1] = 0;
		out[0] = '+';
	}
	return out;
}

char *diff_percent(char out[UNIT_WIDTH], int64_t base, int64_t now)
{
	double percent = base ? 100.0 * ((double)now - (double)base) / (double)base : 0;

	out[0] = 0;
	if (base == now)
		return out;
	if (base <= 0)
		snprintf(out, UNIT_WIDTH, "new");
	else if (percent > -0.05 && percent < 0.05)
		snprintf(out, UNIT_WIDTH, "~0 %%");
	else if (percent >= 9999.5)
		snprintf(out, UNIT_WIDTH, "x %.3g", (double)now / (double)base);
	else
		snprintf(out, UNIT_WIDTH, percent > -9.95 && percent < 9.95 ? "%+.1f %%" : "%+.0f %%", percent);
	return out;
}

/* --- cells ----------------------------------------------------------------------------------------------- */

static const char *colour_of(int64_t change, const struct report_page *page)
{
	return !page->colour || !change ? "" : change > 0 ? "\033[31m" : "\033[32m";
}

static void write_figure(const char *text, size_t width, const char *colour, FILE *out)
{
	size_t have = utf8_columns(text);

	fprintf(out, "%*s%s%s%s  ", (int)(width > have ? width - have : 0), "", colour, text, colour[0] ? "\033[0m" : "");
}

static void widen(size_t *width, const char *text)
{
	size_t have = utf8_columns(text);

	*width = have > *width ? have : *width;
}

/* --- the wholes ------------------------------------------------------------------------------------------ */

enum { WHOLE_BASE, WHOLE_NOW, WHOLE_CHANGE, WHOLE_PERCENT, WHOLE_CELLS };

/* 0: nothing to say; what is live at the peak is the peak, of the whole. */
static int whole_cells(const struct diff *d, size_t m, char cells[WHOLE_CELLS][UNIT_WIDTH])
{
	const struct value *v = table_at(&d->wholes, m, 0);
	int64_t before = v[DIFF_WHOLE_BASE].number, after = v[DIFF_WHOLE_NOW].number;
	enum unit unit = diff_measures[m].unit;

	if (m == DIFF_AT_PEAK_BYTES || (!before && !after))
		return 0;
	unit_format(cells[WHOLE_BASE], unit, before);
	unit_format(cells[WHOLE_NOW], unit, after);
	diff_figure(cells[WHOLE_CHANGE], unit, v[DIFF_WHOLE_CHANGE].number);
	diff_percent(cells[WHOLE_PERCENT], before, after);
	return 1;
}

static void write_wholes(const struct diff *d, const struct report_page *page, FILE *out)
{
	static const char *const heads[WHOLE_CELLS] = { "A", "B", "CHANGE", "" };
	size_t widths[WHOLE_CELLS] = { 1, 1, 6, 0 }, name = 0;
	char cells[WHOLE_CELLS][UNIT_WIDTH];

	for (size_t m = 0; m < d->wholes.row_count; m++) {
		if (!whole_cells(d, m, cells))
			continue;
		widen(&name, diff_measures[m].name);
		for (size_t c = 0; c < WHOLE_CELLS; c++)
			widen(&widths[c], cells[c]);
	}
	if (!name)
		return;
	fprintf(out, "\n%s%-*s  %*s  %*s  %*s%s\n", page->colour ? "\033[1m" : "", (int)name, "ALL SITES", (int)widths[0], heads[0],
	        (int)widths[1], heads[1], (int)widths[2], heads[2], page->colour ? "\033[0m" : "");
	for (size_t m = 0; m < d->wholes.row_count; m++) {
		if (!whole_cells(d, m, cells))
			continue;
		int64_t change = table_at(&d->wholes, m, DIFF_WHOLE_CHANGE)->number;
		fprintf(out, "%-*s  %*s  %*s  %*s%s%s%s", (int)name, diff_measures[m].name, (int)widths[0], cells[0], (int)widths[1], cells[1],
		        (int)(widths[2] - strlen(cells[2])), "", colour_of(change, page), cells[2], colour_of(change, page)[0] ? "\033[0m" : "");
		if (cells[3][0])
			fprintf(out, "  %*s", (int)widths[3], cells[3]);
		fputc('\n', out);
	}
}

/* --- the sites ------------------------------------------------------------------------------------------- */

/* The first four columns are of the chosen measure, the others changes of others. */
enum { SITE_CHANGE, SITE_PERCENT, SITE_BASE, SITE_NOW, SITE_OTHERS };

struct layout {
	size_t measure;
	size_t others[DIFF_MEASURES], other_count;
	size_t widths[SITE_OTHERS + DIFF_MEASURES], count;
	size_t site, place;
};

static int64_t number_at(const struct table *t, size_t row, size_t measure, enum diff_part part)
{
	return table_at(t, row, DIFF_AT(measure, part))->number;
}

static const char *cell(const struct table *t, size_t row, const struct layout *l, size_t c, char out[UNIT_WIDTH])
{
	size_t m = c < SITE_OTHERS ? l->measure : l->others[c - SITE_OTHERS];
	int64_t before = number_at(t, row, m, DIFF_BASE), after = number_at(t, row, m, DIFF_NOW);
	const char *state = table_at(t, row, DIFF_STATE)->text;

	switch (c) {
	case SITE_PERCENT:
		return state[0] ? state : before ? diff_percent(out, before, after) : "";
	case SITE_BASE:
		return unit_format(out, diff_measures[m].unit, before);
	case SITE_NOW:
		return unit_format(out, diff_measures[m].unit, after);
	default:
		return before == after && c != SITE_CHANGE ? "" : diff_figure(out, diff_measures[m].unit, number_at(t, row, m, DIFF_CHANGE));
	}
}

static const char *head(const struct layout *l, size_t c)
{
	static const char *const heads[SITE_OTHERS] = { "CHANGE", "", "A", "B" };

	return c < SITE_OTHERS ? heads[c] : diff_measures[l->others[c - SITE_OTHERS]].title;
}

static void choose_others(const struct table *t, struct layout *l)
{
	for (size_t m = 0; m < DIFF_MEASURES; m++) {
		int any = 0;
		for (size_t row = 0; row < t->row_count && !any; row++)
			any = number_at(t, row, m, DIFF_CHANGE) != 0;
		if (any && m != l->measure && m != DIFF_AT_PEAK_BYTES && m != DIFF_LEAKED_ALLOCATIONS)
			l->others[l->other_count++] = m;
	}
}

static void lay_out(const struct table *t, const struct report_page *page, struct layout *l)
{
	char buffer[UNIT_WIDTH], place[512];
	size_t used = 0, c;

	choose_others(t, l);
	for (c = 0; c < SITE_OTHERS + l->other_count; c++) {
		widen(&l->widths[c], head(l, c));
		for (size_t row = 0; row < t->row_count; row++)
			widen(&l->widths[c], cell(t, row, l, c, buffer));
	}
	for (size_t row = 0; row < t->row_count; row++) {
		widen(&l->site, table_at(t, row, DIFF_FUNCTION)->text);
		report_write_place(t, row, place, sizeof(place));
		widen(&l->place, place);
	}
	l->site = l->site > SITE_PAD ? SITE_PAD : l->site;
	for (c = 0; c < SITE_OTHERS + l->other_count; c++) {
		used += l->widths[c] + 2;
		if (page->width && c >= SITE_OTHERS && used + l->site + 2 + l->place > page->width)
			break;
	}
	l->count = c;
}

static void write_head(const struct layout *l, const struct report_page *page, FILE *out)
{
	const char *name = diff_measures[l->measure].name;

	fprintf(out, "\nsites by change of %s\n%s", name, page->colour ? "\033[1m" : "");
	for (size_t c = 0; c < l->count; c++)
		write_figure(head(l, c), l->widths[c], "", out);
	fputs(page->colour ? "SITE\033[0m\n" : "SITE\n", out);
}

static void write_site(const struct table *t, size_t row, const struct layout *l, const struct report_page *page, FILE *out)
{
	char buffer[UNIT_WIDTH], place[512];
	size_t used = 0, room = 0;

	for (size_t c = 0; c < l->count; c++) {
		size_t m = c < SITE_OTHERS ? l->measure : l->others[c - SITE_OTHERS];
		int is_change = c == SITE_CHANGE || c >= SITE_OTHERS;
		write_figure(cell(t, row, l, c, buffer), l->widths[c],
		             is_change ? colour_of(number_at(t, row, m, DIFF_CHANGE), page) : "", out);
		used += l->widths[c] + 2;
	}
	report_write_place(t, row, place, sizeof(place));
	if (page->width) {
		size_t behind = used + l->place + 2;
		room = page->width > behind + SITE_LEAST ? page->width - behind : SITE_LEAST;
	}
	report_write_cell(table_at(t, row, DIFF_FUNCTION)->text, room, place[0] ? (room && room < l->site ? room : l->site) : 0, page, out);
	if (place[0]) {
		fputs(page->colour ? "  \033[2m" : "  ", out);
		report_write_cell(place, 0, 0, page, out);
		fputs(page->colour ? "\033[0m" : "", out);
	}
	fputc('\n', out);
}

/* Where the rest is: sites beyond the limit, those whose other costs changed, those that are as they were. */
static void write_rest(const struct diff *d, size_t measure, FILE *out)
{
	const struct table *t = &d->sites;
	const char *between = "";

	if (t->total_rows > t->row_count)
		fprintf(out, "%" PRIu64 " more sites: --limit=0\n", t->total_rows - t->row_count);
	for (size_t m = 0; m < DIFF_MEASURES; m++) {
		if (m == measure || !d->changed[m] || m == DIFF_AT_PEAK_BYTES || m == DIFF_LEAKED_ALLOCATIONS)
			continue;
		fprintf(out, "%s%s (%zu)", between[0] ? between : "\nsites with a change of another cost (--cost): ", diff_measures[m].name,
		        d->changed[m]);
		between = ", ";
	}
	fputs(between[0] ? "\n" : "", out);
	if (d->unchanged)
		fprintf(out, "%s%zu of %zu sites did not change\n", between[0] ? "" : "\n", d->unchanged, d->compared);
}

static void write_line(const char *name, const char *text, const struct report_page *page, FILE *out)
{
	fputs(name, out);
	report_write_cell(text, 0, 0, page, out);
	fputc('\n', out);
}

void diff_write_text(const struct diff *d, const struct diff_query *q, const struct diff_names *names,
                     const struct report_page *page, FILE *out)
{
	static const char *const sides[2] = { "A  ", "B  " };
	struct layout l = { .measure = diff_measure_of(q) };

	for (int side = 0; side < 2; side++) {
		write_line(sides[side], names->facts[side], page, out);
		if (names->losses[side][0])
			write_line("   ", names->losses[side], page, out);
	}
	if (q->match)
		write_line("sites with ", q->match, page, out);
	write_wholes(d, page, out);
	if (d->sites.row_count) {
		lay_out(&d->sites, page, &l);
		write_head(&l, page, out);
		for (size_t row = 0; row < d->sites.row_count; row++)
			write_site(&d->sites, row, &l, page, out);
	} else {
		fprintf(out, "\nno site has a change of %s\n", diff_measures[l.measure].name);
	}
	write_rest(d, l.measure, out);
	if (d->remarks[0])
		fprintf(out, "\n%s", d->remarks);
}
