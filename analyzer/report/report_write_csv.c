/* SPDX-License-Identifier: MIT
 *
 * CSV as RFC 4180 has it, lines ended by a newline alone: a head of column names, raw numbers, empty
 * where there is no value. Columns that are estimates have their standard errors behind all others, as NAME_error. Bytes that are no UTF-8 become U+FFFD.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/report_write.h"

static void write_text(const char *text, FILE *out)
{
	size_t size = strlen(text), plain = 0; /* text[plain..at) goes out as it is and is not written yet */
	int quoted = strpbrk(text, ",\"\r\n") || (size && (text[0] == ' ' || text[size - 1] == ' '));

	if (quoted)
		fputc('"', out);
	for (size_t at = 0, n; at < size; at += n) {
		n = utf8_length(text + at, size - at);
		if (n && text[at] != '"')
			continue;
		fwrite(text + plain, 1, at - plain, out);
		fputs(n ? "\"\"" : "\xef\xbf\xbd", out);
		n = 1;
		plain = at + 1;
	}
	fwrite(text + plain, 1, size - plain, out);
	if (quoted)
		fputc('"', out);
}

void report_write_csv(const struct report *r, const struct table *t, const struct report_query *q,
                      const struct report_page *page, FILE *out)
{
	size_t columns = r->column_count - r->key_count;

	(void)q;
	(void)page;
	for (size_t c = 0; c < columns; c++) {
		fputs(c ? "," : "", out);
		write_text(r->columns[c].name, out);
	}
	for (size_t c = 0; c < columns; c++)
		if (table_estimates(t, c))
			fprintf(out, ",%s_error", r->columns[c].name);
	fputc('\n', out);
	for (size_t row = 0; row < t->row_count; row++) {
		for (size_t c = 0; c < columns; c++) {
			const struct value *v = table_at(t, row, c);
			if (c)
				fputc(',', out);
			if (v->none)
				continue;
			if (v->text)
				write_text(v->text, out);
			else
				fprintf(out, "%" PRId64, v->number);
		}
		for (size_t c = 0; c < columns; c++)
			if (table_estimates(t, c))
				fprintf(out, ",%" PRId64, table_at(t, row, c)->error);
		fputc('\n', out);
	}
}
