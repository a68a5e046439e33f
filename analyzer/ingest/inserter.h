/* SPDX-License-Identifier: MIT
 *
 * One statement run many times. Whatever fails is remembered and ends the work, so that a writer need
 * only ask at the end.
 */
#ifndef INGEST_INSERTER_H
#define INGEST_INSERTER_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/store/store.h"

struct inserter {
	struct statement *q;
	int failed;
	struct err *err;
};

struct inserter inserter_open(struct store *store, const char *sql, struct err *err);
/* Parameters keep their values from one run to the next. */
void inserter_number(struct inserter *i, int index, int64_t value);
void inserter_text(struct inserter *i, int index, const char *text);
void inserter_none(struct inserter *i, int index);
void inserter_run(struct inserter *i);
/* 0, or -1 if anything since inserter_open failed: err is set. */
int inserter_close(struct inserter *i);

#endif
