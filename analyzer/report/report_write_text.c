/* SPDX-License-Identifier: MIT
 *
 * Text for people: the facts, what is lost, then the table with the column it is sorted by first,
 * figures with units on the right of their columns, and the site (function, then file and line) last.
 * A column `stack` goes on a line of its own below the row, its middle left out.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/report_write.h"

#define COLUMNS_MAX 48
#define NAME_PAD 44  /* names longer than this do not push what follows to the right, unless lines are cut */
#define NAME_LEAST 20
#define FIGURE_WIDTH (UNIT_WIDTH + ERROR_WIDTH)

struct layout {
	size_t figures[COLUMNS_MAX], texts[COLUMNS_MAX]; /* column numbers */
	size_t figure_count, text_count;
	size_t widths[COLUMNS_MAX]; /* by column number */
	int function, stack;        /* column number or -1 */
	size_t place_width;
};

void report_write_cell(const char *text, size_t columns, size_t pad, const struct report_page *page, FILE *out)
{
	size_t size = strlen(text), have = utf8_columns(text), shown = have;
	size_t dots = page->unicode ? 1 : 3;

	if (columns && have > columns) {
		shown = columns > dots ? columns - dots : 0;
		size = utf8_cut(text, shown);
	}
	for (size_t at = 0, n; at < size; at += n) {
		unsigned char c = (unsigned char)text[at];
		n = utf8_length(text + at, size - at);
		if (!n || c < 0x20 || c == 0x7f) {
			fputc('?', out);
			n = 1;
		} else {
			fwrite(text + at, 1, n, out);
		}
	}
	if (shown < have) {
		fputs(page->unicode ? "…" : "...", out);
		shown += dots;
	}
	for (; shown < pad; shown++)
		fputc(' ', out);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

void report_write_place(const struct table *t, size_t row, char *out, size_t size)
{
	int file = table_column(t, "file"), line = table_column(t, "line"), module = table_column(t, "module");
	const struct value *f = file >= 0 ? table_at(t, row, (size_t)file) : NULL;
	const struct value *l = line >= 0 ? table_at(t, row, (size_t)line) : NULL;
	const struct value *m = module >= 0 ? table_at(t, row, (size_t)module) : NULL;

	out[0] = 0;
	if (f && !f->none && l && !l->none && l->number)
		snprintf(out, size, "%s:%" PRId64, last_part(f->text), l->number);
	else if (f && !f->none)
		snprintf(out, size, "%s", last_part(f->text));
	else if (m && !m->none)
		snprintf(out, size, "%s", last_part(m->text));
}

void report_write_more(const struct report *r, const struct table *t, FILE *out)
{
	if (t->total_rows > t->row_count)
		fprintf(out, "%" PRIu64 " more %s: --limit=0\n", t->total_rows - t->row_count, r->rows);
	else if (!t->row_count)
		fprintf(out, "no %s\n", r->rows);
}

/* The text of a cell; "-" where there is none, or nothing to be seen. */
static const char *words(const struct table *t, size_t row, size_t column)
{
	const struct value *v = table_at(t, row, column);

	return v->none || !v->text[0] ? "-" : v->text;
}

const char *report_write_error(const struct table *t, size_t row, size_t column, const struct report_page *page, char out[ERROR_WIDTH])
{
	const struct value *v = table_at(t, row, column);
	char error[UNIT_WIDTH];

	out[0] = 0;
	if (table_estimates(t, column) && !v->none && v->number) /* how far nothing is from the truth cannot be told */
		snprintf(out, ERROR_WIDTH, " %s%s", page->unicode ? "±" : "+-", unit_format(error, t->columns[column].unit, v->error));
	return out;
}

static const char *figure(const struct table *t, size_t row, size_t column, const struct report_page *page, char buffer[FIGURE_WIDTH])
{
	const struct value *v = table_at(t, row, column);
	char number[UNIT_WIDTH], error[ERROR_WIDTH];

	if (v->none || v->text)
		return v->none ? "-" : v->text;
	snprintf(buffer, FIGURE_WIDTH, "%s%s", unit_format(number, t->columns[column].unit, v->number),
	         report_write_error(t, row, column, page, error));
	return buffer;
}

/* The column asked to sort by, if it is shown as a figure, comes first. */
static size_t first_figure(const struct report *r, const struct table *t, const struct report_query *q)
{
	if (q->sort) {
		int column = table_column(t, q->sort + (q->sort[0] == '-'));
		return column < 0 ? REPORT_IN_ORDER : (size_t)column;
	}
	return r->sort_column;
}

/* A narrow terminal shows fewer figures rather than lines that wrap; the one sorted by stays. */
static void drop_figures(struct layout *l, size_t width)
{
	size_t texts = l->place_width, used = 0;

	for (size_t i = 0; i < l->text_count; i++)
		texts += (l->widths[l->texts[i]] < NAME_LEAST ? l->widths[l->texts[i]] : NAME_LEAST) + 2;
	for (size_t i = 0; i < l->figure_count; i++) {
		used += l->widths[l->figures[i]] + 2;
		if (i && used + texts > width) {
			l->figure_count = i;
			break;
		}
	}
}

/* A column is shown if it has a head, or is a figure asked to sort by; but not the pid, where it is the same throughout. */
static int is_shown(const struct report *r, const struct table *t, size_t c, size_t first)
{
	if (!r->columns[c].title && (c != first || r->columns[c].unit == UNIT_TEXT))
		return 0;
	if (c == first || strcmp(r->columns[c].name, "pid") != 0)
		return 1;
	for (size_t row = 1; row < t->row_count; row++)
		if (table_at(t, row, c)->number != table_at(t, 0, c)->number)
			return 1;
	return 0;
}

static const char *head_of(const struct column *c)
{
	return c->title ? c->title : c->name;
}

static void lay_out(const struct report *r, const struct table *t, const struct report_query *q, const struct report_page *page,
                    struct layout *l)
{
	size_t first = first_figure(r, t, q), columns = r->column_count - r->key_count;
	char buffer[FIGURE_WIDTH], place[512];
	int with_place = 0; /* the function is shown, and its place beside it */

	*l = (struct layout){ .function = table_column(t, "function"), .stack = table_column(t, "stack") };
	for (size_t c = 0; c < columns && c < COLUMNS_MAX; c++) {
		if (!is_shown(r, t, c, first))
			continue;
		l->widths[c] = utf8_columns(head_of(&r->columns[c]));
		if (r->columns[c].unit == UNIT_TEXT) {
			l->texts[l->text_count++] = c;
			with_place |= (int)c == l->function;
			continue;
		}
		size_t at = l->figure_count++;
		if (c == first)
			for (; at > 0; at--)
				l->figures[at] = l->figures[at - 1];
		l->figures[at] = c;
	}
	for (size_t row = 0; row < t->row_count; row++) {
		for (size_t i = 0; i < l->figure_count; i++) {
			size_t c = l->figures[i], have = utf8_columns(figure(t, row, c, page, buffer));
			l->widths[c] = have > l->widths[c] ? have : l->widths[c];
		}
		for (size_t i = 0; i < l->text_count; i++) {
			size_t c = l->texts[i], have = utf8_columns(words(t, row, c));
			l->widths[c] = have > l->widths[c] ? have : l->widths[c];
		}
		report_write_place(t, row, place, sizeof(place));
		size_t have = with_place ? utf8_columns(place) : 0;
		l->place_width = have > l->place_width ? have : l->place_width;
	}
}

/* Columns a text may take: to align what follows it, and to be cut to (0: not). */
static void room_for_text(const struct layout *l, size_t i, size_t used, const struct report_page *page, size_t *pad,
                          size_t *cut)
{
	size_t want = l->widths[l->texts[i]], behind = (int)l->texts[i] == l->function ? l->place_width + 2 : 0;

	for (size_t k = i + 1; k < l->text_count; k++)
		behind += (NAME_LEAST < l->widths[l->texts[k]] ? NAME_LEAST : l->widths[l->texts[k]]) + 2;
	*cut = 0;
	if (page->width) {
		size_t left = page->width > used + behind ? page->width - used - behind : 0;
		*cut = left > NAME_LEAST ? left : NAME_LEAST;
		*pad = want < *cut ? want : *cut;
	} else {
		*pad = want < NAME_PAD ? want : NAME_PAD;
	}
	if (!behind)
		*pad = 0;
}

static void write_head(const struct report *r, const struct layout *l, const struct report_page *page, FILE *out)
{
	size_t used = 0, pad, cut;

	if (page->colour)
		fputs("\033[1m", out);
	for (size_t i = 0; i < l->figure_count; i++) {
		size_t c = l->figures[i];
		fprintf(out, "%*s%s%s", (int)(l->widths[c] - utf8_columns(head_of(&r->columns[c]))), "", head_of(&r->columns[c]),
		        i + 1 < l->figure_count || l->text_count ? "  " : "");
		used += l->widths[c] + 2;
	}
	for (size_t i = 0; i < l->text_count; i++) {
		room_for_text(l, i, used, page, &pad, &cut);
		int last = i + 1 == l->text_count, with_place = (int)l->texts[i] == l->function && l->place_width;
		pad += with_place ? l->place_width + 2 : 0;
		report_write_cell(r->columns[l->texts[i]].title, 0, last ? 0 : pad, page, out);
		if (!last)
			fputs("  ", out);
		used += pad + 2;
	}
	fputs(page->colour ? "\033[0m\n" : "\n", out);
}

static void write_row(const struct table *t, size_t row, const struct layout *l, const struct report_page *page, FILE *out)
{
	char buffer[FIGURE_WIDTH], place[512];
	size_t used = 0, pad, cut;

	for (size_t i = 0; i < l->figure_count; i++) {
		size_t c = l->figures[i];
		const char *text = figure(t, row, c, page, buffer);
		fprintf(out, "%*s%s%s", (int)(l->widths[c] - utf8_columns(text)), "", text,
		        i + 1 < l->figure_count || l->text_count ? "  " : "");
		used += l->widths[c] + 2;
	}
	report_write_place(t, row, place, sizeof(place));
	for (size_t i = 0; i < l->text_count; i++) {
		int last = i + 1 == l->text_count;
		int with_place = (int)l->texts[i] == l->function && (last ? place[0] != 0 : l->place_width != 0);
		room_for_text(l, i, used, page, &pad, &cut);
		report_write_cell(words(t, row, l->texts[i]), cut, last && !with_place ? 0 : pad, page, out);
		if (with_place) {
			fputs(page->colour ? "  \033[2m" : "  ", out);
			report_write_cell(place, page->width > used + pad + 2 ? page->width - used - pad - 2 : 0,
			                  last ? 0 : l->place_width, page, out);
			fputs(page->colour ? "\033[0m" : "", out);
			used += l->place_width + 2;
		}
		fputs(last ? "" : "  ", out);
		used += pad + 2;
	}
	fputc('\n', out);
}

static void write_below(const struct report *r, const struct table *t, size_t row, const struct layout *l,
                        const struct report_page *page, FILE *out)
{
	const struct value *stack = l->stack >= 0 ? table_at(t, row, (size_t)l->stack) : NULL;
	const struct value *site = l->function >= 0 ? table_at(t, row, (size_t)l->function) : NULL;

	if (r->write_below)
		r->write_below(t, row, page, out);
	else if (stack && !stack->none)
		report_write_stack("", stack->text, site && !site->none ? site->text : "", page, out);
}

static void write_table(const struct report *r, const struct table *t, const struct report_query *q,
                        const struct report_page *page, FILE *out)
{
	struct layout l;

	lay_out(r, t, q, page, &l);
	if (page->width)
		drop_figures(&l, page->width);
	if (t->row_count)
		write_head(r, &l, page, out);
	for (size_t row = 0; row < t->row_count; row++) {
		write_row(t, row, &l, page, out);
		write_below(r, t, row, &l, page, out);
	}
	report_write_more(r, t, out);
}

/* What of the recording this is about, if not all. */
static void write_scope(const struct report *r, const struct report_query *q, const struct report_page *page, FILE *out)
{
	if (!q->pid && !q->tid && !q->match && !q->cost)
		return;
	fputs(r->title, out);
	if (q->cost)
		fprintf(out, ", %s", q->cost);
	if (q->pid)
		fprintf(out, ", process %ld", q->pid);
	if (q->tid)
		fprintf(out, ", thread %ld", q->tid);
	if (q->match) {
		fputs(", with \"", out);
		report_write_cell(q->match, 0, 0, page, out);
		fputc('"', out);
	}
	fputc('\n', out);
}

void report_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out)
{
	report_write_cell(page->facts ? page->facts : "", 0, 0, page, out);
	fputc('\n', out);
	if (page->losses && page->losses[0]) {
		report_write_cell(page->losses, 0, 0, page, out);
		fputc('\n', out);
	}
	write_scope(r, q, page, out);
	fputc('\n', out);
	if (r->write_text && !q->sort)
		r->write_text(r, t, q, page, out);
	else
		write_table(r, t, q, page, out);
	if (page->remarks && page->remarks[0])
		fprintf(out, "\n%s", page->remarks);
}
