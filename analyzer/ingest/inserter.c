/* SPDX-License-Identifier: MIT
 *
 * Inserting rows, one by one or in batches.
 */
#include "analyzer/ingest/inserter.h"

#include <stdio.h>
#include <string.h>

void inserter_open(struct inserter *i, struct store *store, const char *sql, struct err *err)
{
	memset(i, 0, sizeof(*i));
	i->err = err;
	i->one = store_prepare(store, sql, err);
	i->failed = !i->one;
}

static struct statement *prepare_rows(struct store *store, const char *table, int columns, int rows, const char *suffix,
                                      struct err *err)
{
	char sql[1024];
	int size = snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES", table);

	for (int row = 0; row < rows; row++)
		for (int column = 0; column < columns; column++)
			size += snprintf(sql + size, sizeof(sql) - (size_t)size, "%s?%s", column ? "," : row ? ",(" : "(",
			                 column == columns - 1 ? ")" : "");
	snprintf(sql + size, sizeof(sql) - (size_t)size, " %s", suffix);
	return store_prepare(store, sql, err);
}

void inserter_open_numbers(struct inserter *i, struct store *store, const char *table, int columns, const char *suffix,
                           struct err *err)
{
	memset(i, 0, sizeof(*i));
	i->err = err;
	i->columns = columns;
	i->one = prepare_rows(store, table, columns, 1, suffix, err);
	i->batch = prepare_rows(store, table, columns, INSERTER_BATCH, suffix, err);
	i->failed = !i->one || !i->batch;
}

void inserter_number(struct inserter *i, int index, int64_t value)
{
	if (i->columns) {
		i->numbers[i->rows][index - 1] = value;
		i->none[i->rows] &= (uint8_t)~(1u << (index - 1));
	} else if (i->one) {
		statement_bind_number(i->one, index, value);
	}
}

void inserter_text(struct inserter *i, int index, const char *text)
{
	if (i->one)
		statement_bind_text(i->one, index, text, strlen(text));
}

void inserter_none(struct inserter *i, int index)
{
	if (i->columns)
		i->none[i->rows] |= (uint8_t)(1u << (index - 1));
	else if (i->one)
		statement_bind_none(i->one, index);
}

void inserter_figure(struct inserter *i, int index, uint64_t value)
{
	inserter_number(i, index, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void inserter_step(struct inserter *i, struct statement *q)
{
	if (!i->failed)
		i->failed = statement_step(q, i->err) != 0;
}

/* Binds a row of the batch to q, whose first parameter for it is `first`. */
static void bind_row(const struct inserter *i, struct statement *q, int row, int first)
{
	for (int column = 0; column < i->columns; column++) {
		if (i->none[row] >> column & 1)
			statement_bind_none(q, first + column);
		else
			statement_bind_number(q, first + column, i->numbers[row][column]);
	}
}

static void inserter_run_batch(struct inserter *i)
{
	for (int row = 0; row < INSERTER_BATCH && !i->failed; row++)
		bind_row(i, i->batch, row, row * i->columns + 1);
	inserter_step(i, i->batch);
	memcpy(i->numbers[0], i->numbers[INSERTER_BATCH], sizeof(i->numbers[0]));
	i->none[0] = i->none[INSERTER_BATCH];
	i->rows = 0;
}

void inserter_run(struct inserter *i)
{
	if (!i->columns) {
		inserter_step(i, i->one);
		return;
	}
	memcpy(i->numbers[i->rows + 1], i->numbers[i->rows], sizeof(i->numbers[0]));
	i->none[i->rows + 1] = i->none[i->rows];
	if (++i->rows == INSERTER_BATCH)
		inserter_run_batch(i);
}

int inserter_close(struct inserter *i)
{
	for (int row = 0; row < i->rows && !i->failed; row++) {
		bind_row(i, i->one, row, 1);
		inserter_step(i, i->one);
	}
	statement_finish(i->one);
	statement_finish(i->batch);
	return i->failed ? -1 : 0;
}
