/* SPDX-License-Identifier: MIT
 *
 * SQL adds up by stack; the stack tree gives the names. Then rows that cannot be told apart are put together: the
 * same functions called at other lines.
 */
#include "analyzer/report/lock_rows.h"

#include <string.h>

#include "analyzer/base/map.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum { FUNCTION, STACK, FIRST_FIGURE };
enum { PLACE, LOCK_KEY = 3, STACK_KEY, SITE_KEY, FUNCTION_KEY, BEHIND }; /* behind the figures; the place is file, line, module */

struct filling {
	const struct report_query *query;
	const struct lock_rows *rows;
	const struct stack_tree *tree;
	struct table *table;
	struct map known; /* hash of a row's stack to the row's number + 1 */
};

static void set_figures(const struct filling *f, struct statement *from, struct value *row)
{
	struct table *t = f->table;

	for (size_t c = FIRST_FIGURE; c < t->column_count - BEHIND; c++) {
		if (t->columns[c].unit == UNIT_TEXT)
			table_set_text(t, &row[c], statement_none(from, (int)c) ? NULL : statement_text(from, (int)c));
		else if (!statement_none(from, (int)c))
			table_set_number(&row[c], statement_number(from, (int)c));
	}
	table_set_number(&row[t->column_count - BEHIND + LOCK_KEY], statement_number(from, 1));
}

static void set_stack(const struct filling *f, uint32_t stack, struct value *row)
{
	uint32_t site = f->tree->nodes[stack].site;
	struct value *behind = &row[f->table->column_count - BEHIND];
	struct value four[4] = { { .none = 1 }, { .none = 1 }, { .none = 1 }, { .none = 1 } };

	site_rows_place(f->tree, &f->tree->sites[site], f->table, four);
	site_rows_stack(f->tree, stack, f->table, &row[STACK]);
	row[FUNCTION] = four[0];
	for (size_t i = 1; i < 4; i++)
		behind[PLACE + i - 1] = four[i];
	table_set_number(&behind[STACK_KEY], stack);
	table_set_number(&behind[SITE_KEY], site);
	table_set_number(&behind[FUNCTION_KEY], f->tree->sites[site].function);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = map_mix(hash ^ (unsigned char)*text);
	return hash;
}

static int must_be_same(const struct filling *f, size_t c)
{
	size_t behind = f->table->column_count - BEHIND;

	return c == behind + SITE_KEY || (f->rows->same ? c < behind && f->rows->same & LOCK_ROWS_BIT(c) : c == behind + LOCK_KEY);
}

/* Of what rows must have in common to be one. */
static uint64_t hash_row(const struct filling *f, const struct value *row)
{
	uint64_t hash = hash_text(0, row[STACK].text);

	for (size_t c = FIRST_FIGURE; c < f->table->column_count; c++)
		if (must_be_same(f, c))
			hash = row[c].text ? hash_text(hash, row[c].text) : map_mix(hash ^ (uint64_t)row[c].number);
	return hash;
}

static int are_one(const struct filling *f, const struct value *a, const struct value *b)
{
	for (size_t c = FIRST_FIGURE; c < f->table->column_count; c++)
		if (must_be_same(f, c) && (a[c].text && b[c].text ? strcmp(a[c].text, b[c].text) != 0 : a[c].number != b[c].number))
			return 0;
	return strcmp(a[STACK].text, b[STACK].text) == 0;
}

static void add_figures(const struct filling *f, struct value *into, const struct value *row)
{
	const struct table *t = f->table;

	for (size_t c = FIRST_FIGURE; c < t->column_count - BEHIND; c++) {
		if (row[c].none || row[c].text || must_be_same(f, c) || t->columns[c].unit == UNIT_ID)
			continue;
		if (!(f->rows->maxima & LOCK_ROWS_BIT(c)))
			into[c].number += row[c].number;
		else if (row[c].number > into[c].number)
			into[c].number = row[c].number;
	}
}

/* The last row into one before that reads the same, if there is one. */
static void put_together(struct filling *f)
{
	struct table *t = f->table;
	struct value *row = table_at(t, t->row_count - 1, 0);
	uint32_t *number = map_at(&f->known, hash_row(f, row));

	if (*number && are_one(f, table_at(t, *number - 1, 0), row)) {
		add_figures(f, table_at(t, *number - 1, 0), row);
		t->total_rows = --t->row_count;
	} else if (!*number) {
		*number = (uint32_t)t->row_count;
	}
}

static void add_row(struct filling *f, struct statement *from)
{
	uint32_t stack = (uint32_t)statement_number(from, 0);
	const struct stack_place *place = &f->tree->sites[f->tree->nodes[stack].site];

	if (!site_rows_match(f->query, stack_tree_function(f->tree, place->function)) &&
	    !site_rows_match(f->query, statement_text(from, (int)f->rows->named)))
		return;
	struct value *row = table_add_row(f->table);
	set_figures(f, from, row);
	set_stack(f, stack, row);
	put_together(f);
}

int lock_rows_fill(struct store *s, const struct report_query *q, const struct lock_rows *rows, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;
	struct filling f = { q, rows, &tree, t, MAP_INIT };
	int got = -1;

	if (stack_tree_load_names(s, &tree, err))
		return -1;
	struct statement *from = store_prepare(s, rows->sql, err);
	if (from) {
		scope_bind(from, &scope);
		while ((got = statement_step(from, err)) > 0) {
			int64_t stack = statement_number(from, 0);
			if (stack_tree_need(&tree, stack, err)) {
				got = -1;
				break;
			}
			add_row(&f, from);
		}
		statement_finish(from);
	}
	map_release(&f.known);
	stack_tree_release(&tree);
	return got;
}
