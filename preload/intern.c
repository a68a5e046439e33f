/* SPDX-License-Identifier: MIT
 *
 * Looks through the levels from the oldest, where the busiest stacks are, to the one that takes
 * inserts. A node is claimed by one 16-byte compare-and-swap and never changes again, so a reader
 * that finds the address finds the right parent with it. Two threads that insert while the level
 * changes may make the same node twice; the analyzer merges such twins.
 */
#include "preload/intern.h"

#include "preload/arch.h"
#include "preload/window.h"

/* Opens the next level for inserts, if `level` still is the one. */
static int next_level(struct segment *s, uint32_t level)
{
	if (level + 1 >= NODE_LEVELS)
		return 0;
	uint32_t expected = level;
	atomic_compare_exchange_strong_explicit(&s->node_level, &expected, level + 1, memory_order_acq_rel,
	                                        memory_order_relaxed);
	return 1;
}

/* In the level that takes inserts: finds, or claims a free node. 0: no room within the probes. */
static uint32_t find_or_claim(struct segment *s, unsigned level, uint32_t h, uint32_t parent, uint64_t address)
{
	struct segment_node *nodes = window_level(s, level);
	uint32_t first = node_level_first(level), size = node_level_size(level);
	for (uint32_t i = 0; nodes && i < NODE_PROBES; i++) {
		uint32_t at = (h + i) % size, id = first + at;
		struct segment_node *n = &nodes[at];
		if (id == 0) /* means none */
			continue;
		if (atomic_load_explicit(&n->address, memory_order_acquire) == 0 && arch_claim_pair(n, address, parent)) {
			if (atomic_fetch_add_explicit(&s->node_counts[level], 1, memory_order_relaxed) >= size / 2)
				next_level(s, level);
			return id;
		}
		if (intern_holds(n, parent, address))
			return id;
	}
	return 0;
}

uint32_t intern_node_slow(struct segment *s, uint32_t parent, uint64_t address)
{
	uint32_t h = intern_hash(parent, address);
	uint32_t current = atomic_load_explicit(&s->node_level, memory_order_acquire);
	if (current >= NODE_LEVELS)
		return parent;
	for (uint32_t level = 0; level < current; level++) {
		const struct segment_node *nodes = window_level(s, level);
		uint32_t first = node_level_first(level), size = node_level_size(level);
		for (uint32_t i = 0; nodes && i < NODE_PROBES; i++) {
			uint32_t at = (h + i) % size, id = first + at;
			if (intern_holds(&nodes[at], parent, address))
				return id;
			if (id && atomic_load_explicit(&nodes[at].address, memory_order_relaxed) == 0)
				break;
		}
	}
	for (;; current++) {
		uint32_t id = find_or_claim(s, current, h, parent, address);
		if (id)
			return id;
		if (!window_level(s, current) || !next_level(s, current)) {
			atomic_fetch_add_explicit(&s->nodes_refused, 1, memory_order_relaxed);
			return parent;
		}
	}
}
