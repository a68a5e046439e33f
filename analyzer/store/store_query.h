/* SPDX-License-Identifier: MIT
 *
 * Queries that people write: anything that reads, nothing that writes. What comes back is a table whose
 * columns are the statement's. Reports do not go through here, they know their columns.
 */
#ifndef STORE_STORE_QUERY_H
#define STORE_STORE_QUERY_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

/* Runs one read-only statement and initialises t with its rows, `limit` at the most (0: as many as memory is meant for them). When
 * there are more, t->total_rows is larger than t->row_count; how many there would be is not known. A column of whole numbers has the
 * unit its name speaks of (..._ns, ..._bytes, ..._id), one of other numbers UNIT_ID and their digits as text, any other one UNIT_TEXT.
 * 0; or -1 with nothing to release: what is no single statement, does not only read, or makes no sense to SQLite is ERR_USAGE, with
 * the place in the text where that is known. */
int store_query(struct store *s, const char *sql, long limit, struct table *t, struct err *err);

#endif
