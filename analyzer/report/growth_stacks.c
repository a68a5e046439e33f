/* SPDX-License-Identifier: MIT
 *
 * Growth: blocks that were resized again and again, a row a stack that resized them last, and process. The steps of
 * all rows, but those of C++ containers, are the summary's reallocations.
 */
#include "analyzer/report/report_list.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/store/lens.h"

enum { CHAINS = 4, FIGURES = 6, STACK = CHAINS + FIGURES, PID, CONTAINER, STACK_ID, SITE, FUNCTION };

static const struct column columns[] = {
	SITE_COLUMNS,
	{ "chains", "BLOCKS", UNIT_COUNT, "blocks that were resized at least once, and for the last time here" },
	{ "steps", "RESIZED", UNIT_COUNT, "how often, taken together" },
	{ "max_steps", "MOST", UNIT_COUNT, "how often the one resized most" },
	{ "copied_bytes", "COPIED", UNIT_BYTES, "what there was to copy when they moved" },
	{ "final_p50", "HALF END AT", UNIT_BYTES, "half of them were no larger in the end" },
	{ "final_p90", "90 % END AT", UNIT_BYTES, "nine of ten were no larger in the end" },
	{ "stack", NULL, UNIT_TEXT, "functions from the root inwards, joined by ;" },
	{ "pid", NULL, UNIT_ID, "process" },
	{ "container", NULL, UNIT_COUNT, "1: storage that a C++ container replaced by larger one; 0: resized by realloc" },
	{ "stack_id", NULL, UNIT_ID, "key of the stack" },
	{ "site_id", NULL, UNIT_ID, "key of the site" },
	{ "function_id", NULL, UNIT_ID, "key of the function" },
};

/* ?3: rows at the most. Together with a row comes how many there are. */
static const char sql[] =
	"SELECT stack_id, chains, steps, max_steps, copied_bytes, final_p50, final_p90, process.pid, container, count(*) OVER () FROM growth "
	"JOIN process ON process.id = process_id WHERE " SCOPE_PROCESSES " ORDER BY steps DESC, stack_id, process_id LIMIT ?3";

enum { FEW = 5000 }; /* stacks that are read one by one rather than all */

static void add_row(const struct stack_tree *tree, struct statement *from, const struct report_query *q, struct table *t)
{
	uint32_t stack = (uint32_t)statement_number(from, 0), site = tree->nodes[stack].site;
	const struct stack_place *place = &tree->sites[site];

	if (!site_rows_match(q, stack_tree_function(tree, place->function)))
		return;
	struct value *row = table_add_row(t);
	site_rows_place(tree, place, t, row);
	for (int c = 0; c < FIGURES; c++)
		table_set_number(&row[CHAINS + c], statement_number(from, 1 + c));
	site_rows_stack(tree, stack, t, &row[STACK]);
	table_set_number(&row[PID], statement_number(from, 1 + FIGURES));
	table_set_number(&row[CONTAINER], statement_number(from, 2 + FIGURES));
	table_set_number(&row[STACK_ID], stack);
	table_set_number(&row[SITE], site);
	table_set_number(&row[FUNCTION], place->function);
}

static int fill(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	struct scope scope = { q->pid, q->tid };
	struct stack_tree tree;
	long limit = q->match || q->sort || q->limit <= 0 ? -1 : q->limit;
	uint64_t all = 0;
	int got = -1;

	if ((limit > 0 && limit <= FEW ? stack_tree_load_names : stack_tree_load)(s, &tree, err))
		return -1;
	struct statement *from = store_prepare(s, sql, err);
	if (from) {
		scope_bind(from, &scope);
		statement_bind_number(from, 3, limit);
		while ((got = statement_step(from, err)) > 0) {
			if (stack_tree_need(&tree, statement_number(from, 0), err)) {
				got = -1;
				break;
			}
			add_row(&tree, from, q, t);
			all = (uint64_t)statement_number(from, 3 + FIGURES);
		}
		statement_finish(from);
	}
	if (limit > 0 && all > t->total_rows)
		t->total_rows = all;
	stack_tree_release(&tree);
	return got;
}

const struct report report_growth = {
	.name = "growth",
	.title = "Growth",
	.help = "blocks resized again and again, by the stack that did it last",
	.rows = "stacks",
	.columns = columns,
	.column_count = sizeof(columns) / sizeof(columns[0]),
	.key_count = 3,
	.sort_column = CHAINS + 1,
	.filters = REPORT_PID | REPORT_MATCH,
	.needs = LENS_GROWTH,
	.fill = fill,
	.sql =
		"SELECT function, file, nullif(line, 0) AS line, module, chains, steps, max_steps, copied_bytes, final_p50, final_p90, stack, pid, container\n"
		"FROM growth JOIN process ON process.id = process_id JOIN stacks ON stacks.stack_id = growth.stack_id\n"
		"JOIN sites ON sites.site_id = stacks.site_id ORDER BY steps DESC",
};
