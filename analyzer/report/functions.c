/* SPDX-License-Identifier: MIT
 *
 * Functions: the flat profile of a cost, a row a function. self adds up to the cost's total, value
 * does not: a stack counts for every function on it.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/report/stack_view.h"

#define COLUMNS(unit) { \
	{ "function", "FUNCTION", UNIT_TEXT, "its name" }, \
	{ "value", "VALUE", unit, "of all stacks it is on" }, \
	{ "self", "SELF", unit, "of the stacks whose site lies in it" }, \
	{ "function_id", NULL, UNIT_ID, "key of the function" }, \
}

/* One set for each unit a cost can have. */
static const struct column bytes_columns[] = COLUMNS(UNIT_BYTES);
static const struct column count_columns[] = COLUMNS(UNIT_COUNT);
static const struct column ns_columns[] = COLUMNS(UNIT_NS);

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct table profile;

	if (stack_view_functions(s, q, &profile, err))
		return -1;
	enum unit unit = profile.columns[2].unit;
	t->columns = unit == UNIT_BYTES ? bytes_columns : unit == UNIT_NS ? ns_columns : count_columns;
	for (size_t row = 0; row < profile.row_count; row++) {
		const struct value *from = table_at(&profile, row, 0);
		struct value *to = table_add_row(t);
		table_set_text(t, &to[0], from[1].text);
		to[1] = from[2];
		to[2] = from[3];
		to[3] = from[0];
	}
	table_release(&profile);
	return 0;
}

const struct report report_functions = {
	.name = "functions",
	.title = "Functions",
	.help = "every function with the cost of the stacks it is on, and its own",
	.rows = "functions",
	.columns = bytes_columns,
	.column_count = sizeof(bytes_columns) / sizeof(bytes_columns[0]),
	.key_count = 1,
	.sort_column = 1,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_COST | REPORT_MATCH,
	.fill = fill,
	.sql =
		"WITH RECURSIVE own AS (SELECT stack_id, sum(value) AS value FROM total WHERE cost_id = 2 GROUP BY stack_id),\n"
		"up(stack_id, node_id, depth) AS\n"
		"  (SELECT stack_id, stack_id, depth FROM own JOIN stack ON stack.id = stack_id UNION ALL\n"
		"   SELECT up.stack_id, caller.id, caller.depth FROM up JOIN stack AS callee ON callee.id = node_id\n"
		"   JOIN stack AS caller ON caller.id = callee.parent_id AND caller.depth < up.depth),\n"
		"once AS (SELECT DISTINCT up.stack_id, function_id FROM up JOIN stack ON stack.id = node_id JOIN frame ON frame.id = frame_id)\n"
		"SELECT function.name AS function, sum(own.value) AS value,\n"
		"       sum(CASE WHEN site.function_id = once.function_id THEN own.value ELSE 0 END) AS self\n"
		"FROM once JOIN own ON own.stack_id = once.stack_id JOIN stack ON stack.id = once.stack_id JOIN site ON site.id = stack.site_id\n"
		"JOIN function ON function.id = once.function_id GROUP BY once.function_id ORDER BY value DESC",
};
