/* SPDX-License-Identifier: MIT
 *
 * A tree of labels that merges equal paths: stacks go in frame by frame, what was counted at their
 * ends is added up. Nodes are numbers; 0 is the root, which has no label, and a node's number is
 * larger than its parent's. Labels are the caller's.
 */
#ifndef BASE_TRIE_H
#define BASE_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/map.h"

struct trie_node {
	uint32_t parent, label;
	int64_t self;  /* counted at this node */
	int64_t value; /* counted at and below this node; see trie_sum */
};

struct trie {
	struct trie_node *nodes; /* [0] is the root */
	size_t count, capacity;
	struct map children; /* (parent, label) to node */
};

void trie_init(struct trie *t);
void trie_release(struct trie *t);
/* The child of `parent` under `label`, made if there is none. */
uint32_t trie_child(struct trie *t, uint32_t parent, uint32_t label);
/* Sets every node's value from the selfs. */
void trie_sum(struct trie *t);

#endif
