/* SPDX-License-Identifier: MIT
 *
 * Figures by cost, id (a stack or a site) and thread, as a table that SQL can read: the rows stay the arrays they were made as, since
 * copying millions of them into SQLite's own tables takes longer than everything else a lens does. Costs are added one
 * after the other, each once, its rows in the order of their keys.
 */
#ifndef STORE_LENS_TABLE_H
#define STORE_LENS_TABLE_H

#include "analyzer/store/lens_rows.h"
#include "analyzer/store/store.h"

struct lens_value {
	uint32_t id, thread;
	int64_t value;
};

struct lens_run { /* the rows of a cost */
	int64_t cost;
	size_t first, end;
};

struct lens_table {
	struct lens_value *at;
	size_t count, room;
	struct lens_run *runs;
	size_t run_count, run_room;
};

enum lens_figure { LENS_COUNT, LENS_AMOUNT };

/* Adds one of the two figures of settled rows as a cost; rows where it is 0 are left out. */
void lens_table_add(struct lens_table *t, int64_t cost, const struct lens_rows *rows, enum lens_figure figure);
/* Makes temp.NAME of columns (cost_id, ID, thread_id, value) that shows the table, which has to stay where it is until that is dropped. */
int lens_table_show(struct store *s, struct lens_table *t, const char *name, const char *id, struct err *err);
void lens_table_release(struct lens_table *t);

#endif
