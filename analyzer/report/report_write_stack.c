/* SPDX-License-Identifier: MIT
 *
 * A stack in a line: what it begins with and what it ends in say most, so the middle goes first. As many
 * of the inner frames are shown as fit, so that the innermost is never the one that is cut off.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/utf8.h"
#include "analyzer/report/report_write.h"

#define STACK_OUTER 1 /* frames of a long stack that are shown, at either end */
#define STACK_INNER 5

/* How many frames of a stack tell something: to the site's, and what it called. All, where the site's name is not among them. */
static size_t frames_worth_showing(const char *stack, const char *site)
{
	size_t frames = 0, worth = 0, length = strlen(site);

	while (*stack) {
		size_t size = strcspn(stack, ";");
		frames++;
		if (size == length && memcmp(stack, site, size) == 0)
			worth = frames + 1;
		stack += size + (stack[size] == ';');
	}
	return worth && worth < frames ? worth : frames;
}

/* The first `frames` frames, all but the `inner` last of them and the outermost left out. */
static void write_frames(const char *stack, size_t frames, size_t inner, const struct report_page *page, FILE *out)
{
	for (size_t i = 0; i < frames; i++) {
		size_t size = strcspn(stack, ";");
		int left_out = frames > STACK_OUTER + inner + 1 && i >= STACK_OUTER && i < frames - inner;
		const char *between = i == 0 ? "" : page->unicode ? " › " : " > ";
		if (!left_out)
			fprintf(out, "%s%.*s", between, (int)size, stack);
		else if (i == STACK_OUTER)
			fprintf(out, "%s%s", between, page->unicode ? "…" : "...");
		stack += size + (stack[size] == ';');
	}
}

/* Caller frees. */
static char *shortened(const char *stack, size_t frames, size_t inner, const struct report_page *page)
{
	char *line = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		abort();
	write_frames(stack, frames, inner, page, out);
	fclose(out);
	return line;
}

void report_write_stack(const char *lead, const char *stack, const char *site, const struct report_page *page, FILE *out)
{
	size_t frames = frames_worth_showing(stack, site), inner = STACK_INNER, used = 4 + utf8_columns(lead);
	size_t room = page->width > used ? page->width - used : 0;
	char *line = shortened(stack, frames, inner, page);

	while (room && inner > 1 && utf8_columns(line) > room) {
		free(line);
		line = shortened(stack, frames, --inner, page);
	}
	fprintf(out, "%s    %s", page->colour ? "\033[2m" : "", lead);
	report_write_cell(line, room, 0, page, out);
	fputs(page->colour ? "\033[0m\n" : "\n", out);
	free(line);
}
