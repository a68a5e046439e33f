/* SPDX-License-Identifier: MIT
 *
 * The trace's stack tree: gives dense ids to nodes of the segment's table, parents first, in the
 * order of first use. A node is read and checked once; what the target does to it afterwards has
 * no effect. Ids of the trace are never given again; nodes of the table are, once nobody is left who could use them.
 */
#ifndef COLLECTOR_TREE_H
#define COLLECTOR_TREE_H

#include <stdint.h>

#include "collector/writer.h"
#include "trace/segment.h"
#include "trace/stacks.h"

/* A node of the segment. */
struct tree_node {
	uint32_t id;     /* in the trace; 0: not met yet */
	uint32_t family; /* whose it is; 0: nobody knows */
};

struct tree {
	struct segment *segment;
	struct segment_node *table; /* the segment's: may change under our eyes */
	struct tree_node *nodes;    /* by node of the segment; sparse */
	uint32_t family;            /* whose stacks are asked for: the caller's to set; 0: anybody's */
	uint32_t met, high;         /* nodes that are known, and one more than the highest of them */
	uint32_t free_at;           /* known nodes, from which on it is worth while to free some */
	struct stack_node *fresh;         /* given an id, not written yet; STACKS_MAX_NODES of them */
	uint32_t fresh_count;
	uint32_t last_id;
	uint64_t refused;                 /* stacks that no well-behaved shim writes */
	unsigned char *raw;               /* for encoding; BLOCK_MAX_RAW */
	struct writer *writer;
	uint64_t tick;                    /* time of the last flush */
};

/* `raw`: BLOCK_MAX_RAW bytes, used during flushes only. 0 or -1 (no memory). */
int tree_init(struct tree *t, struct segment *segment, struct writer *writer, unsigned char *raw);
void tree_release(struct tree *t);

/* The slow way of tree_id. */
uint32_t tree_add(struct tree *t, uint32_t node);

/* Trace id of a node; 0 for 0 and for what cannot be a stack, or is another family's. */
static inline uint32_t tree_id(struct tree *t, uint32_t node)
{
	if (node < SEGMENT_NODES && t->nodes[node].id && t->nodes[node].family == t->family)
		return t->nodes[node].id;
	return node ? tree_add(t, node) : 0;
}

/* Frees the nodes of all families but those `living`, which are sorted; what was known of nodes of nobody's is found out anew. */
void tree_free_others(struct tree *t, const uint32_t *living, uint32_t count);

/* Writes the nodes not written yet: to be called before any block that names them. */
void tree_flush(struct tree *t, uint64_t tick);

#endif
