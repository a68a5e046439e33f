/* SPDX-License-Identifier: MIT
 *
 * Rows into a table, many of them. Whatever fails is remembered and ends the work, so that a writer
 * need only ask at the end. Rows of numbers go in several at a time: half of what a small row costs
 * SQLite is the statement around it.
 */
#ifndef INGEST_INSERTER_H
#define INGEST_INSERTER_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/store/store.h"

#define INSERTER_BATCH 16
#define INSERTER_MAX_COLUMNS 10

struct inserter {
	struct statement *one;
	struct statement *batch; /* NULL: rows go in one by one */
	int failed;
	struct err *err;
	/* of a batch: */
	int columns, rows;
	int64_t numbers[INSERTER_BATCH + 1][INSERTER_MAX_COLUMNS];
	uint8_t none[INSERTER_BATCH + 1]; /* a bit a column */
};

/* For any row: sql with parameters ?1, ?2, ... */
void inserter_open(struct inserter *i, struct store *store, const char *sql, struct err *err);
/* For rows of numbers: "INSERT INTO table VALUES (...) suffix", in batches. */
void inserter_open_numbers(struct inserter *i, struct store *store, const char *table, int columns, const char *suffix,
                           struct err *err);
/* Indices are from 1; columns keep their values from one run to the next. Texts only without a batch. */
void inserter_number(struct inserter *i, int index, int64_t value);
void inserter_text(struct inserter *i, int index, const char *text);
void inserter_none(struct inserter *i, int index);
static inline void inserter_id(struct inserter *i, int index, uint32_t id) /* 0: none */
{
	if (id)
		inserter_number(i, index, id);
	else
		inserter_none(i, index);
}
/* A figure, at most what a column holds. */
void inserter_figure(struct inserter *i, int index, uint64_t value);
void inserter_run(struct inserter *i);
/* 0, or -1 if anything since the opening failed: err is set. */
int inserter_close(struct inserter *i);

#endif
