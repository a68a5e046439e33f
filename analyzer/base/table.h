/* SPDX-License-Identifier: MIT
 *
 * A table of values with named columns: what a report fills, and what text, CSV, JSON and the TUI
 * show. Rows own their strings through one arena in the table; table_release frees all.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/units.h"

struct column {
	const char *name;  /* as in CSV, JSON, --sort and the documentation: allocated_bytes */
	const char *title; /* head in text and TUI: ALLOCATED; NULL: shown in CSV and JSON only */
	enum unit unit;
	const char *help;  /* one line for documentation and the TUI */
};

struct value {
	int64_t number;   /* for every unit but UNIT_TEXT */
	const char *text; /* UNIT_TEXT: never NULL; else NULL, but of a number with a fraction its digits (number: rounded) */
	int64_t error;    /* of an estimate: its standard error, in the column's unit */
	unsigned char none; /* 1: there is no value (JSON null, empty in CSV, "-" in text) */
};

struct table {
	const struct column *columns; /* borrowed */
	size_t column_count;
	struct value *values;         /* row-major */
	size_t row_count, row_capacity;
	uint64_t total_rows;          /* before a limit was applied; >= row_count */
	struct table_chunk *chunks;   /* strings */
	uint64_t estimates;           /* bit c: the values of column c are estimates with errors */
	struct column *own;           /* the columns, if they are the table's own; else NULL */
};

void table_init(struct table *t, const struct column *columns, size_t column_count);
/* With columns of its own, zeroed, which are the caller's to fill in; their names can go where the texts are (table_text). */
struct column *table_init_own(struct table *t, size_t column_count);
void table_release(struct table *t);
/* A new row, all values none; valid until the next row is added. Never NULL: out of memory ends the process. */
struct value *table_add_row(struct table *t);
/* Copies text into the table's arena. */
const char *table_text(struct table *t, const char *text, size_t size);
/* Sets a value of a row; text is copied into the table's arena, NULL leaves it none. */
void table_set_text(struct table *t, struct value *v, const char *text);
static inline void table_set_number(struct value *v, int64_t number)
{
	v->number = number;
	v->none = 0;
}
static inline struct value *table_at(const struct table *t, size_t row, size_t column)
{
	return &t->values[row * t->column_count + column];
}
/* Index of a column by name, or -1. */
int table_column(const struct table *t, const char *name);
/* 1 if what is in a column are estimates with errors. */
static inline int table_estimates(const struct table *t, size_t column)
{
	return column < 64 && (t->estimates >> column & 1);
}
/* Sorts by a column, numbers numerically, texts bytewise; stable; none last either way. */
void table_sort(struct table *t, size_t column, int descending);

#endif
