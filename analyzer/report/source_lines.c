/* SPDX-License-Identifier: MIT
 *
 * Tables out of the sums by line. A path may have more than one id: modules that were built from the same file.
 */
#include "analyzer/report/source_lines.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/report/site_rows.h"
#include "analyzer/report/source_sums.h"

enum { FILE_NAME, FILE_VALUE, FILE_SELF, FILE_LINES, FILE_COLUMNS };
enum { LINE, VALUE, SELF, FUNCTION, FUNCTIONS, TEXT, PATH, FUNCTION_KEY, LINE_COLUMNS };

#define FILES_OF(unit) { \
	{ "file", "FILE", UNIT_TEXT, "source file" }, \
	{ "value", "VALUE", unit, "of all stacks that pass through it" }, \
	{ "self", "SELF", unit, "of those whose site is in it" }, \
	{ "lines", "LINES", UNIT_COUNT, "lines with a cost" }, \
}
#define LINES_OF(unit) { \
	{ "line", "LINE", UNIT_ID, "line in the file" }, \
	{ "value", "VALUE", unit, "of all stacks that pass through it" }, \
	{ "self", "SELF", unit, "of those whose site it is" }, \
	{ "function", "FUNCTION", UNIT_TEXT, "the function there with most of it" }, \
	{ "functions", NULL, UNIT_COUNT, "how many functions there are" }, \
	{ "text", "TEXT", UNIT_TEXT, "what stands there" }, \
	{ "file", NULL, UNIT_TEXT, "source file" }, \
	{ "function_id", NULL, UNIT_ID, "key of the function" }, \
}

/* One set for each unit a cost can have. */
static const struct column bytes_files[] = FILES_OF(UNIT_BYTES), bytes_lines[] = LINES_OF(UNIT_BYTES);
static const struct column count_files[] = FILES_OF(UNIT_COUNT), count_lines[] = LINES_OF(UNIT_COUNT);
static const struct column ns_files[] = FILES_OF(UNIT_NS), ns_lines[] = LINES_OF(UNIT_NS);

int source_files_read(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	const struct source_sums *sums = source_sums_read(s, q, err);
	struct stack_tree tree;

	if (!sums || stack_tree_load(s, &tree, err))
		return -1;
	int64_t *lines = memory_zeroed((size_t)sums->last_file + 1, sizeof(*lines));
	for (uint32_t i = 1; i <= sums->line_count; i++)
		lines[sums->lines[i].file] += sums->lines[i].value != 0;
	table_init(t, sums->cost.unit == UNIT_BYTES ? bytes_files : sums->cost.unit == UNIT_NS ? ns_files : count_files, FILE_COLUMNS);
	for (uint32_t file = 1; file <= sums->last_file && file <= tree.last_file; file++) {
		if (!sums->files[file].value || !site_rows_match(q, stack_tree_file(&tree, file)))
			continue;
		struct value *row = table_add_row(t);
		table_set_text(t, &row[FILE_NAME], stack_tree_file(&tree, file));
		table_set_number(&row[FILE_VALUE], sums->files[file].value);
		table_set_number(&row[FILE_SELF], sums->files[file].self);
		table_set_number(&row[FILE_LINES], lines[file]);
	}
	table_sort(t, FILE_VALUE, 1);
	free(lines);
	stack_tree_release(&tree);
	return 0;
}

/* The numbers of the file's lines that have a cost, in their order; *count of them. Caller frees. */
static int by_line(const void *left, const void *right)
{
	const struct source_sum *const *a = left, *const *b = right;

	return ((*a)->line > (*b)->line) - ((*a)->line < (*b)->line);
}

static const struct source_sum **choose_lines(const struct source_sums *sums, const struct stack_tree *tree, const char *path, size_t *count)
{
	const struct source_sum **chosen = memory_zeroed((size_t)sums->line_count + 1, sizeof(*chosen));
	uint8_t *is_it = memory_zeroed((size_t)sums->last_file + 1, 1);

	*count = 0;
	for (uint32_t file = 1; file <= sums->last_file && file <= tree->last_file; file++)
		is_it[file] = tree->files[file].used && strcmp(stack_tree_file(tree, file), path) == 0;
	for (uint32_t i = 1; i <= sums->line_count; i++)
		if (is_it[sums->lines[i].file] && (sums->lines[i].value || sums->lines[i].self))
			chosen[(*count)++] = &sums->lines[i];
	free(is_it);
	qsort(chosen, *count, sizeof(*chosen), by_line);
	return chosen;
}

static struct value *add_line(struct table *t, uint32_t line, const char *path, const struct source_text *text)
{
	struct value *row = table_add_row(t);

	table_set_number(&row[LINE], line);
	table_set_text(t, &row[PATH], path);
	if (text && line <= text->count)
		table_set_text(t, &row[TEXT], text->lines[line - 1]);
	return row;
}

/* The cost goes into the row in hand, which another file of the same path may have been in. */
static void add_cost(const struct stack_tree *tree, const struct source_sum *sum, struct table *t, struct value *row)
{
	if (row[VALUE].none || sum->value > row[VALUE].number) {
		table_set_text(t, &row[FUNCTION], stack_tree_function(tree, sum->function));
		table_set_number(&row[FUNCTION_KEY], sum->function);
	}
	table_set_number(&row[VALUE], row[VALUE].number + sum->value);
	table_set_number(&row[SELF], row[SELF].number + sum->self);
	table_set_number(&row[FUNCTIONS], row[FUNCTIONS].number + sum->functions);
}

int source_lines_read(struct store *s, const char *path, const struct report_query *q, const struct source_text *text, struct table *t,
                      struct err *err)
{
	const struct source_sums *sums = source_sums_read(s, q, err);
	struct stack_tree tree;
	struct value *row = NULL;
	uint32_t line = 0;
	size_t count;

	if (!sums || stack_tree_load(s, &tree, err))
		return -1;
	const struct source_sum **chosen = choose_lines(sums, &tree, path, &count);
	table_init(t, sums->cost.unit == UNIT_BYTES ? bytes_lines : sums->cost.unit == UNIT_NS ? ns_lines : count_lines, LINE_COLUMNS);
	for (size_t i = 0; i < count; i++) {
		while (text && line + 1 < chosen[i]->line && line < text->count)
			add_line(t, ++line, path, text);
		if (!row || chosen[i]->line != line)
			row = add_line(t, line = chosen[i]->line, path, text);
		add_cost(&tree, chosen[i], t, row);
	}
	while (text && line < text->count)
		add_line(t, ++line, path, text);
	free(chosen);
	stack_tree_release(&tree);
	return 0;
}

int source_of_function(struct store *s, int64_t function_id, const struct report_query *q, char **path, struct err *err)
{
	const struct source_sums *sums = source_sums_read(s, q, err);
	struct stack_tree tree;
	int64_t most = 0;
	uint32_t file = 0;

	*path = NULL;
	if (!sums || stack_tree_load(s, &tree, err))
		return -1;
	for (uint32_t i = 1; i <= sums->line_count; i++) {
		if (sums->lines[i].function != function_id || sums->lines[i].value <= most)
			continue;
		most = sums->lines[i].value;
		file = sums->lines[i].file;
	}
	for (uint32_t f = 1; f <= tree.last_frame && !file; f++)
		if (tree.frames[f].function && tree.frames[f].function == function_id)
			file = tree.frames[f].file;
	if (file && file <= tree.last_file)
		*path = memory_text(stack_tree_file(&tree, file));
	stack_tree_release(&tree);
	return 0;
}
