/* SPDX-License-Identifier: MIT
 *
 * A statement is refused by what it does, not by how it reads: SQLite asks an authorizer about everything
 * that a statement would do while it is prepared. Cells are kept as they come; only when all rows are there it is known
 * what a column holds, and then its cells are made alike.
 */
#include "analyzer/store/store_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/utf8.h"
#include "analyzer/store/store_private.h"

enum {
	CELL_BYTES = 16 << 20,     /* a text, or a row, that is longer fails */
	TABLE_BYTES = 256 << 20,   /* of all cells: then the rows are cut */
	BLOB_SHOWN = 64,           /* bytes of a blob, in hexadecimal */
};

#define MEMORY_BYTES ((size_t)2 << 30) /* what sorting and such may take; it is all in memory, as lenses need it to be */
#define WATCH_STEPS 2000               /* of SQLite's machine between two looks at whether to stop, some 20 us */
#define WATCH_MEMORY 500               /* looks between two at the memory */

/* What was seen in a column. */
enum { WHOLE = 1, FRACTION = 2, WORDS = 4 };

/* --- what may be run ------------------------------------------------------------------------------------ */

static int is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (sqlite3_stricmp(name, *names) == 0)
			return 1;
	return 0;
}

static int authorize(void *unused, int action, const char *first, const char *second, const char *database, const char *inside)
{
	static const char *const pragmas[] = { "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
		                               "foreign_key_list", "database_list", "function_list", "compile_options", NULL };
	static const char *const functions[] = { "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", NULL };

	(void)unused, (void)database, (void)inside;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return second && is_one_of(second, functions) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_PRAGMA:
		return is_one_of(first, pragmas) ? SQLITE_OK : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

/* "line 2, character 5", or "" where it is not known. */
static void find_place(sqlite3 *handle, const char *sql, char *out, size_t size)
{
	int offset = -1;
	long line = 1, character = 1;

#if SQLITE_VERSION_NUMBER >= 3038000
	offset = sqlite3_error_offset(handle);
#else
	(void)handle;
#endif
	out[0] = 0;
	if (offset < 0 || (size_t)offset > strlen(sql))
		return;
	for (int at = 0; at < offset; at++) {
		character += ((unsigned char)sql[at] & 0xc0) != 0x80;
		if (sql[at] == '\n') {
			line++;
			character = 1;
		}
	}
	if (line > 1 || strchr(sql, '\n'))
		snprintf(out, size, " (line %ld, character %ld)", line, character);
	else
		snprintf(out, size, " (character %ld)", character);
}

/* --- what it may take ----------------------------------------------------------------------------------- */

struct watch {
	struct store *store;
	size_t before;    /* memory of the process when it began */
	unsigned looks;
	int too_much;
};

static size_t memory_in_use(void)
{
	FILE *in = fopen("/proc/self/statm", "re");
	unsigned long resident = 0;

	if (in) {
		if (fscanf(in, "%*u %lu", &resident) != 1)
			resident = 0;
		fclose(in);
	}
	return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static int watch(void *arg)
{
	struct watch *w = arg;

	if (++w->looks % WATCH_MEMORY == 0 && memory_in_use() > w->before + MEMORY_BYTES)
		w->too_much = 1;
	return w->too_much || store_interrupted(w->store, NULL);
}

/* --- why not -------------------------------------------------------------------------------------------- */

static int refuse(struct store *s, const char *sql, int code, struct err *err)
{
	char place[64];

	if (code == SQLITE_AUTH)
		return err_set(err, ERR_USAGE, "a query may only read: SELECT, WITH, VALUES, EXPLAIN");
	if (code == SQLITE_TOOBIG)
		return err_set(err, ERR_USAGE, "the query, or a text in its answer, is longer than %d KiB", CELL_BYTES / 1024);
	if (code != SQLITE_ERROR)
		return store_complain(s, "read", err);
	find_place(s->handle, sql, place, sizeof(place));
	return err_set(err, ERR_USAGE, "the query does not work: %s%s", sqlite3_errmsg(s->handle), place);
}

/* 1 if something but blanks, comments and semicolons follows. */
static int more_follows(struct store *s, const char *tail)
{
	while (*tail) {
		sqlite3_stmt *next = NULL;
		int code = sqlite3_prepare_v2(s->handle, tail, -1, &next, &tail);

		sqlite3_finalize(next);
		if (code != SQLITE_OK || next)
			return 1;
	}
	return 0;
}

static sqlite3_stmt *prepare(struct store *s, const char *sql, struct err *err)
{
	sqlite3_stmt *q = NULL;
	const char *tail = sql;
	int code = SQLITE_OK;

	sqlite3_set_authorizer(s->handle, authorize, NULL);
	while (code == SQLITE_OK && !q && *tail) /* a comment alone is no statement */
		code = sqlite3_prepare_v2(s->handle, tail, -1, &q, &tail);
	if (code != SQLITE_OK)
		refuse(s, sql, code, err);
	else if (!q)
		err_set(err, ERR_USAGE, "there is no query: write one, such as SELECT * FROM hotspots LIMIT 10");
	else if (more_follows(s, tail))
		err_set(err, ERR_USAGE, "one query at a time: something follows the first");
	else if (!sqlite3_stmt_readonly(q))
		err_set(err, ERR_USAGE, "a query may only read: SELECT, WITH, VALUES, EXPLAIN");
	else if (!sqlite3_column_count(q))
		err_set(err, ERR_USAGE, "the query gives no columns");
	else
		return q;
	sqlite3_finalize(q);
	return NULL;
}

/* --- its rows ------------------------------------------------------------------------------------------- */

struct answer {
	struct table *table;
	unsigned char *seen; /* by column */
	size_t bytes;        /* of all cells so far */
};

static const char *keep_text(struct answer *a, const char *text, size_t size)
{
	a->bytes += size + 1;
	return table_text(a->table, text, size);
}

/* X'00FF', its end left out where it is long. */
static const char *keep_blob(struct answer *a, const unsigned char *bytes, size_t size)
{
	char text[2 * BLOB_SHOWN + 8] = "X'", *at = text + 2;

	for (size_t i = 0; i < size && i < BLOB_SHOWN; i++)
		at += sprintf(at, "%02X", bytes[i]);
	strcpy(at, size > BLOB_SHOWN ? "'..." : "'");
	return keep_text(a, text, strlen(text));
}

static void keep_cell(struct answer *a, sqlite3_stmt *q, int column, struct value *v)
{
	unsigned char *seen = &a->seen[column];
	const char *text;

	switch (sqlite3_column_type(q, column)) {
	case SQLITE_NULL:
		return;
	case SQLITE_INTEGER:
		*v = (struct value){ .number = sqlite3_column_int64(q, column) };
		*seen |= WHOLE;
		return;
	case SQLITE_FLOAT: {
		double number = sqlite3_column_double(q, column);
		text = (const char *)sqlite3_column_text(q, column);
		*seen |= number - number == 0 ? FRACTION : WORDS;
		*v = (struct value){ .text = keep_text(a, text ? text : "", text ? strlen(text) : 0) };
		v->number = number >= 9.2e18 ? INT64_MAX : number <= -9.2e18 ? INT64_MIN : (int64_t)(number < 0 ? number - 0.5 : number + 0.5);
		return;
	}
	case SQLITE_BLOB: {
		const unsigned char *bytes = sqlite3_column_blob(q, column);
		*v = (struct value){ .text = keep_blob(a, bytes, bytes ? (size_t)sqlite3_column_bytes(q, column) : 0) };
		break;
	}
	default:
		text = (const char *)sqlite3_column_text(q, column);
		*v = (struct value){ .text = keep_text(a, text ? text : "", text ? (size_t)sqlite3_column_bytes(q, column) : 0) };
		break;
	}
	*seen |= WORDS;
}

static int ends_in(const char *name, const char *end)
{
	size_t size = strlen(name), of_end = strlen(end);

	return size >= of_end && sqlite3_stricmp(name + size - of_end, end) == 0 && (size == of_end || name[size - of_end - 1] == '_');
}

/* What a column of whole numbers counts, as the names in the schema and in reports have it. */
static enum unit unit_of(const char *name)
{
	static const struct {
		const char *end;
		enum unit unit;
	} ends[] = {
		{ "ns", UNIT_NS }, { "bytes", UNIT_BYTES }, { "share", UNIT_PERCENT }, { "id", UNIT_ID }, { "pid", UNIT_ID }, { "ppid", UNIT_ID },
		{ "tid", UNIT_ID }, { "line", UNIT_ID }, { "address", UNIT_ID }, { "cycle", UNIT_ID }, { "level", UNIT_ID }, { "rank", UNIT_ID },
		{ "depth", UNIT_ID }, { "slice", UNIT_ID }, { "class", UNIT_ID },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_in(name, ends[i].end))
			return ends[i].unit;
	return UNIT_COUNT;
}

static void make_alike(struct answer *a, struct column *columns)
{
	struct table *t = a->table;
	char digits[32];

	for (size_t c = 0; c < t->column_count; c++) {
		int mixed = (a->seen[c] & WORDS) || !a->seen[c], numbers = !mixed && (a->seen[c] & FRACTION);
		columns[c].unit = mixed ? UNIT_TEXT : numbers ? UNIT_ID : unit_of(columns[c].name);
		for (size_t row = 0; row < t->row_count && (mixed || numbers); row++) {
			struct value *v = table_at(t, row, c);
			if (v->text || (numbers && v->none))
				continue;
			snprintf(digits, sizeof(digits), "%lld", (long long)v->number);
			v->text = v->none ? "" : table_text(t, digits, strlen(digits));
		}
	}
}

static void name_columns(sqlite3_stmt *q, struct table *t, struct column *columns)
{
	for (size_t c = 0; c < t->column_count; c++) {
		const char *name = sqlite3_column_name(q, (int)c);

		columns[c].name = columns[c].title = table_text(t, name ? name : "", name ? strlen(name) : 0);
		columns[c].unit = UNIT_COUNT;
	}
}

/* SQLITE_DONE, SQLITE_ROW if rows were cut, or an error. */
static int read_rows(sqlite3_stmt *q, long limit, struct answer *a)
{
	struct table *t = a->table;
	int code;

	while ((code = sqlite3_step(q)) == SQLITE_ROW) {
		if ((limit > 0 && t->row_count >= (size_t)limit) || a->bytes > TABLE_BYTES)
			break;
		struct value *row = table_add_row(t);
		for (size_t c = 0; c < t->column_count; c++)
			keep_cell(a, q, (int)c, &row[c]);
		a->bytes += t->column_count * sizeof(*row);
	}
	return code;
}

static int run(struct store *s, const char *sql, sqlite3_stmt *q, long limit, struct watch *w, struct table *t, struct err *err)
{
	struct answer a = { .table = t };
	struct column *columns = table_init_own(t, (size_t)sqlite3_column_count(q));

	a.seen = memory_zeroed(t->column_count, sizeof(*a.seen));
	name_columns(q, t, columns);
	int code = read_rows(q, limit, &a);
	make_alike(&a, columns);
	t->total_rows = t->row_count + (code == SQLITE_ROW);
	free(a.seen);
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return 0;
	if (w->too_much)
		err_set(err, ERR_USAGE, "the query needs more than %zu GiB of memory: narrow it down, or run it with sqlite3", MEMORY_BYTES >> 30);
	refuse(s, sql, code & 0xff, err);
	table_release(t);
	return -1;
}

int store_query(struct store *s, const char *sql, long limit, struct table *t, struct err *err)
{
	int length = sqlite3_limit(s->handle, SQLITE_LIMIT_LENGTH, CELL_BYTES);
	struct watch w = { .store = s, .before = memory_in_use() };
	sqlite3_stmt *q = prepare(s, sql, err);

	sqlite3_progress_handler(s->handle, WATCH_STEPS, watch, &w);
	int rc = q ? run(s, sql, q, limit, &w, t, err) : -1;

	sqlite3_finalize(q);
	sqlite3_set_authorizer(s->handle, NULL, NULL);
	store_heed(s);
	sqlite3_limit(s->handle, SQLITE_LIMIT_LENGTH, length);
	return rc;
}
