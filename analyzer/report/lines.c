/* SPDX-License-Identifier: MIT
 *
 * Lines: costs by source line, a row a line. self adds up to the cost's total, as far as lines are known; value does not: a stack counts
 * for every line it passes through.
 */
#include "analyzer/report/lines.h"
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/source_sums.h"

#define COLUMNS_OF(unit) { \
	{ "function", "FUNCTION", UNIT_TEXT, "the function there with most of it" }, \
	{ "file", NULL, UNIT_TEXT, "source file" }, \
	{ "line", NULL, UNIT_ID, "line in the file" }, \
	{ "module", NULL, UNIT_TEXT, "executable or shared object the function lies in" }, \
	{ "value", "VALUE", unit, "of all stacks that pass through the line" }, \
	{ "self", "SELF", unit, "of the stacks whose site it is" }, \
	{ "functions", NULL, UNIT_COUNT, "how many functions there are on the line" }, \
	{ "function_id", NULL, UNIT_ID, "key of the function" }, \
}

/* One set for each unit a cost can have. */
static const struct column bytes_columns[] = COLUMNS_OF(UNIT_BYTES);
static const struct column count_columns[] = COLUMNS_OF(UNIT_COUNT);
static const struct column ns_columns[] = COLUMNS_OF(UNIT_NS);

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	const struct source_sums *sums = source_sums_read(s, q, err);
	struct stack_tree tree;

	if (!sums || stack_tree_load(s, &tree, err))
		return -1;
	t->columns = sums->cost.unit == UNIT_BYTES ? bytes_columns : sums->cost.unit == UNIT_NS ? ns_columns : count_columns;
	for (uint32_t i = 1; i <= sums->line_count; i++) {
		const struct source_sum *sum = &sums->lines[i];
		const char *function = stack_tree_function(&tree, sum->function), *file = stack_tree_file(&tree, sum->file);
		if (!sum->value || (!site_rows_match(q, file) && !site_rows_match(q, function)))
			continue;
		struct value *row = table_add_row(t);
		site_rows_place(&tree, &(struct stack_place){ sum->function, sum->file, sum->line, 0 }, t, row);
		table_set_number(&row[LINES_VALUE], sum->value);
		table_set_number(&row[LINES_SELF], sum->self);
		table_set_number(&row[LINES_FUNCTIONS], sum->functions);
		table_set_number(&row[LINES_FUNCTION_KEY], sum->function);
	}
	stack_tree_release(&tree);
	return 0;
}

const struct report report_lines = {
	.name = "lines",
	.title = "Lines",
	.help = "every source line with the cost of the stacks through it, and its own",
	.rows = "lines",
	.columns = bytes_columns,
	.column_count = sizeof(bytes_columns) / sizeof(bytes_columns[0]),
	.key_count = 1,
	.sort_column = LINES_VALUE,
	.filters = REPORT_PID | REPORT_THREAD | REPORT_COST | REPORT_MATCH,
	.fill = fill,
	.sql =
		"WITH RECURSIVE own AS (SELECT stack_id, sum(value) AS value FROM total WHERE cost_id = 2 GROUP BY stack_id),\n"
		"up(stack_id, node_id, depth) AS\n"
		"  (SELECT stack_id, stack_id, depth FROM own JOIN stack ON stack.id = stack_id UNION ALL\n"
		"   SELECT up.stack_id, caller.id, caller.depth FROM up JOIN stack AS callee ON callee.id = node_id\n"
		"   JOIN stack AS caller ON caller.id = callee.parent_id AND caller.depth < up.depth),\n"
		"once AS (SELECT DISTINCT up.stack_id, file_id, line, function_id FROM up JOIN stack ON stack.id = node_id\n"
		"         JOIN frame ON frame.id = frame_id WHERE file_id <> 0 AND line <> 0),\n"
		"places AS (SELECT file_id, line, function_id, count(*) OVER (PARTITION BY file_id, line) AS functions,\n"
		"                  row_number() OVER (PARTITION BY file_id, line ORDER BY sum(value) DESC, function_id) AS place\n"
		"           FROM once JOIN own ON own.stack_id = once.stack_id GROUP BY file_id, line, function_id),\n"
		"lines AS (SELECT file_id, line, sum(value) AS value\n"
		"          FROM (SELECT DISTINCT stack_id, file_id, line FROM once) o JOIN own ON own.stack_id = o.stack_id GROUP BY file_id, line),\n"
		"selves AS (SELECT file_id, line, sum(value) AS self FROM own JOIN stack ON stack.id = stack_id JOIN site ON site.id = site_id\n"
		"           GROUP BY file_id, line)\n"
		"SELECT function.name AS function, file.path AS file, lines.line, module.path AS module, value, coalesce(self, 0) AS self, functions\n"
		"FROM lines JOIN places ON places.file_id = lines.file_id AND places.line = lines.line AND place = 1\n"
		"JOIN file ON file.id = lines.file_id JOIN function ON function.id = places.function_id LEFT JOIN module ON module.id = module_id\n"
		"LEFT JOIN selves ON selves.file_id = lines.file_id AND selves.line = lines.line ORDER BY value DESC",
	.write_text = lines_write_text,
};
