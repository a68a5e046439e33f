/* SPDX-License-Identifier: MIT
 *
 * SQL adds up by stack; the stack tree gives the names.
 */
#include "analyzer/report/lock_rows.h"

#include "analyzer/report/site_rows.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

enum { FUNCTION, STACK, FIRST_FIGURE };
enum { PLACE, LOCK_KEY = 3, STACK_KEY, SITE_KEY, FUNCTION_KEY, BEHIND }; /* behind the figures; the place is file, line, module */

static void add_row(const struct report_query *q, const struct lock_rows *rows, const struct stack_tree *tree, struct statement *from,
                    struct table *t)
{
	uint32_t stack = (uint32_t)statement_number(from, 0), site = tree->nodes[stack].site;
	const struct stack_place *place = &tree->sites[site];
	size_t behind = t->column_count - BEHIND;
	struct value four[4] = { { .none = 1 }, { .none = 1 }, { .none = 1 }, { .none = 1 } };

	if (!site_rows_match(q, stack_tree_function(tree, place->function)) &&
	    !site_rows_match(q, statement_text(from, (int)rows->named)))
		return;
	struct value *row = table_add_row(t);
	for (size_t c = FIRST_FIGURE; c < behind; c++) {
		if (t->columns[c].unit == UNIT_TEXT)
			table_set_text(t, &row[c], statement_none(from, (int)c) ? NULL : statement_text(from, (int)c));
		else if (!statement_none(from, (int)c))
			table_set_number(&row[c], statement_number(from, (int)c));
	}
	site_rows_place(tree, place, t, four);
	site_rows_stack(tree, stack, t, &row[STACK]);
	row[FUNCTION] = four[0];
	for (size_t i = 1; i < 4; i++)
		row[behind + PLACE + i - 1] = four[i];
	table_set_number(&row[behind + LOCK_KEY], statement_number(from, 1));
	table_set_number(&row[behind + STACK_KEY], stack);
	table_set_number(&row[behind + SITE_KEY], site);
	table_set_number(&row[behind + FUNCTION_KEY], place->function);
}

int lock_rows_fill(struct store *s, const struct report_query *q, const struct lock_rows *rows, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;
	int got = -1;

	if (stack_tree_load(s, &tree, err))
		return -1;
	struct statement *from = store_prepare(s, rows->sql, err);
	if (from) {
		scope_bind(from, &scope);
		while ((got = statement_step(from, err)) > 0) {
			int64_t stack = statement_number(from, 0);
			if (stack < 1 || stack > tree.last_node || !tree.nodes[stack].frame) {
				got = err_set(err, ERR_FAILED, "the database is damaged: somebody waited in stack %lld, which is not there",
				              (long long)stack);
				break;
			}
			add_row(q, rows, &tree, from, t);
		}
		statement_finish(from);
	}
	stack_tree_release(&tree);
	return got;
}
