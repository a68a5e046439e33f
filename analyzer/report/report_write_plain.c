/* SPDX-License-Identifier: MIT
 *
 * A table as it is, for one that nobody has drawn up: the columns in their order, a row a line, figures on the right of their
 * columns. Texts are cut where the terminal ends, and before that only where they are very long.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/utf8.h"
#include "analyzer/report/report_write.h"

enum { TEXT_MOST = 60 }; /* columns a text may push others to the right, if it is not in the last column */

static const char *cell(const struct table *t, size_t row, size_t column, char buffer[UNIT_WIDTH])
{
	const struct value *v = table_at(t, row, column);

	if (v->none)
		return "-";
	return v->text ? v->text : unit_format(buffer, t->columns[column].unit, v->number);
}

static size_t width_of(const struct table *t, size_t column)
{
	size_t width = utf8_columns(t->columns[column].name);
	char buffer[UNIT_WIDTH];

	for (size_t row = 0; row < t->row_count; row++) {
		size_t have = utf8_columns(cell(t, row, column, buffer));
		width = have > width ? have : width;
	}
	return width > TEXT_MOST && column + 1 < t->column_count ? TEXT_MOST : width;
}

static void write_line(const struct table *t, const size_t *widths, long row, const struct report_page *page, FILE *out)
{
	size_t used = 0;
	char buffer[UNIT_WIDTH];

	for (size_t c = 0; c < t->column_count && (!page->width || used < page->width); c++) {
		const char *text = row < 0 ? t->columns[c].name : cell(t, (size_t)row, c, buffer);
		int figure = t->columns[c].unit != UNIT_TEXT, last = c + 1 == t->column_count;
		size_t have = utf8_columns(text), room = page->width && page->width - used < widths[c] ? page->width - used : widths[c];
		size_t lead = figure && have < room ? room - have : 0;
		for (size_t i = 0; i < lead; i++)
			fputc(' ', out);
		report_write_cell(text, page->width || !last ? room : 0, last ? 0 : room - lead, page, out);
		if (!last)
			fputs("  ", out);
		used += room + 2;
	}
	fputc('\n', out);
}

void report_write_plain(const struct report *r, const struct table *t, const struct report_query *q,
                        const struct report_page *page, FILE *out)
{
	size_t *widths = memory_zeroed(t->column_count, sizeof(*widths));

	(void)q;
	for (size_t c = 0; c < t->column_count; c++)
		widths[c] = width_of(t, c);
	fputs(page->colour ? "\033[1m" : "", out);
	write_line(t, widths, -1, page, out);
	fputs(page->colour ? "\033[0m" : "", out);
	for (size_t row = 0; row < t->row_count; row++)
		write_line(t, widths, (long)row, page, out);
	report_write_more(r, t, out);
	free(widths);
}
