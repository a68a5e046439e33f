/* SPDX-License-Identifier: MIT
 *
 * Prepared statements, and what is asked with them often: a whole table, a fact of `meta`. A binding
 * that fails (a text beyond SQLite's limits) is remembered and makes the next step fail.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/store.h"
#include "analyzer/store/store_private.h"

struct statement {
	sqlite3_stmt *handle;
	struct store *store;
	int failed; /* a binding failed */
};

struct statement *store_prepare(struct store *s, const char *sql, struct err *err)
{
	sqlite3_stmt *handle = NULL;
	struct statement *q;

	if (sqlite3_prepare_v3(s->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL) != SQLITE_OK || !handle) {
		store_complain(s, s->temporary ? "write" : "read", err);
		return NULL;
	}
	q = memory_zeroed(1, sizeof(*q));
	q->handle = handle;
	q->store = s;
	return q;
}

void statement_finish(struct statement *q)
{
	if (!q)
		return;
	sqlite3_finalize(q->handle);
	free(q);
}

void statement_bind_number(struct statement *q, int index, int64_t value)
{
	q->failed |= sqlite3_bind_int64(q->handle, index, value) != SQLITE_OK;
}

void statement_bind_text(struct statement *q, int index, const char *text, size_t size)
{
	q->failed |= sqlite3_bind_text64(q->handle, index, text, size, SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK;
}

void statement_bind_none(struct statement *q, int index)
{
	q->failed |= sqlite3_bind_null(q->handle, index) != SQLITE_OK;
}

int statement_step(struct statement *q, struct err *err)
{
	int code;

	if (store_interrupted(q->store, err)) {
		sqlite3_reset(q->handle);
		return -1;
	}
	code = q->failed ? SQLITE_MISUSE : sqlite3_step(q->handle);
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE) {
		sqlite3_reset(q->handle);
		return 0;
	}
	if (q->failed)
		err_set(err, ERR_FAILED, "cannot bind a parameter of a query to %s", q->store->path);
	store_complain(q->store, q->store->temporary ? "write" : "read", err);
	sqlite3_reset(q->handle);
	q->failed = 0;
	return -1;
}

int64_t statement_number(struct statement *q, int column)
{
	return sqlite3_column_int64(q->handle, column);
}

const char *statement_text(struct statement *q, int column)
{
	const unsigned char *text = sqlite3_column_text(q->handle, column);

	return text ? (const char *)text : "";
}

int statement_none(struct statement *q, int column)
{
	return sqlite3_column_type(q->handle, column) == SQLITE_NULL;
}

int statement_columns(struct statement *q)
{
	return sqlite3_column_count(q->handle);
}

const char *statement_column_name(struct statement *q, int column)
{
	const char *name = sqlite3_column_name(q->handle, column);

	return name ? name : "";
}

static void store_fill_row(struct statement *q, struct table *t, struct value *row, int columns)
{
	for (int i = 0; i < columns; i++) {
		if (statement_none(q, i))
			continue;
		row[i].none = 0;
		if (t->columns[i].unit == UNIT_TEXT) {
			const char *text = statement_text(q, i);

			row[i].text = table_text(t, text, strlen(text));
		} else {
			row[i].number = statement_number(q, i);
		}
	}
}

int store_fill(struct store *s, struct statement *q, struct table *t, struct err *err)
{
	int columns = statement_columns(q), more;

	if ((size_t)columns != t->column_count)
		return err_set(err, ERR_FAILED, "a query to %s gives %d columns where %zu are shown", s->path, columns,
		               t->column_count);
	while ((more = statement_step(q, err)) == 1)
		store_fill_row(q, t, table_add_row(t), columns);
	return more;
}

/* The statement that stands on the row of a key, or NULL. */
static struct statement *store_meta(struct store *s, const char *key)
{
	struct statement *q = store_prepare(s, "SELECT value FROM meta WHERE key = ?1", NULL);

	if (!q)
		return NULL;
	statement_bind_text(q, 1, key, strlen(key));
	if (statement_step(q, NULL) == 1 && !statement_none(q, 0))
		return q;
	statement_finish(q);
	return NULL;
}

void store_meta_text(struct store *s, const char *key, char *out, size_t size)
{
	struct statement *q = store_meta(s, key);

	snprintf(out, size, "%s", q ? statement_text(q, 0) : "");
	statement_finish(q);
}

int64_t store_meta_number(struct store *s, const char *key, int64_t otherwise)
{
	struct statement *q = store_meta(s, key);
	int64_t value = q ? statement_number(q, 0) : otherwise;

	statement_finish(q);
	return value;
}
