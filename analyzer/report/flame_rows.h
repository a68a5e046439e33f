/* SPDX-License-Identifier: MIT
 *
 * Nodes of the flame tree as rows of a table: the columns that flame.h names.
 */
#ifndef REPORT_FLAME_ROWS_H
#define REPORT_FLAME_ROWS_H

#include "analyzer/report/flame.h"

struct flame_rows {
	struct flame_tree *tree;
	struct table *table;
	/* Nodes that are still to be shown, the next one last. */
	struct flame_pending {
		uint32_t node;
		size_t parent, depth; /* the row of its parent, and how deep it lies */
		size_t others;        /* not 0: it stands for so many children of `node` */
		int64_t value[FLAME_SIDES]; /* theirs */
	} *pending;
	size_t count, capacity;
	uint32_t *chosen;  /* children of the node in hand */
	size_t chosen_capacity;
	int by_name;
};

/* Begins a table for the tree. */
void flame_rows_start(struct flame_rows *rows, struct flame_tree *tree, struct table *t);
void flame_rows_release(struct flame_rows *rows);
/* A row for a node whose children are made; returns its number. `parent` counts only below depth 0. */
size_t flame_rows_add(struct flame_rows *rows, uint32_t node, size_t parent, size_t depth, enum flame_kind kind);
/* A row for what is left of a node's children. */
void flame_rows_add_others(struct flame_rows *rows, const struct flame_pending *others);
/* Puts a node's children on the list of pending ones: those whose weight is at least `least`, `most` of them at the most, and the
 * others as one. `row` is the node's. */
void flame_rows_push_children(struct flame_rows *rows, uint32_t node, size_t row, size_t depth, int64_t least, size_t most);
/* The rows from the root down to a node; the last one is of kind FLAME_START. Returns its row. */
size_t flame_rows_add_path(struct flame_rows *rows, uint32_t node);

#endif
