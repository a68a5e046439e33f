/* SPDX-License-Identifier: MIT
 *
 * Looking columns up by name; for what is drawn, not for what goes through all rows.
 */
#include "tui/row.h"

const struct value *row_cell(const struct table *t, size_t row, const char *name)
{
	int column = table_column(t, name);
	const struct value *value = column < 0 ? NULL : table_at(t, row, (size_t)column);

	return value && !value->none ? value : NULL;
}

const char *row_text(const struct table *t, size_t row, const char *name)
{
	const struct value *value = row_cell(t, row, name);

	return value && value->text ? value->text : "";
}

int64_t row_number(const struct table *t, size_t row, const char *name)
{
	const struct value *value = row_cell(t, row, name);

	return value ? value->number : 0;
}

int64_t row_sum(const struct table *t, const char *name)
{
	int64_t all = 0;

	for (size_t row = 0; row < t->row_count; row++)
		all += row_number(t, row, name);
	return all;
}
