/* SPDX-License-Identifier: MIT
 *
 * The trace's stack tree: gives dense ids to nodes of the segment's table, parents first, in the
 * order of first use. A node is read and checked once; what the target does to it afterwards has
 * no effect.
 */
#ifndef COLLECTOR_TREE_H
#define COLLECTOR_TREE_H

#include <stdint.h>

#include "collector/writer.h"
#include "trace/segment.h"
#include "trace/stacks.h"

struct tree {
	const struct segment_node *table; /* the segment's: may change under our eyes */
	uint32_t *ids;                    /* by node of the segment: trace id, 0: not met yet; sparse */
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

/* Trace id of a node; 0 for 0 and for what cannot be a stack. */
static inline uint32_t tree_id(struct tree *t, uint32_t node)
{
	if (node < SEGMENT_NODES && t->ids[node])
		return t->ids[node];
	return node ? tree_add(t, node) : 0;
}

/* Writes the nodes not written yet: to be called before any block that names them. */
void tree_flush(struct tree *t, uint64_t tick);

#endif
