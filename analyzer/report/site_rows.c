/* SPDX-License-Identifier: MIT
 *
 * How sites and stacks are shown in rows, and which rows a query's match keeps.
 */
#define _GNU_SOURCE /* strcasestr */
#include "analyzer/report/site_rows.h"

#include <stdlib.h>
#include <string.h>

int site_rows_match(const struct report_query *q, const char *name)
{
	return !q->match || (name && strcasestr(name, q->match) != NULL);
}

void site_rows_keep_matching(const struct report_query *q, struct table *t, const size_t *columns, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->row_count; i++) {
		int matches = 0;
		for (size_t c = 0; c < count; c++)
			matches |= site_rows_match(q, table_at(t, i, columns[c])->text);
		if (matches && kept < i)
			memcpy(table_at(t, kept, 0), table_at(t, i, 0), t->column_count * sizeof(*t->values));
		kept += matches != 0;
	}
	t->row_count = t->total_rows = kept;
}

void site_rows_place(const struct stack_tree *tree, const struct stack_place *place, struct table *t, struct value *four)
{
	table_set_text(t, &four[0], stack_tree_function(tree, place->function));
	table_set_text(t, &four[1], stack_tree_file(tree, place->file));
	if (place->line)
		table_set_number(&four[2], place->line);
	table_set_text(t, &four[3], stack_tree_module(tree, place->function));
}

void site_rows_stack(const struct stack_tree *tree, uint32_t stack, struct table *t, struct value *v)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = stack ? open_memstream(&text, &size) : NULL;

	if (!out)
		return;
	stack_tree_write(tree, stack, 0, out);
	if (fclose(out) == 0)
		table_set_text(t, v, text);
	free(text);
}
