/* SPDX-License-Identifier: MIT
 *
 * Potential deadlocks in words: a head that names the cycle, "A, then B here; B, then A there", and then
 * each edge with both stacks.
 */
#include <inttypes.h>

#include "analyzer/report/lock_cycles.h"

#define NAMED_MOST 4 /* orders in the head of a cycle */

static const char *name_at(const struct table *t, size_t row, size_t column)
{
	const struct value *v = table_at(t, row, column);

	return v->none || !v->text[0] ? "(no name)" : v->text;
}

static int64_t number_at(const struct table *t, size_t row, size_t column)
{
	return table_at(t, row, column)->number;
}

/* 1 if a row of the paragraph before this one has the same two locks in the same order. */
static int is_repeated(const struct table *t, size_t first, size_t row)
{
	for (size_t i = first; i < row; i++)
		if (number_at(t, i, LOCK_CYCLES_HELD_LOCK_ID) == number_at(t, row, LOCK_CYCLES_HELD_LOCK_ID) &&
		    number_at(t, i, LOCK_CYCLES_LOCK_ID) == number_at(t, row, LOCK_CYCLES_LOCK_ID))
			return 1;
	return 0;
}

/* "potential deadlock 1: A then B in f, B then A in g"; a tangle of more is not spelled out here. */
static void write_cycle_head(const struct table *t, size_t first, size_t end, const struct report_page *page, FILE *out)
{
	const char *between = ": ";

	fprintf(out, "%spotential deadlock %" PRId64, page->colour ? "\033[1m" : "", number_at(t, first, LOCK_CYCLES_CYCLE));
	for (size_t row = first, named = 0; row < end; row++) {
		if (is_repeated(t, first, row))
			continue;
		if (++named > NAMED_MOST) {
			fputs(", ...", out);
			break;
		}
		fputs(between, out);
		report_write_cell(name_at(t, row, LOCK_CYCLES_HELD), 0, 0, page, out);
		fputs(" then ", out);
		report_write_cell(name_at(t, row, LOCK_CYCLES_LOCK), 0, 0, page, out);
		if (!table_at(t, row, LOCK_CYCLES_FUNCTION)->none) {
			fputs(" in ", out);
			report_write_cell(name_at(t, row, LOCK_CYCLES_FUNCTION), 0, 0, page, out);
		}
		between = ", ";
	}
	fputs(page->colour ? "\033[0m\n" : "\n", out);
}

static void write_stack(const char *lead, const struct table *t, size_t row, size_t stack, size_t function,
                        const struct report_page *page, FILE *out)
{
	const struct value *v = table_at(t, row, stack), *site = table_at(t, row, function);

	if (!v->none)
		report_write_stack(lead, v->text, site->none ? "" : site->text, page, out);
	else
		fprintf(out, "    %snot known\n", lead);
}

static void write_edge(const struct table *t, size_t row, const struct report_page *page, FILE *out)
{
	char figure[UNIT_WIDTH];

	fputs("  ", out);
	report_write_cell(name_at(t, row, LOCK_CYCLES_LOCK), 0, 0, page, out);
	fputs(" wanted with ", out);
	report_write_cell(name_at(t, row, LOCK_CYCLES_HELD), 0, 0, page, out);
	fputs(" held, first by ", out);
	report_write_cell(name_at(t, row, LOCK_CYCLES_THREAD), 0, 0, page, out);
	fprintf(out, " after %s\n", unit_format(figure, UNIT_NS, number_at(t, row, LOCK_CYCLES_START_NS)));
	write_stack("held:   ", t, row, LOCK_CYCLES_HELD_STACK, LOCK_CYCLES_HELD_FUNCTION, page, out);
	write_stack("wanted: ", t, row, LOCK_CYCLES_STACK, LOCK_CYCLES_FUNCTION, page, out);
}

void lock_cycles_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                            const struct report_page *page, FILE *out)
{
	(void)q;
	for (size_t first = 0, end; first < t->row_count; first = end) {
		int64_t cycle = number_at(t, first, LOCK_CYCLES_CYCLE);
		for (end = first + 1; end < t->row_count && number_at(t, end, LOCK_CYCLES_CYCLE) == cycle; end++)
			;
		if (first)
			fputc('\n', out);
		if (cycle)
			write_cycle_head(t, first, end, page, out);
		else
			fprintf(out, "%sin the same order always%s\n", page->colour ? "\033[1m" : "", page->colour ? "\033[0m" : "");
		for (size_t row = first; row < end; row++)
			write_edge(t, row, page, out);
	}
	report_write_more(r, t, out);
}
