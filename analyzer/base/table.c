/* SPDX-License-Identifier: MIT
 *
 * Tables: rows in one array, strings in chunks behind it. Sorting moves whole rows, by a merge sort
 * of row numbers, so that it is stable.
 */
#include "analyzer/base/table.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define CHUNK_BYTES 65536u

struct table_chunk {
	struct table_chunk *next;
	size_t used, size;
	char bytes[];
};

void table_init(struct table *t, const struct column *columns, size_t column_count)
{
	*t = (struct table){ .columns = columns, .column_count = column_count };
}

struct column *table_init_own(struct table *t, size_t column_count)
{
	struct column *own = memory_zeroed(column_count, sizeof(*own));

	table_init(t, own, column_count);
	t->own = own;
	return own;
}

void table_release(struct table *t)
{
	if (t->own) {
		free(t->own);
		t->columns = NULL;
		t->column_count = 0;
	}
	while (t->chunks) {
		struct table_chunk *next = t->chunks->next;

		free(t->chunks);
		t->chunks = next;
	}
	free(t->values);
	table_init(t, t->columns, t->column_count);
}

struct value *table_add_row(struct table *t)
{
	struct value *row;

	t->values = memory_grown(t->values, &t->row_capacity, t->row_count + 1, t->column_count * sizeof(*t->values));
	row = t->values + t->row_count++ * t->column_count;
	for (size_t i = 0; i < t->column_count; i++)
		row[i] = (struct value){ .text = t->columns[i].unit == UNIT_TEXT ? "" : NULL, .none = 1 };
	t->total_rows = t->row_count;
	return row;
}

const char *table_text(struct table *t, const char *text, size_t size)
{
	struct table_chunk *chunk = t->chunks;
	char *copy;

	if (!chunk || chunk->size - chunk->used < size + 1) {
		size_t room = size + 1 > CHUNK_BYTES ? size + 1 : CHUNK_BYTES;

		chunk = memory_resized(NULL, 1, sizeof(*chunk) + room);
		*chunk = (struct table_chunk){ .next = t->chunks, .size = room };
		t->chunks = chunk;
	}
	copy = chunk->bytes + chunk->used;
	chunk->used += size + 1;
	memcpy(copy, text, size);
	copy[size] = 0;
	return copy;
}

void table_set_text(struct table *t, struct value *v, const char *text)
{
	if (!text)
		return;
	v->text = table_text(t, text, strlen(text));
	v->none = 0;
}

int table_column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (!strcmp(t->columns[i].name, name))
			return (int)i;
	return -1;
}

/* Negative, 0, positive: a before, equal to, after b. */
static int value_compare(const struct value *a, const struct value *b, int descending)
{
	int order;

	if (a->none || b->none)
		return a->none - b->none;
	if (a->text && b->text)
		order = strcmp(a->text, b->text);
	else
		order = (a->number > b->number) - (a->number < b->number);
	return descending ? -order : order;
}

struct sorting {
	const struct table *table;
	size_t column;
	int descending;
};

static void rows_sort(const struct sorting *s, size_t *rows, size_t *spare, size_t n)
{
	size_t half = n / 2, a = 0, b = half, out = 0;

	if (n < 2)
		return;
	rows_sort(s, rows, spare, half);
	rows_sort(s, rows + half, spare, n - half);
	memcpy(spare, rows, n * sizeof(*rows));
	while (out < n) {
		int take_b = a == half || (b < n && value_compare(table_at(s->table, spare[b], s->column),
		                                                 table_at(s->table, spare[a], s->column),
		                                                 s->descending) < 0);
		rows[out++] = take_b ? spare[b++] : spare[a++];
	}
}

void table_sort(struct table *t, size_t column, int descending)
{
	struct sorting s = { .table = t, .column = column, .descending = descending };
	size_t row_bytes = t->column_count * sizeof(*t->values);
	size_t *rows, *spare;
	struct value *sorted;

	if (t->row_count < 2)
		return;
	rows = memory_resized(NULL, t->row_count, sizeof(*rows));
	spare = memory_resized(NULL, t->row_count, sizeof(*spare));
	for (size_t i = 0; i < t->row_count; i++)
		rows[i] = i;
	rows_sort(&s, rows, spare, t->row_count);
	sorted = memory_resized(NULL, t->row_count, row_bytes);
	for (size_t i = 0; i < t->row_count; i++)
		memcpy(sorted + i * t->column_count, table_at(t, rows[i], 0), row_bytes);
	free(t->values);
	t->values = sorted;
	t->row_capacity = t->row_count;
	free(rows);
	free(spare);
}
