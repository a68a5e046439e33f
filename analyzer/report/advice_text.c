/* SPDX-License-Identifier: MIT
 *
 * Findings for people: a paragraph each, that names the rule and the place, then what was seen, what the cure saves, the
 * cure and the stack. Sentences are wrapped rather than cut.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/advice.h"

#define INDENT 4

/* Words on lines of the page's width, or on one if it has none. */
static void write_wrapped(const char *lead, const char *text, const struct report_page *page, FILE *out)
{
	size_t used = INDENT + utf8_columns(lead);
	int first = 1;

	fprintf(out, "%*s%s", INDENT, "", lead);
	while (*text) {
		size_t size = strcspn(text, " ");
		char word[2048];
		if (size >= sizeof(word))
			size = sizeof(word) - 1;
		memcpy(word, text, size);
		word[size] = 0;
		size_t columns = utf8_columns(word);
		if (page->width && used + columns > page->width && !first) {
			fprintf(out, "\n%*s", INDENT, "");
			used = INDENT;
		} else if (!first) {
			fputc(' ', out);
		}
		report_write_cell(word, 0, 0, page, out);
		used += columns + 1;
		first = 0;
		text += size;
		text += *text == ' ';
	}
	fputc('\n', out);
}

static void write_head(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	const struct value *v = table_at(t, row, 0);
	char place[512];

	fprintf(out, "%s%2" PRId64 ". %s", page->colour ? "\033[1m" : "", v[ADVICE_RANK].number, v[ADVICE_RULE].text);
	if (!v[ADVICE_FUNCTION].none) {
		fputs(": ", out);
		report_write_cell(v[ADVICE_FUNCTION].text, 0, 0, page, out);
		report_write_place(t, row, place, sizeof(place));
		if (place[0]) {
			fputs("  ", out);
			report_write_cell(place, 0, 0, page, out);
		}
	}
	fputs(page->colour ? "\033[0m" : "", out);
}

static int one_process(const struct table *t)
{
	for (size_t row = 1; row < t->row_count; row++)
		if (table_at(t, row, ADVICE_PID)->number != table_at(t, 0, ADVICE_PID)->number)
			return 0;
	return 1;
}

void advice_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                       const struct report_page *page, FILE *out)
{
	int alone = one_process(t);

	(void)q;
	for (size_t row = 0; row < t->row_count; row++) {
		const struct value *v = table_at(t, row, 0);
		if (row)
			fputc('\n', out);
		write_head(t, row, page, out);
		if (!alone)
			fprintf(out, "  (pid %" PRId64 ")", v[ADVICE_PID].number);
		fputc('\n', out);
		write_wrapped("", v[ADVICE_EVIDENCE].text, page, out);
		if (!v[ADVICE_SAVING].none)
			write_wrapped("saves ", v[ADVICE_SAVING].text, page, out);
		write_wrapped("", v[ADVICE_CURE].text, page, out);
		if (!v[ADVICE_STACK].none)
			report_write_stack("", v[ADVICE_STACK].text, v[ADVICE_FUNCTION].none ? "" : v[ADVICE_FUNCTION].text, page, out);
	}
	report_write_more(r, t, out);
}
