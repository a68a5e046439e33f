/* SPDX-License-Identifier: MIT
 *
 * The questions that many views have: reports, and the facts of the recording.
 */
#include "tui/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/report.h"
#include "analyzer/store/lens.h"

void answer_release(struct answer *answer)
{
	table_release(&answer->table);
	free(answer->text);
	free(answer->more);
	*answer = (struct answer){ 0 };
}

/* --- reports -------------------------------------------------------------------------------------- */

/* Appends lines of text as one, a semicolon where a line ended in none of its own kind. */
static void append(char *out, size_t size, const char *lines)
{
	size_t used = strlen(out);

	while (*lines && used + 3 < size) {
		size_t length = strcspn(lines, "\n"), blanks = strspn(lines, " ");

		if (length > blanks) {
			const char *between = !used ? "" : strchr(".:;", out[used - 1]) ? " " : "; ";

			snprintf(out + used, size - used, "%s%.*s", between, (int)(length - blanks), lines + blanks);
			used = strlen(out);
		}
		lines += length + (lines[length] == '\n');
	}
}

/* What of the figures is estimated, and the report's own remarks. */
static int read_remarks(const struct report *report, struct store *s, char **out, struct err *err)
{
	struct report_query query = { 0 };
	char text[2048] = "", *remarks;

	report_estimates(s, report, NULL, text, sizeof(text));
	if (report->remarks) {
		if (!(remarks = report->remarks(s, &query, err)))
			return -1;
		append(text, sizeof(text), remarks);
		free(remarks);
	}
	*out = *text ? memory_text(text) : NULL;
	return 0;
}

static int read_report(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	const struct report *report = report_find(a->name);
	struct report_query query = { .limit = (long)a->number, .sort = *a->text ? a->text : NULL };

	if (!report)
		return err_set(err, ERR_FAILED, "there is no report \"%s\"", a->name);
	if (report_run(report, r->store, &query, &out->table, err) < 0)
		return -1;
	if (read_remarks(report, r->store, &out->text, err) == 0)
		return 0;
	table_release(&out->table);
	return -1;
}

const struct question question_report = { "the report", read_report };

/* --- facts ---------------------------------------------------------------------------------------- */

/* What the lens lets through stands in the header by itself, and is no loss. */
static const char *after_lens(const struct store *s, const char *losses)
{
	char words[FILTER_WORDS + 100];
	size_t size;

	lens_describe(s, words, sizeof(words));
	size = strlen(words);
	return size && strncmp(losses, words, size) == 0 ? losses + size + strspn(losses + size, "; ") : losses;
}

static int read_facts(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	char facts[512], losses[1024];

	(void)a;
	if (report_facts(r->store, facts, sizeof(facts), losses, sizeof(losses), err) < 0)
		return -1;
	out->text = memory_text(facts);
	out->more = memory_text(after_lens(r->store, losses));
	return 0;
}

const struct question question_facts = { "the facts", read_facts };

static int read_lens(const struct reading *r, const struct ask *a, struct answer *out, struct err *err)
{
	char words[FILTER_WORDS + 100];

	(void)a;
	(void)err;
	lens_describe(r->store, words, sizeof(words));
	out->text = *words ? memory_text(words) : NULL;
	return 0;
}

const struct question question_lens = { "the span", read_lens };
