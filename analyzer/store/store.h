/* SPDX-License-Identifier: MIT
 *
 * The database file: making one, opening one, and asking it. store/ is the only place that
 * includes sqlite3.h. schema.sql says what is in it; its text is compiled in as store_schema.
 *
 * A database is made under "PATH.tmp-PID" and renamed to PATH by store_publish, so a half-written
 * one never bears the final name. One thread at a time per struct store.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"

struct store;
struct statement; /* a prepared statement; owned by the caller, finish before the store closes */

extern const char store_schema[]; /* schema.sql */
#define STORE_SCHEMA_VERSION 6

/* A new empty database with the schema, inside one open transaction, tuned for bulk loading. */
struct store *store_create(const char *path, struct err *err);
/* Commits, and renames to the final path. 0 or -1. The store stays open for reading. */
int store_publish(struct store *s, struct err *err);
/* Opens an existing database for reading. Refuses what is no culprit database, or one of another schema version. */
struct store *store_open(const char *path, struct err *err);
/* Closes; an unpublished file is removed. NULL is allowed. */
void store_close(struct store *s);
/* 1 if `path` begins like an SQLite file. */
int store_is_database(const char *path);

/* From any thread: what reads from the store ends with ERR_INTERRUPTED, "interrupted", and so does all that begins before
 * store_continue; what was read of the stack tree until then is not read again. */
void store_interrupt(struct store *s);
/* From the store's own thread, before it is asked again. */
void store_continue(struct store *s);
/* For long loops between statements: 0; or -1 with ERR_INTERRUPTED. */
int store_interrupted(struct store *s, struct err *err);

/* Statements. Parameters and columns: statement_bind's index starts at 1, column's at 0. */
struct statement *store_prepare(struct store *s, const char *sql, struct err *err);
void statement_bind_number(struct statement *q, int index, int64_t value);
void statement_bind_text(struct statement *q, int index, const char *text, size_t size); /* copied */
void statement_bind_none(struct statement *q, int index);
/* 1: a row is there; 0: done (and reset, ready to be bound again); -1: failed, err set. */
int statement_step(struct statement *q, struct err *err);
int64_t statement_number(struct statement *q, int column);
const char *statement_text(struct statement *q, int column); /* "" for NULL; valid until the next step */
int statement_none(struct statement *q, int column);         /* 1: NULL */
int statement_columns(struct statement *q);
const char *statement_column_name(struct statement *q, int column);
void statement_finish(struct statement *q);

/* Runs sql (no rows expected). 0 or -1. */
int store_execute(struct store *s, const char *sql, struct err *err);
/* Fills t (initialised by the caller with the matching columns, in the order of the query's) with all rows. 0 or -1. */
int store_fill(struct store *s, struct statement *q, struct table *t, struct err *err);
/* A meta value as text into out, "" if absent; and as a number, `otherwise` if absent. */
void store_meta_text(struct store *s, const char *key, char *out, size_t size);
int64_t store_meta_number(struct store *s, const char *key, int64_t otherwise);

#endif
