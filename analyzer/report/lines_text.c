/* SPDX-License-Identifier: MIT
 *
 * Lines as text: each with what stands there, where its file can be read.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/lines.h"
#include "analyzer/report/source_text.h"

enum { TEXT_MOST = 100, SAID_MOST = 3 };

/* A file that was looked for: once, however many of its lines there are. */
struct looked_for {
	const char *path; /* the table's */
	struct source_text text;
	char said[512];
};

struct files {
	struct looked_for *at;
	size_t count, room;
};

static const struct looked_for *look_for(struct files *files, const char *path, const struct report_page *page)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->at[i].path, path) == 0)
			return &files->at[i];
	files->at = memory_grown(files->at, &files->room, files->count + 1, sizeof(*files->at));
	struct looked_for *file = &files->at[files->count++];
	file->path = path;
	source_text_read(path, page->sources, page->start_realtime_ns, &file->text, file->said, sizeof(file->said));
	return file;
}

static void write_row(struct files *files, const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	const struct looked_for *file = look_for(files, table_at(t, row, LINES_FILE)->text, page);
	int64_t line = table_at(t, row, LINES_LINE)->number, functions = table_at(t, row, LINES_FUNCTIONS)->number;
	char value[UNIT_WIDTH], self[UNIT_WIDTH], place[512];

	unit_format(value, t->columns[LINES_VALUE].unit, table_at(t, row, LINES_VALUE)->number);
	unit_format(self, t->columns[LINES_SELF].unit, table_at(t, row, LINES_SELF)->number);
	report_write_place(t, row, place, sizeof(place));
	fprintf(out, "%10s  %10s  ", value, self);
	report_write_cell(place, 0, 0, page, out);
	fputs("  ", out);
	report_write_cell(table_at(t, row, LINES_FUNCTION)->text, page->width > 60 ? page->width - 40 : 0, 0, page, out);
	if (functions > 1)
		fprintf(out, " and %lld more", (long long)functions - 1);
	fputc('\n', out);
	if (line < 1 || (size_t)line > file->text.count)
		return;
	const char *text = file->text.lines[line - 1] + strspn(file->text.lines[line - 1], " ");
	fprintf(out, "%24s%s", "", page->colour ? "\033[2m" : "");
	report_write_cell(text, page->width > 60 ? page->width - 24 : TEXT_MOST, 0, page, out);
	fputs(page->colour ? "\033[0m\n" : "\n", out);
}

/* What is to be said about the files, of the first few. */
static void write_said(const struct files *files, const struct report_page *page, FILE *out)
{
	size_t said = 0;

	for (size_t i = 0; i < files->count; i++) {
		if (!files->at[i].said[0] || said++ >= SAID_MOST)
			continue;
		fputs(said == 1 ? "\n" : "", out);
		report_write_cell(files->at[i].said, 0, 0, page, out);
		fputc('\n', out);
	}
	if (said > SAID_MOST)
		fprintf(out, "So it is with %zu more of these files.\n", said - SAID_MOST);
}

void lines_write_text(const struct report *r, const struct table *t, const struct report_query *q, const struct report_page *page,
                      FILE *out)
{
	struct files files = { 0 };

	(void)q;
	if (t->row_count)
		fprintf(out, "%s%10s  %10s  LINE%s\n", page->colour ? "\033[1m" : "", "VALUE", "SELF", page->colour ? "\033[0m" : "");
	for (size_t row = 0; row < t->row_count; row++)
		write_row(&files, t, row, page, out);
	report_write_more(r, t, out);
	write_said(&files, page, out);
	for (size_t i = 0; i < files.count; i++)
		source_text_release(&files.at[i].text);
	free(files.at);
}
