/* SPDX-License-Identifier: MIT
 *
 * The stacks codec: nodes of the stack tree <-> the raw payload of a BLOCK_STACKS. Trace ids are
 * dense, start at 1 and are given in the order of first use; a node's parent has a smaller id.
 * A root (parent 0) carries its epoch in place of an address.
 */
#ifndef TRACE_STACKS_H
#define TRACE_STACKS_H

#include <stddef.h>
#include <stdint.h>

#define STACKS_MAX_NODES 65536u

struct stack_node {
	uint64_t address; /* lookup address; NODE_TRUNCATED; for a root: the epoch, without NODE_ROOT */
	uint32_t parent;  /* trace id, 0 for a root */
};

/* first_id: the trace id of nodes[0]. Returns bytes written, or TRACE_FULL. */
long stacks_encode(uint32_t first_id, const struct stack_node *nodes, size_t n, unsigned char *out, size_t cap);
/* TRACE_OK, or TRACE_BAD (also when a parent is not smaller than its node's id). Any input is safe. */
int stacks_decode(uint32_t first_id, const unsigned char *in, size_t size, struct stack_node *nodes, size_t n);

#endif
