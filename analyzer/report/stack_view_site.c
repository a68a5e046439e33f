/* SPDX-License-Identifier: MIT
 *
 * The stacks of one site. A view asks for them whenever its cursor moves, so nothing is read that is
 * not shown: figures by key, and names only of the stacks that are left after sorting.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/report/stack_view.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum { STACK_ID, VALUE, ALLOCATIONS, STACK };

#define STACK_COLUMNS(unit) { \
	{ "stack_id", NULL, UNIT_ID, "key of the stack" }, \
	{ "value", "VALUE", unit, "of the cost" }, \
	{ "allocations", "CALLS", UNIT_COUNT, "successful allocations" }, \
	{ "stack", "STACK", UNIT_TEXT, "functions, outermost first, joined by ;" }, \
}

const struct column stack_view_stack_columns[] = STACK_COLUMNS(UNIT_BYTES);
static const struct column stack_count_columns[] = STACK_COLUMNS(UNIT_COUNT);
static const struct column stack_ns_columns[] = STACK_COLUMNS(UNIT_NS);
const size_t stack_view_stack_column_count = sizeof(stack_view_stack_columns) / sizeof(stack_view_stack_columns[0]);

static int read_figures(struct store *s, int64_t site_id, int cost_id, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT * FROM (SELECT id, (SELECT sum(value) FROM total "
	                                       "WHERE cost_id = ?2 AND stack_id = stack.id) AS value, (SELECT coalesce(sum(value), 0) "
	                                       "FROM total WHERE cost_id = 1 AND stack_id = stack.id), NULL FROM stack "
	                                       "WHERE site_id = ?1) WHERE value IS NOT NULL", err);
	if (!q)
		return -1;
	statement_bind_number(q, 1, site_id);
	statement_bind_number(q, 2, cost_id);
	int rc = store_fill(s, q, t, err);
	statement_finish(q);
	return rc;
}

/* The names of one stack; the walk up stops where the tree does, whatever the parents say. */
static int read_names(struct statement *q, struct table *t, struct value *row, struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int got, first = 1;

	if (!out)
		return err_set(err, ERR_FAILED, "out of memory");
	statement_bind_number(q, 1, row[STACK_ID].number);
	for (; (got = statement_step(q, err)) > 0; first = 0) {
		if (!first)
			fputc(';', out);
		stack_tree_write_name(statement_text(q, 0), out);
	}
	fclose(out);
	if (!got)
		table_set_text(t, &row[STACK], text);
	free(text);
	return got;
}

static int read_stacks(struct store *s, struct table *t, struct err *err)
{
	struct statement *q = store_prepare(s, "WITH RECURSIVE up(parent_id, frame_id, depth) AS "
	                                       "(SELECT parent_id, frame_id, depth FROM stack WHERE id = ?1 UNION ALL "
	                                       "SELECT stack.parent_id, stack.frame_id, stack.depth FROM up JOIN stack "
	                                       "ON stack.id = up.parent_id AND stack.depth < up.depth) "
	                                       "SELECT function.name FROM up JOIN frame ON frame.id = up.frame_id "
	                                       "JOIN function ON function.id = frame.function_id ORDER BY up.depth", err);
	int rc = q ? 0 : -1;

	for (size_t row = 0; row < t->row_count && !rc; row++)
		rc = read_names(q, t, table_at(t, row, 0), err);
	if (q)
		statement_finish(q);
	return rc;
}

int stack_view_stacks(struct store *s, int64_t site_id, int cost_id, long limit, struct table *t, struct err *err)
{
	struct cost cost;

	if (cost_find_id(s, cost_id, &cost, err))
		return -1;
	table_init(t, cost.unit == UNIT_BYTES ? stack_view_stack_columns :
	              cost.unit == UNIT_NS    ? stack_ns_columns : stack_count_columns,
	           stack_view_stack_column_count);
	if (read_figures(s, site_id, cost_id, t, err)) {
		table_release(t);
		return -1;
	}
	table_sort(t, VALUE, 1);
	t->total_rows = t->row_count;
	if (limit > 0 && t->row_count > (size_t)limit)
		t->row_count = (size_t)limit;
	if (read_stacks(s, t, err)) {
		table_release(t);
		return -1;
	}
	return 0;
}
