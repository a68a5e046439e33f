/* SPDX-License-Identifier: MIT
 *
 * The stack tree's write side: (parent, address) -> node id, in the segment's table, which all
 * threads and processes of the recording share. Lock-free; see trace/segment.h for the layout.
 */
#ifndef PRELOAD_INTERN_H
#define PRELOAD_INTERN_H

#include <stdint.h>

#include "trace/segment.h"

static inline uint32_t intern_hash(uint32_t parent, uint64_t address)
{
	uint64_t h = (address ^ (uint64_t)parent << 40 ^ parent) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)((h ^ h >> 29) >> 32);
}

static inline int intern_holds(const struct segment_node *n, uint32_t parent, uint64_t address)
{
	return atomic_load_explicit(&n->address, memory_order_acquire) == address &&
	       atomic_load_explicit(&n->parent, memory_order_relaxed) == parent;
}

uint32_t intern_node_slow(struct segment *s, uint32_t parent, uint64_t address);

/* The id of the node, made if it is not there. When the table is full: `parent`. Any thread. */
static inline uint32_t intern_node(struct segment *s, uint32_t parent, uint64_t address)
{
	uint32_t id = intern_hash(parent, address) % node_level_size(0);
	if (__builtin_expect(intern_holds(&segment_nodes(s)[id], parent, address), 1))
		return id;
	return intern_node_slow(s, parent, address);
}

#endif
