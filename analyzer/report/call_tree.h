/* SPDX-License-Identifier: MIT
 *
 * The call tree of one cost: all stacks merged by place (function, file, line), from the outermost
 * frame inwards or from the sites outwards. A node's value is its self and its children's values;
 * the roots' values add up to the cost's total.
 */
#ifndef REPORT_CALL_TREE_H
#define REPORT_CALL_TREE_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/trie.h"
#include "analyzer/report/report.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/stack_tree.h"

struct call_tree {
	struct stack_tree stacks;
	struct cost cost;
	uint32_t *labels;    /* of a frame id: its place's number, 0.. */
	uint32_t *frames;    /* of a label: a frame at that place */
	struct trie trie;    /* labels are places; trie.nodes[0].value is the total */
};

/* Reads the stacks and merges them as the query says (pid, tid, cost, bottom_up; match: only stacks through such a function).
 * Bottom-up, a query's limit leaves nodes out that are not among so many of the biggest, unless it sorts them otherwise.
 * 0; or -1 with nothing to release. */
int call_tree_load(struct store *s, const struct report_query *q, struct call_tree *tree, struct err *err);
void call_tree_release(struct call_tree *tree);
/* The place of a node, not of the root. */
const struct stack_place *call_tree_place(const struct call_tree *tree, uint32_t node);

#endif
