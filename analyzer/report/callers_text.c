/* SPDX-License-Identifier: MIT
 *
 * Drawing the call tree. Stacks are deep and mostly do not fork, so only a fork indents: a child
 * that has no brother stands right below its parent.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/callers.h"

#define NO_ROW ((size_t)-1)

struct family { /* of a row */
	size_t parent;   /* row, or NO_ROW */
	size_t children; /* how many rows are its children */
	size_t rank;     /* which child of its parent it is, 1.. */
};

/* family[0..rows-1] of the rows, family[rows] of the roots' parent. */
static struct family *find_families(const struct table *t)
{
	struct family *f = memory_zeroed(t->row_count + 1, sizeof(*f));
	size_t *last = memory_zeroed(t->row_count + 2, sizeof(*last)); /* by depth: the row met last */

	for (size_t row = 0; row < t->row_count; row++) {
		size_t depth = (size_t)table_at(t, row, CALLERS_DEPTH)->number;
		f[row].parent = depth > 1 ? last[depth - 1] : t->row_count;
		f[row].rank = ++f[f[row].parent].children;
		last[depth] = row;
	}
	f[t->row_count].parent = NO_ROW;
	free(last);
	return f;
}

/* Draws the lines left of a row's name, outermost first, and returns their width. */
static size_t draw_lines(const struct family *f, size_t row, size_t roots, const struct report_page *page, FILE *out)
{
	static const char *const signs[2][4] = { { "|- ", "`- ", "|  ", "   " }, { "├─ ", "└─ ", "│  ", "   " } };
	const char *const *sign = signs[page->unicode != 0];
	size_t depth = 0, width = 0, room;
	size_t *path;

	for (size_t k = row; k != roots; k = f[k].parent)
		depth++;
	path = memory_resized(NULL, depth, sizeof(*path));
	for (size_t k = row, i = depth; i > 0; k = f[k].parent)
		path[--i] = k;
	room = page->width > 60 ? page->width - 60 : page->width ? 0 : NO_ROW;
	for (size_t i = 0; i < depth; i++) {
		const struct family *parent = &f[f[path[i]].parent];
		int last = f[path[i]].rank == parent->children;
		if (parent->children < 2 || width + 3 > room)
			continue;
		fputs(sign[(path[i] == row ? 0 : 2) + last], out);
		width += 3;
	}
	free(path);
	return width;
}

static void write_row(const struct table *t, size_t row, const struct family *f, const struct report_page *page, FILE *out)
{
	char value[UNIT_WIDTH], self[UNIT_WIDTH] = "", place[512];
	const struct value *v = table_at(t, row, CALLERS_SELF);
	enum unit unit = t->columns[CALLERS_VALUE].unit;

	unit_format(value, unit, table_at(t, row, CALLERS_VALUE)->number);
	if (v->number)
		unit_format(self, unit, v->number);
	fprintf(out, "%3" PRId64 " %%  %9s  %9s  ", table_at(t, row, CALLERS_SHARE)->number, value, self);
	size_t used = 29 + draw_lines(f, row, t->row_count, page, out);
	report_write_place(t, row, place, sizeof(place));
	size_t behind = strlen(place) + 2, room = page->width > used + behind + 20 ? page->width - used - behind : 20;
	report_write_cell(table_at(t, row, CALLERS_FUNCTION)->text, page->width ? room : 0, 0, page, out);
	fputs(page->colour ? "  \033[2m" : place[0] ? "  " : "", out);
	report_write_cell(place, 0, 0, page, out);
	fputs(page->colour ? "\033[0m\n" : "\n", out);
}

void callers_write_text(const struct report *r, const struct table *t, const struct report_query *q,
                        const struct report_page *page, FILE *out)
{
	struct family *families = find_families(t);

	if (t->row_count)
		fprintf(out, "%s%5s  %9s  %9s  %s%s\n", page->colour ? "\033[1m" : "", "SHARE", "VALUE", "SELF",
		        q->bottom_up ? "SITE, AND WHO CALLED IT" : "FUNCTION", page->colour ? "\033[0m" : "");
	for (size_t row = 0; row < t->row_count; row++)
		write_row(t, row, families, page, out);
	free(families);
	if (q->bottom_up && t->total_rows > t->row_count)
		fputs("more nodes: --limit=0\n", out); /* how many is not known */
	else
		report_write_more(r, t, out);
}
