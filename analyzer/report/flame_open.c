/* SPDX-License-Identifier: MIT
 *
 * Paths become node numbers, the tree is gone through from its root, and only what is open is entered.
 */
#include "analyzer/report/flame_open.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/map.h"
#include "analyzer/base/memory.h"
#include "analyzer/report/flame_rows.h"

static void mark(struct map *open, uint32_t node)
{
	*map_at(open, node) = 1;
}

/* A path that is there up to its end only. */
static void open_path(struct flame_tree *t, struct map *open, const char *path)
{
	size_t labels = *path != 0, depth;

	for (const char *at = path; *at; at++)
		labels += *at == '/';
	uint32_t node = flame_tree_find(t, path, &depth);
	if (depth == labels)
		mark(open, node);
}

static void open_paths(struct flame_tree *t, struct map *open, const char *paths)
{
	while (paths && *paths) {
		size_t size = strcspn(paths, "\n");
		char *path = memory_zeroed(size + 1, 1);

		memcpy(path, paths, size);
		open_path(t, open, path);
		free(path);
		paths += size + (paths[size] == '\n');
	}
}

/* Down the biggest children, until half of what one began with stays in a node or goes to small ones. */
static void open_hottest(struct flame_tree *t, struct map *open, const char *path)
{
	size_t depth;
	uint32_t node = flame_tree_find(t, path, &depth);
	int64_t half = flame_tree_weight(&t->nodes[node]) / 2;

	for (size_t steps = 0; steps < FLAME_DEPTH; steps++) {
		flame_tree_make_children(t, node);
		if (!t->nodes[node].count)
			break;
		mark(open, node);
		node = t->nodes[node].first;
		if (flame_tree_weight(&t->nodes[node]) < half)
			break;
	}
}

static void add_rows(struct flame_rows *rows, const struct map *open, size_t most)
{
	flame_rows_push_children(rows, 0, 0, 1, INT64_MIN, most);
	while (rows->count > 0 && rows->table->row_count < FLAME_ROWS) {
		struct flame_pending next = rows->pending[--rows->count];
		if (next.others) {
			flame_rows_add_others(rows, &next);
			continue;
		}
		flame_tree_make_children(rows->tree, next.node);
		size_t row = flame_rows_add(rows, next.node, next.parent, next.depth, FLAME_FRAME);
		if (map_find(open, next.node))
			flame_rows_push_children(rows, next.node, row, next.depth + 1, INT64_MIN, most);
	}
	rows->table->total_rows = rows->table->row_count + rows->count;
}

int flame_open_read(struct store *s, struct store *base, const struct flame_open_query *q, struct table *t, struct err *err)
{
	struct flame_tree *tree = flame_tree_get(s, base, &q->subject, err);
	struct map open = MAP_INIT;
	struct flame_rows rows;

	if (!tree)
		return -1;
	flame_tree_make_children(tree, 0);
	open_paths(tree, &open, q->open);
	if (q->hottest)
		open_hottest(tree, &open, q->hottest);
	flame_rows_start(&rows, tree, t);
	flame_rows_add(&rows, 0, 0, 0, FLAME_START);
	add_rows(&rows, &open, q->most ? q->most : SIZE_MAX);
	flame_rows_release(&rows);
	map_release(&open);
	return 0;
}
