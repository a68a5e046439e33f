/* SPDX-License-Identifier: MIT
 *
 * All stacks of a cost merged by function: from the outermost frame inwards, or from the sites outwards; of one
 * recording, or of two side by side. It is kept with the store and grows where it is looked at: a node knows the stacks
 * that are merged in it, and its children are made when they are asked for first. So what nobody looks at costs
 * nothing, and what was looked at once is there.
 *
 * A node's value is its self and its children's values. Nodes keep their numbers as long as the tree is kept; 0 is the
 * root, which has no label.
 */
#ifndef REPORT_FLAME_TREE_H
#define REPORT_FLAME_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/report/flame_label.h"
#include "analyzer/report/flame_side.h"
#include "analyzer/store/cost.h"

enum { FLAME_NOW, FLAME_BASE, FLAME_SIDES };

/* What a tree is of. */
struct flame_subject {
	const char *cost;  /* NULL: allocated_bytes */
	int bottom_up;
	int64_t through;   /* only stacks through this function, by its id in the store; 0: all */
};

/* Stacks that a node merges. */
struct flame_item {
	uint32_t stack;
	uint32_t side : 1, group : 31;
	int64_t value;
};

struct flame_node {
	int64_t value[FLAME_SIDES];
	int64_t self[FLAME_SIDES]; /* once its children are made */
	uint32_t label, parent;
	uint32_t first, count;     /* its children, biggest first */
	uint32_t frame, frame_side; /* of its frames the one with most; 0: none */
	int made;                  /* 1: its children are */
	struct flame_item *items;  /* until they are; the tree's */
	size_t item_count;
};

struct flame_tree {
	struct cost cost;
	int bottom_up, side_count; /* 2: it compares */
	struct flame_side sides[FLAME_SIDES];
	struct flame_labels labels;
	struct flame_node *nodes;
	size_t count, capacity;
	struct flame_growth *growth; /* flame_tree.c's */
	struct flame_match *match;   /* flame_match.c's */
};

/* The store's tree, made if it is not kept. It is compared with base unless that is NULL. NULL: it cannot be read. Good until the
 * next call with this store. */
struct flame_tree *flame_tree_get(struct store *s, struct store *base, const struct flame_subject *subject, struct err *err);

/* Makes a node's children, if they are not there, and sets its self. Moves nodes[]. */
void flame_tree_make_children(struct flame_tree *t, uint32_t node);
/* The child under a label; 0: there is none. */
uint32_t flame_tree_child(struct flame_tree *t, uint32_t node, uint32_t label);
/* The node at the end of a path of labels, "12/5/7" from the root; *depth: how many of them were found. */
uint32_t flame_tree_find(struct flame_tree *t, const char *path, size_t *depth);
/* Names of a label; module may be NULL. */
const char *flame_tree_name(const struct flame_tree *t, uint32_t label);
const char *flame_tree_module(const struct flame_tree *t, uint32_t label);
/* The larger of a node's two values. */
int64_t flame_tree_weight(const struct flame_node *n);

#endif
