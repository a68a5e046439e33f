/* SPDX-License-Identifier: MIT
 *
 * A frame begins where its elder brother ended. Edges are rounded from what lies left of them, never added up in columns.
 */
#include "tui/flame_layout.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/flame.h"

static double figure(const struct table *t, size_t row, int column)
{
	const struct value *v = table_at(t, row, (size_t)column);

	return v->none || v->number < 0 ? 0 : (double)v->number;
}

static double weight(const struct table *t, size_t row)
{
	return figure(t, row, FLAME_VALUE) + figure(t, row, FLAME_BASE_VALUE);
}

static size_t parent_of(const struct table *t, size_t row)
{
	return (size_t)table_at(t, row, FLAME_PARENT)->number;
}

static void add_box(struct flame_layout *l, const struct table *t, size_t row, int x, int end)
{
	int level = (int)table_at(t, row, FLAME_DEPTH_COLUMN)->number;

	if (end <= x)
		return;
	l->boxes = memory_grown(l->boxes, &l->capacity, l->count + 1, sizeof(*l->boxes));
	l->boxes[l->count++] = (struct flame_box){ row, level, x, end - x };
	l->of_row[row] = (uint32_t)l->count;
	if (level >= l->levels)
		l->levels = level + 1;
}

static int edge(double left, double all, int columns)
{
	return left >= all ? columns : (int)(left / all * columns + 0.5);
}

void flame_layout_make(struct flame_layout *l, const struct table *t, int columns)
{
	double *next = memory_zeroed(t->row_count + 1, sizeof(*next)), all = 0; /* next: where a row's next child begins */

	flame_layout_release(l);
	l->columns = columns;
	l->row_count = t->row_count;
	l->of_row = memory_zeroed(t->row_count + 1, sizeof(*l->of_row));
	for (size_t row = 0; row < t->row_count; row++) {
		int64_t kind = table_at(t, row, FLAME_KIND)->number;

		if (kind == FLAME_START)
			all = weight(t, row);
		if (kind == FLAME_ABOVE || kind == FLAME_START) {
			add_box(l, t, row, 0, columns);
		} else if (all > 0) {
			double left = next[parent_of(t, row)], right = left + weight(t, row);

			next[row] = left;
			next[parent_of(t, row)] = right;
			add_box(l, t, row, edge(left, all, columns), edge(right, all, columns));
		}
	}
	free(next);
}

void flame_layout_release(struct flame_layout *l)
{
	free(l->boxes);
	free(l->of_row);
	*l = (struct flame_layout){ 0 };
}

const struct flame_box *flame_layout_box(const struct flame_layout *l, const struct table *t, size_t row)
{
	if (row >= l->row_count)
		return NULL;
	while (!l->of_row[row] && row)
		row = parent_of(t, row);
	return l->of_row[row] ? &l->boxes[l->of_row[row] - 1] : NULL;
}

const struct flame_box *flame_layout_at(const struct flame_layout *l, int level, int x)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->boxes[i].level == level && x >= l->boxes[i].x && x < l->boxes[i].x + l->boxes[i].width)
			return &l->boxes[i];
	return NULL;
}

const struct flame_box *flame_layout_beside(const struct flame_layout *l, const struct flame_box *box, int step)
{
	long at = box - l->boxes;

	for (at += step; at >= 0 && at < (long)l->count; at += step)
		if (l->boxes[at].level == box->level)
			return &l->boxes[at];
	return NULL;
}

const struct flame_box *flame_layout_below(const struct flame_layout *l, const struct table *t, const struct flame_box *box)
{
	const struct flame_box *widest = NULL;

	for (const struct flame_box *b = box + 1; b < l->boxes + l->count && b->level > box->level; b++)
		if (parent_of(t, b->row) == box->row && (!widest || b->width > widest->width))
			widest = b;
	return widest;
}

const struct flame_box *flame_layout_climb(const struct flame_layout *l, const struct table *t, size_t row, int levels)
{
	const struct flame_box *box = flame_layout_box(l, t, row);

	for (; box && levels > 0; levels--) {
		const struct flame_box *below = flame_layout_below(l, t, box);

		if (!below)
			break;
		box = below;
	}
	for (; box && levels < 0 && box->row; levels++)
		box = flame_layout_box(l, t, parent_of(t, box->row));
	return box;
}
