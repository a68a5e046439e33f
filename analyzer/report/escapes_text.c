/* SPDX-License-Identifier: MIT
 *
 * What is said of a site in a line: "dies in use_names +2, freed in name_free names.c:30; half within 4.1 us, 99 % 16.4 us; at most
 * 3 alive; 32 B each". What matters most comes first, so that a narrow page cuts off the rest.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/escapes.h"

static const struct value *cell(const struct table *t, size_t row, size_t column)
{
	const struct value *v = table_at(t, row, column);

	return v->none ? NULL : v;
}

static const char *text_of(const struct table *t, size_t row, size_t column)
{
	const struct value *v = cell(t, row, column);

	return v ? v->text : NULL;
}

/* " function file:line", as far as they are known. */
static void write_place(const struct table *t, size_t row, size_t function, FILE *out)
{
	const char *file = text_of(t, row, function + 1), *slash = file ? strrchr(file, '/') : NULL;
	const struct value *line = cell(t, row, function + 2);

	fprintf(out, " %s", text_of(t, row, function));
	if (file)
		fprintf(out, " %s", slash && slash[1] ? slash + 1 : file);
	if (file && line)
		fprintf(out, ":%" PRId64, line->number);
}

/* Frees that were recorded without their stacks have one that is called [unknown]. */
static void write_freed(const struct table *t, size_t row, const char *lead, FILE *out)
{
	const char *function = text_of(t, row, ESCAPES_FREED_FUNCTION);

	if (!function || strcmp(function, "[unknown]") == 0)
		return;
	fputs(lead, out);
	write_place(t, row, ESCAPES_FREED_FUNCTION, out);
}

static void write_local(const struct table *t, size_t row, FILE *out)
{
	const char *freed = text_of(t, row, ESCAPES_FREED_FUNCTION), *site = text_of(t, row, ESCAPES_FUNCTION);

	fputs("dies before it returns", out);
	if (freed && site && strcmp(freed, site) != 0)
		write_freed(t, row, ", freed in", out);
}

static void write_caller(const struct table *t, size_t row, FILE *out)
{
	const char *freed = text_of(t, row, ESCAPES_FREED_FUNCTION), *owner = text_of(t, row, ESCAPES_OWNER);

	if (owner)
		fprintf(out, "dies in %s +%" PRId64, owner, table_at(t, row, ESCAPES_LEVEL)->number);
	else
		fputs("dies in a caller, not known which", out);
	if (freed && (!owner || strcmp(freed, owner) != 0))
		write_freed(t, row, ", freed in", out);
}

static void write_origin(const char *lead, const char *origin, FILE *out)
{
	if (!origin)
		fprintf(out, "%s threads of unknown origin", lead);
	else if (strcmp(origin, "main thread") == 0)
		fprintf(out, "%s the main thread", lead);
	else
		fprintf(out, "%s threads of %s", lead, origin);
}

static void write_thread(const struct table *t, size_t row, FILE *out)
{
	const char *made = text_of(t, row, ESCAPES_MADE_IN), *freed = text_of(t, row, ESCAPES_FREED_IN);

	fprintf(out, "freed by another thread in %s", text_of(t, row, ESCAPES_OWNER) ? text_of(t, row, ESCAPES_OWNER) : "an unknown function");
	if (made && freed && strcmp(made, freed) == 0) {
		fprintf(out, "; between threads of %s", made);
	} else if (made || freed) {
		write_origin("; from", made, out);
		write_origin(" to", freed, out);
	}
}

static void write_retained(const struct table *t, size_t row, FILE *out)
{
	fputs("not freed", out);
	write_freed(t, row, ", the others in", out);
}

static const struct {
	const char *class;
	void (*write)(const struct table *t, size_t row, FILE *out);
} endings[] = {
	{ "local", write_local }, { "caller", write_caller }, { "thread", write_thread }, { "retained", write_retained },
};

static void write_distributions(const struct table *t, size_t row, FILE *out)
{
	const struct value *half = cell(t, row, ESCAPES_LIFETIME_P50), *most = cell(t, row, ESCAPES_LIFETIME_P99);
	const struct value *size = cell(t, row, ESCAPES_SIZE_P50), *largest = cell(t, row, ESCAPES_SIZE_MAX);
	char figure[UNIT_WIDTH], other[UNIT_WIDTH];

	if (half && most)
		fprintf(out, "; half within %s, 99 %% %s", unit_format(figure, UNIT_NS, half->number),
		        unit_format(other, UNIT_NS, most->number));
	if (cell(t, row, ESCAPES_MAX_LIVE) && cell(t, row, ESCAPES_MAX_LIVE)->number)
		fprintf(out, "; at most %s alive", unit_format(figure, UNIT_COUNT, cell(t, row, ESCAPES_MAX_LIVE)->number));
	if (!size || !largest)
		return;
	if (size->number == largest->number)
		fprintf(out, "; %s each", unit_format(figure, UNIT_BYTES, size->number));
	else
		fprintf(out, "; half %s, all %s", unit_format(figure, UNIT_BYTES, size->number),
		        unit_format(other, UNIT_BYTES, largest->number));
}

char *escapes_describe(const struct table *t, size_t row)
{
	const char *class = text_of(t, row, ESCAPES_CLASS);
	char *line = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&line, &size);

	if (!text)
		abort();
	if (!class) /* of a sample */
		write_freed(t, row, "freed in", text);
	for (size_t i = 0; class && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcmp(endings[i].class, class) == 0)
			endings[i].write(t, row, text);
	write_distributions(t, row, text);
	fclose(text);
	return line;
}

void escapes_write_below(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	char *line = escapes_describe(t, row);

	fputs(page->colour ? "\033[2m    " : "    ", out);
	report_write_cell(line, page->width > 4 ? page->width - 4 : 0, 0, page, out);
	fputs(page->colour ? "\033[0m\n" : "\n", out);
	free(line);
}
