/* SPDX-License-Identifier: MIT
 *
 * The visible part of the tree, and what of it matches.
 */
#include "analyzer/report/flame.h"

#include "analyzer/report/flame_match.h"
#include "analyzer/report/flame_rows.h"

/* The smallest weight that is shown; at least 1. */
static int64_t least_weight(const struct flame_tree *t, uint32_t start, double share)
{
	double least = (double)flame_tree_weight(&t->nodes[start]) * share;

	return least > 1 ? (int64_t)least : 1;
}

static void add_below(struct flame_rows *rows, uint32_t start, size_t row, size_t depth, const struct flame_query *q)
{
	size_t deepest = depth + (q->most_depth ? q->most_depth : FLAME_DEPTH);
	int64_t least = least_weight(rows->tree, start, q->least);

	flame_rows_push_children(rows, start, row, depth + 1, least, SIZE_MAX);
	while (rows->count > 0 && rows->table->row_count < FLAME_ROWS) {
		struct flame_pending next = rows->pending[--rows->count];
		if (next.others) {
			flame_rows_add_others(rows, &next);
			continue;
		}
		flame_tree_make_children(rows->tree, next.node);
		row = flame_rows_add(rows, next.node, next.parent, next.depth, FLAME_FRAME);
		if (next.depth < deepest)
			flame_rows_push_children(rows, next.node, row, next.depth + 1, least, SIZE_MAX);
	}
	rows->table->total_rows = rows->table->row_count + rows->count;
}

int flame_read(struct store *s, struct store *base, const struct flame_query *q, struct table *t, struct err *err)
{
	struct flame_tree *tree = flame_tree_get(s, base, &q->subject, err);
	struct flame_rows rows;
	size_t depth;

	if (!tree)
		return -1;
	uint32_t start = flame_tree_find(tree, q->path, &depth);
	flame_rows_start(&rows, tree, t);
	rows.by_name = q->by_name;
	size_t row = flame_rows_add_path(&rows, start);
	if (q->match && *q->match)
		table_set_number(&table_at(t, row, 0)[FLAME_MATCHED], flame_match_value(tree, q->match, start));
	add_below(&rows, start, row, depth, q);
	flame_rows_release(&rows);
	return 0;
}
