/* SPDX-License-Identifier: MIT
 *
 * The table as a virtual one of SQLite's. It can be asked for all rows, for those of a cost, and for those of an id in a cost;
 * all of them come in the order of (cost, id, thread) if the costs were added so. Other conditions are SQLite's to check.
 */
#include "analyzer/store/lens_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/store_private.h"

enum { COST, ID, THREAD, VALUE };
enum { BY_COST = 1, BY_ID = 2 }; /* what a cursor is given, in this order */

void lens_table_add(struct lens_table *t, int64_t cost, const struct lens_rows *rows, enum lens_figure figure)
{
	size_t first = t->count;

	t->at = memory_grown(t->at, &t->room, t->count + rows->count, sizeof(*t->at));
	for (size_t i = 0; i < rows->count; i++) {
		const struct lens_row *row = &rows->at[i];
		int64_t value = figure == LENS_COUNT ? row->count : row->amount;
		if (value)
			t->at[t->count++] = (struct lens_value){ row->id, row->thread, value };
	}
	if (t->count == first)
		return;
	t->runs = memory_grown(t->runs, &t->run_room, t->run_count + 1, sizeof(*t->runs));
	t->runs[t->run_count++] = (struct lens_run){ cost, first, t->count };
}

void lens_table_release(struct lens_table *t)
{
	free(t->at);
	free(t->runs);
	*t = (struct lens_table){ 0 };
}

/* --- for SQLite ----------------------------------------------------------------------------------------- */

struct shown { /* a sqlite3_vtab */
	sqlite3_vtab base;
	const struct lens_table *table;
};

struct cursor { /* a sqlite3_vtab_cursor */
	sqlite3_vtab_cursor base;
	const struct lens_table *table;
	size_t run, last_run; /* last_run: one behind */
	size_t at, end;       /* rows of the run */
};

static int connect(sqlite3 *handle, void *table, int count, const char *const *words, sqlite3_vtab **vtab, char **error)
{
	char sql[200];
	struct shown *shown;
	int code;

	(void)error;
	snprintf(sql, sizeof(sql), "CREATE TABLE x (cost_id INTEGER, %.60s INTEGER, thread_id INTEGER, value INTEGER)",
	         count > 3 ? words[3] : "id");
	code = sqlite3_declare_vtab(handle, sql);
	if (code != SQLITE_OK)
		return code;
	sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
	shown = memory_zeroed(1, sizeof(*shown));
	shown->table = table;
	*vtab = &shown->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *vtab)
{
	free(vtab);
	return SQLITE_OK;
}

/* 1 if rows come in the order that is asked for; `first` is the first column that is not the same in all of them. */
static int is_in_order(const sqlite3_index_info *info, int first)
{
	for (int i = 0; i < info->nOrderBy; i++)
		if (info->aOrderBy[i].desc || info->aOrderBy[i].iColumn != first + i)
			return 0;
	return 1;
}

static int is_ascending(const struct lens_table *t)
{
	for (size_t i = 1; i < t->run_count; i++)
		if (t->runs[i - 1].cost >= t->runs[i].cost)
			return 0;
	return 1;
}

static int best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
	const struct lens_table *t = ((struct shown *)vtab)->table;
	int given[2] = { -1, -1 }; /* constraints on cost and id */
	double rows = (double)t->count + 1;

	for (int i = 0; i < info->nConstraint; i++) {
		int column = info->aConstraint[i].iColumn;
		if (info->aConstraint[i].usable && info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ && (column == COST || column == ID))
			given[column] = i;
	}
	info->idxNum = 0;
	if (given[COST] >= 0) {
		info->idxNum = BY_COST;
		info->aConstraintUsage[given[COST]].argvIndex = 1;
		rows /= t->run_count ? (double)t->run_count : 1;
	}
	if (given[COST] >= 0 && given[ID] >= 0) {
		info->idxNum = BY_COST | BY_ID;
		info->aConstraintUsage[given[ID]].argvIndex = 2;
		rows = rows < 4 ? rows : 4;
	}
	info->estimatedRows = (sqlite3_int64)rows + 1;
	info->estimatedCost = rows + 10;
	info->orderByConsumed = info->nOrderBy && (given[COST] >= 0 ? is_in_order(info, ID) : is_ascending(t) && is_in_order(info, COST));
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *vtab, sqlite3_vtab_cursor **cursor)
{
	struct cursor *c = memory_zeroed(1, sizeof(*c));

	c->table = ((struct shown *)vtab)->table;
	*cursor = &c->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
	free(cursor);
	return SQLITE_OK;
}

/* On to the next run that has rows, if the one in hand is done. */
static void settle(struct cursor *c)
{
	while (c->at == c->end && c->run < c->last_run && ++c->run < c->last_run) {
		c->at = c->table->runs[c->run].first;
		c->end = c->table->runs[c->run].end;
	}
}

/* The first row of a run from `from` on whose id is not below. */
static size_t lower_bound(const struct lens_table *t, size_t from, size_t end, int64_t id)
{
	while (from < end) {
		size_t middle = from + (end - from) / 2;
		if (t->at[middle].id < id)
			from = middle + 1;
		else
			end = middle;
	}
	return from;
}

static int filter(sqlite3_vtab_cursor *cursor, int plan, const char *name, int count, sqlite3_value **values)
{
	struct cursor *c = (struct cursor *)cursor;
	const struct lens_table *t = c->table;

	(void)name, (void)count;
	c->run = c->at = c->end = 0;
	c->last_run = t->run_count;
	if (plan & BY_COST) {
		int64_t cost = sqlite3_value_int64(values[0]);
		while (c->run < t->run_count && t->runs[c->run].cost != cost)
			c->run++;
		c->last_run = c->run < t->run_count ? c->run + 1 : c->run;
	}
	if (c->run < c->last_run) {
		c->at = t->runs[c->run].first;
		c->end = t->runs[c->run].end;
	}
	if (plan & BY_ID) {
		int64_t id = sqlite3_value_int64(values[1]);
		c->at = lower_bound(t, c->at, c->end, id);
		c->end = id < INT64_MAX ? lower_bound(t, c->at, c->end, id + 1) : c->end;
	}
	settle(c);
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *cursor)
{
	struct cursor *c = (struct cursor *)cursor;

	c->at++;
	settle(c);
	return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *cursor)
{
	const struct cursor *c = (struct cursor *)cursor;

	return c->at >= c->end;
}

static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int number)
{
	const struct cursor *c = (struct cursor *)cursor;
	const struct lens_value *row = &c->table->at[c->at];
	const int64_t values[] = { [COST] = c->table->runs[c->run].cost, [ID] = row->id, [THREAD] = row->thread, [VALUE] = row->value };

	if (number >= 0 && number <= VALUE)
		sqlite3_result_int64(context, values[number]);
	return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
	*id = (sqlite3_int64)((struct cursor *)cursor)->at + 1;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.iVersion = 0,
	.xCreate = connect,
	.xConnect = connect,
	.xBestIndex = best_index,
	.xDisconnect = disconnect,
	.xDestroy = disconnect,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next,
	.xEof = at_end,
	.xColumn = column,
	.xRowid = row_id,
};

int lens_table_show(struct store *s, struct lens_table *t, const char *name, const char *id, struct err *err)
{
	char text[200];

	snprintf(text, sizeof(text), "lens_%s", name);
	if (sqlite3_create_module(s->handle, text, &module, t) != SQLITE_OK)
		return store_complain(s, "read", err);
	snprintf(text, sizeof(text), "CREATE VIRTUAL TABLE temp.%s USING lens_%s(%s)", name, name, id);
	return store_execute(s, text, err);
}
