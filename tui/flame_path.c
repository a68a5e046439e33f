/* SPDX-License-Identifier: MIT
 *
 * Rows come parents first, depth first, so one pass finds the end of a path.
 */
#include "tui/flame_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/flame.h"

static int64_t number(const struct table *t, size_t row, int column)
{
	return table_at(t, row, (size_t)column)->number;
}

char *flame_path_of(const struct table *t, size_t row)
{
	size_t size = 1, at;
	char label[24];

	if (number(t, row, FLAME_KIND) == FLAME_OTHERS)
		row = (size_t)number(t, row, FLAME_PARENT);
	for (size_t r = row; number(t, r, FLAME_DEPTH_COLUMN) > 0; r = (size_t)number(t, r, FLAME_PARENT))
		size += (size_t)snprintf(label, sizeof(label), "%lld/", (long long)number(t, r, FLAME_LABEL));
	char *path = memory_zeroed(size + 1, 1);

	at = size - 1;
	for (size_t r = row; number(t, r, FLAME_DEPTH_COLUMN) > 0; r = (size_t)number(t, r, FLAME_PARENT)) {
		size_t length = (size_t)snprintf(label, sizeof(label), "%lld/", (long long)number(t, r, FLAME_LABEL));

		memcpy(path + (at -= length), label, length);
	}
	if (size > 1)
		path[size - 2] = 0; /* the last `/` */
	return path;
}

size_t flame_path_start(const struct table *t)
{
	size_t row = 0;

	while (row + 1 < t->row_count && number(t, row, FLAME_KIND) == FLAME_ABOVE)
		row++;
	return row;
}

size_t flame_path_row(const struct table *t, const char *path)
{
	size_t found = 0, start = flame_path_start(t);
	char *end;

	for (size_t row = 1; row < t->row_count && *path; row++) {
		if (number(t, row, FLAME_KIND) == FLAME_OTHERS || (size_t)number(t, row, FLAME_PARENT) != found ||
		    number(t, row, FLAME_LABEL) != strtoll(path, &end, 10))
			continue;
		found = row;
		path = *end == '/' ? end + 1 : end;
	}
	return found < start ? start : found;
}

size_t flame_path_show(struct grid *g, const struct table *t, const struct grid_column *columns, size_t count, const char *path)
{
	size_t top = g->top, row = t->row_count ? flame_path_row(t, path) : 0;
	char search[sizeof(g->search)];
	int page = g->page;

	memcpy(search, g->search, sizeof(search));
	grid_release(g);
	grid_open(g, t, columns, count);
	memcpy(g->search, search, sizeof(search));
	g->page = page;
	g->top = top;
	grid_go(g, row);
	return row;
}
