/* SPDX-License-Identifier: MIT
 *
 * JSON: an array with an object a row under the column names, a row a line; raw numbers, null where
 * there is no value. Estimates have their standard errors behind all else, as NAME_error. Always valid UTF-8: bytes that are none become U+FFFD.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/report_write.h"

static void write_text(const char *text, FILE *out)
{
	size_t size = strlen(text), plain = 0; /* text[plain..at) needs no escape and is not written yet */

	fputc('"', out);
	for (size_t at = 0, n; at < size; at += n) {
		unsigned char c = (unsigned char)text[at];
		n = utf8_length(text + at, size - at);
		if (n && c >= 0x20 && c != 0x7f && c != '"' && c != '\\')
			continue;
		fwrite(text + plain, 1, at - plain, out);
		if (!n)
			fputs("\xef\xbf\xbd", out);
		else
			fprintf(out, c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
		n = 1;
		plain = at + 1;
	}
	fwrite(text + plain, 1, size - plain, out);
	fputc('"', out);
}

void report_write_json(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out)
{
	size_t columns = r->column_count - r->key_count;

	(void)q;
	(void)page;
	fputc('[', out);
	for (size_t row = 0; row < t->row_count; row++) {
		fputs(row ? ",\n {" : "\n {", out);
		for (size_t c = 0; c < columns; c++) {
			const struct value *v = table_at(t, row, c);
			fputs(c ? ", " : "", out);
			write_text(r->columns[c].name, out);
			fputs(": ", out);
			if (v->none)
				fputs("null", out);
			else if (v->text && t->columns[c].unit == UNIT_TEXT)
				write_text(v->text, out);
			else if (v->text)
				fputs(v->text, out);
			else
				fprintf(out, "%" PRId64, v->number);
		}
		for (size_t c = 0; c < columns; c++)
			if (table_estimates(t, c))
				fprintf(out, ", \"%s_error\": %" PRId64, r->columns[c].name, table_at(t, row, c)->error);
		fputc('}', out);
	}
	fputs(t->row_count ? "\n]\n" : "]\n", out);
}
