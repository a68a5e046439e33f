/* SPDX-License-Identifier: MIT
 *
 * What the text says below a thread: "runs worker_main, created by main/4711 in start_workers main.c:60, joined".
 */
#include <stdlib.h>

#include "analyzer/report/threads.h"

void threads_write_below(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	const struct value *v = table_at(t, row, 0);
	char *line = NULL, place[512];
	size_t size = 0;

	if (v[THREADS_CREATED_BY].none && v[THREADS_FUNCTION].none && v[THREADS_START_FUNCTION].none)
		return;
	FILE *text = open_memstream(&line, &size);
	if (!text)
		abort();
	if (!v[THREADS_START_FUNCTION].none)
		fprintf(text, "runs %s, ", v[THREADS_START_FUNCTION].text);
	fputs("created", text);
	if (!v[THREADS_CREATED_BY].none)
		fprintf(text, " by %s", v[THREADS_CREATED_BY].text);
	if (!v[THREADS_FUNCTION].none) {
		report_write_place(t, row, place, sizeof(place));
		fprintf(text, " in %s%s%s", v[THREADS_FUNCTION].text, place[0] ? " " : "", place);
	}
	fputs(v[THREADS_JOINED].number ? ", joined" : v[THREADS_DETACHED].number ? ", detached" : "", text);
	fclose(text);
	fputs(page->colour ? "\033[2m    " : "    ", out);
	report_write_cell(line, page->width > 4 ? page->width - 4 : 0, 0, page, out);
	fputs(page->colour ? "\033[0m\n" : "\n", out);
	free(line);
}
