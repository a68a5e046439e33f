/* SPDX-License-Identifier: MIT
 *
 * Chains of reallocations, and what the allocator gave, by stack and process.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"

/* Rows begin with their stack and process: the tables' keys. */
static int row_compare(const void *left, const void *right)
{
	const uint32_t *a = *(const uint32_t *const *)left, *b = *(const uint32_t *const *)right;

	if (a[0] != b[0])
		return a[0] < b[0] ? -1 : 1;
	return (a[1] > b[1]) - (a[1] < b[1]);
}

/* In the order of the keys, so that each row is put at a table's end. */
static const void **sorted_rows(const struct keyed *rows)
{
	const void **sorted = memory_resized(NULL, rows->count, sizeof(*sorted));

	for (size_t k = 0; k < rows->count; k++)
		sorted[k] = keyed_item(rows, k);
	if (rows->count)
		qsort(sorted, rows->count, sizeof(*sorted), row_compare);
	return sorted;
}

static int write_growth(const struct output *o, struct err *err)
{
	const struct growth *g = &o->replay->growth;
	const void **rows = sorted_rows(&g->rows);
	struct inserter i;

	inserter_open_numbers(&i, o->store, "growth", 9, "", err);
	for (size_t k = 0; k < g->rows.count; k++) {
		const struct growth_row *row = rows[k];

		inserter_number(&i, 1, row->stack);
		inserter_number(&i, 2, row->process);
		inserter_figure(&i, 3, row->chains);
		inserter_figure(&i, 4, row->steps);
		inserter_figure(&i, 5, row->max_steps);
		inserter_figure(&i, 6, row->copied);
		inserter_figure(&i, 7, growth_percentile(g, row, 50));
		inserter_figure(&i, 8, growth_percentile(g, row, 90));
		inserter_number(&i, 9, row->container);
		inserter_run(&i);
	}
	free(rows);
	return inserter_close(&i);
}

static int write_slack(const struct output *o, struct err *err)
{
	const struct keyed *slack = &o->replay->slack.rows;
	const void **rows = sorted_rows(slack);
	struct inserter i;

	inserter_open_numbers(&i, o->store, "slack", 5, "", err);
	for (size_t k = 0; k < slack->count; k++) {
		const struct slack_row *row = rows[k];

		inserter_number(&i, 1, row->stack);
		inserter_number(&i, 2, row->process);
		inserter_figure(&i, 3, row->blocks);
		inserter_figure(&i, 4, row->requested);
		inserter_figure(&i, 5, row->usable);
		inserter_run(&i);
	}
	free(rows);
	return inserter_close(&i);
}

int output_growth(const struct output *o, struct err *err)
{
	return write_growth(o, err) || write_slack(o, err) ? -1 : 0;
}
