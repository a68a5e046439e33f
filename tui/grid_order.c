/* SPDX-License-Identifier: MIT
 *
 * What looks at every row of a grid, and so must be quick with a hundred thousand of them: sorting,
 * by keys taken out of the table once; and searching, by a comparison that needs no locale.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "tui/grid.h"

/* --- order ---------------------------------------------------------------------------------------- */

struct order_key {
	uint64_t key;     /* the figure; of a text eight bytes, NULs after its end */
	const char *text; /* NULL: a figure */
	int64_t tie;
	uint32_t row;
	unsigned char none;
};

/* By the key; what has none last, whatever the direction; figures that are equal stay in the table's order. */
static int compare(const void *left, const void *right, void *descending)
{
	const struct order_key *a = left, *b = right;
	int order = (a->key > b->key) - (a->key < b->key);

	if (a->none != b->none)
		return a->none - b->none;
	if (order)
		return *(const int *)descending ? -order : order;
	return a->text ? 0 : (a->row > b->row) - (a->row < b->row);
}

static int compare_ties(const void *left, const void *right, void *descending)
{
	const struct order_key *a = left, *b = right;
	int order = (a->tie > b->tie) - (a->tie < b->tie);

	if (order)
		return *(const int *)descending ? -order : order;
	return (a->row > b->row) - (a->row < b->row);
}

static uint64_t first_bytes(const char *text)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++) {
		key = key << 8 | (unsigned char)*text;
		if (*text)
			text++;
	}
	return key;
}

/* Of the same size, what grew counts for more. */
static uint64_t size_of_change(int64_t change)
{
	return change < -INT64_MAX ? INT64_MAX : (uint64_t)(change < 0 ? -change : change);
}

static struct order_key key_of(const struct grid *g, uint32_t row)
{
	size_t column = (size_t)g->sort;
	const struct grid_state *state = &g->state[column];
	struct order_key key = { .row = row };
	int64_t number;

	if (grid_is_text(g, column)) {
		const struct value *tie = state->of >= 0 ? table_at(g->table, row, (size_t)state->of) : NULL;

		key.text = table_at(g->table, row, (size_t)state->index)->text;
		key.key = first_bytes(key.text);
		key.tie = tie ? tie->number : 0;
		key.none = !*key.text;
		return key;
	}
	key.none = !grid_number(g, column, row, &number);
	key.key = (uint64_t)number ^ 1ull << 63;
	if (g->columns[column].flags & GRID_CHANGE)
		key.key = size_of_change(number) << 1 | (number > 0);
	return key;
}

/* Sorts texts that are alike up to `offset`: by their next eight bytes, and then those that are still alike the same way.
 * Names share long beginnings; so each byte of them is looked at once rather than in every comparison. */
static void sort_keys(struct order_key *keys, size_t n, size_t offset, int *descending)
{
	qsort_r(keys, n, sizeof(*keys), compare, descending);
	for (size_t i = 0, end; i < n && keys[i].text; i = end) {
		end = i + 1;
		while (end < n && keys[end].key == keys[i].key && keys[end].none == keys[i].none)
			end++;
		if (end - i < 2)
			continue;
		if (!(keys[i].key & 0xff)) { /* the texts end here */
			qsort_r(keys + i, end - i, sizeof(*keys), compare_ties, descending);
			continue;
		}
		for (size_t k = i; k < end; k++)
			keys[k].key = first_bytes(keys[k].text + offset + 8);
		sort_keys(keys + i, end - i, offset + 8, descending);
	}
}

void grid_sort(struct grid *g)
{
	size_t rows = g->table->row_count;
	struct order_key *keys = memory_zeroed(rows + 1, sizeof(*keys));

	for (size_t i = 0; i < rows; i++)
		keys[i] = key_of(g, (uint32_t)i);
	sort_keys(keys, rows, 0, &g->descending);
	for (size_t i = 0; i < rows; i++)
		g->order[i] = keys[i].row;
	free(keys);
	g->selected = g->top = 0;
}

/* --- search --------------------------------------------------------------------------------------- */

int grid_folds(const char *text)
{
	for (; *text; text++)
		if (isupper((unsigned char)*text))
			return 0;
	return 1;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* 1 if text contains `wanted`, which has no upper case letters, in either case. */
static int contains_folded(const char *text, const char *wanted)
{
	for (; *text; text++) {
		size_t n = 0;

		while (wanted[n] && lower((unsigned char)text[n]) == (unsigned char)wanted[n])
			n++;
		if (!wanted[n])
			return 1;
	}
	return 0;
}

static int row_matches(const struct grid *g, size_t row, const char *text, int fold)
{
	char made[512];

	for (size_t i = 0; i < g->count; i++) {
		if (g->state[i].index < 0 || !grid_is_text(g, i))
			continue;
		const char *cell = grid_text(g, i, row, made, sizeof(made));

		if (fold ? contains_folded(cell, text) : strstr(cell, text) != NULL)
			return 1;
	}
	return 0;
}

long grid_find(const struct grid *g, const char *text, size_t from, int step)
{
	size_t rows = g->table->row_count;
	int fold = grid_folds(text);

	if (!*text)
		return -1;
	for (size_t n = 0; n < rows; n++) {
		size_t position = step > 0 ? (from + n) % rows : (from + 2 * rows - n) % rows;

		if (row_matches(g, g->order[position], text, fold))
			return (long)position;
	}
	return -1;
}
