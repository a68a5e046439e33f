/* SPDX-License-Identifier: MIT
 *
 * Walks the segment's node table for the collector. The target can write anything there: every
 * index is checked, every walk bounded, every node read once into memory of our own.
 */
#include "collector/tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_DEPTH (SEGMENT_MAX_FRAMES + 8u)
#define NODES_SIZE ((size_t)SEGMENT_NODES * sizeof(struct tree_node))
#define FREE_LEAST (1u << 20) /* known nodes below which none is freed */

int tree_init(struct tree *t, struct segment *segment, struct writer *writer, unsigned char *raw)
{
	memset(t, 0, sizeof(*t));
	t->nodes = mmap(NULL, NODES_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (t->nodes == MAP_FAILED) {
		t->nodes = NULL;
		return -1;
	}
	t->fresh = malloc(STACKS_MAX_NODES * sizeof(*t->fresh));
	if (!t->fresh) {
		tree_release(t);
		return -1;
	}
	t->segment = segment;
	t->table = segment_nodes(segment);
	t->free_at = FREE_LEAST;
	t->writer = writer;
	t->raw = raw;
	return 0;
}

void tree_release(struct tree *t)
{
	if (t->nodes)
		munmap(t->nodes, NODES_SIZE);
	free(t->fresh);
	memset(t, 0, sizeof(*t));
}

/* Reads a node; 0 when it can be one: in the table, written, and a root just where there is no parent. */
static int read_node(const struct tree *t, uint64_t node, uint64_t *address, uint64_t *parent)
{
	if (!node || node >= SEGMENT_NODES)
		return -1;
	*address = atomic_load_explicit(&t->table[node].address, memory_order_acquire);
	*parent = atomic_load_explicit(&t->table[node].parent, memory_order_relaxed);
	if (!*address || (*parent == 0) != !!(*address & NODE_ROOT))
		return -1;
	return 0;
}

/* Both may use a node: a family that is not known might be any. */
static int are_one(uint32_t a, uint32_t b) { return a == b || !a || !b; }

static uint32_t refuse(struct tree *t)
{
	t->refused++;
	return 0;
}

static uint32_t meet(struct tree *t, uint32_t node, uint64_t address, uint32_t parent)
{
	t->fresh[t->fresh_count++] = (struct stack_node){ address & ~NODE_ROOT, parent };
	t->nodes[node] = (struct tree_node){ ++t->last_id, t->family };
	t->met++;
	if (node >= t->high)
		t->high = node + 1;
	return t->last_id;
}

uint32_t tree_add(struct tree *t, uint32_t node)
{
	struct {
		uint32_t node;
		uint64_t address;
	} path[MAX_DEPTH];
	size_t depth = 0;
	uint64_t at = node, parent;
	uint32_t id = 0;

	while (at) {
		if (at < SEGMENT_NODES && (id = t->nodes[at].id)) {
			if (!are_one(t->nodes[at].family, t->family))
				return refuse(t);
			break;
		}
		if (depth == MAX_DEPTH || read_node(t, at, &path[depth].address, &parent) < 0)
			return refuse(t);
		path[depth++].node = (uint32_t)at;
		at = parent;
	}
	if (t->fresh_count + depth > STACKS_MAX_NODES)
		tree_flush(t, t->tick);
	while (depth--)
		/* cppcheck-suppress uninitvar -- the entries below depth are written */
		id = meet(t, path[depth].node, path[depth].address, id);
	return id;
}

/* --- freeing --------------------------------------------------------------------------------- */

static int lives(uint32_t family, const uint32_t *living, uint32_t count)
{
	uint32_t from = 0;
	while (from < count) {
		uint32_t middle = (from + count) / 2;
		if (living[middle] == family)
			return 1;
		if (living[middle] < family)
			from = middle + 1;
		else
			count = middle;
	}
	return 0;
}

/* It is not found any more, nor free. */
static void bury_node(struct tree *t, uint32_t node, unsigned level)
{
	(void)level;
	if (t->nodes[node].family)
		atomic_store(&t->table[node].address, NODE_BURIED);
}

/* The address goes last: who looks for a free node takes one that is all zero. What nobody knows whose it is may be a living
 * family's and stays in the table; but it may have come to lie below another node. */
static void free_node(struct tree *t, uint32_t node, unsigned level)
{
	if (t->nodes[node].family) {
		atomic_store(&t->table[node].parent, 0);
		atomic_store(&t->table[node].address, 0);
		atomic_fetch_sub_explicit(&t->segment->node_counts[level], 1, memory_order_relaxed);
	}
	t->nodes[node] = (struct tree_node){ 0, 0 };
	t->met--;
}

static void each_other(struct tree *t, const uint32_t *living, uint32_t count, void (*act)(struct tree *t, uint32_t node, unsigned level))
{
	unsigned level = 0;
	for (uint32_t node = 1; node < t->high; node++) {
		level += level + 1 < NODE_LEVELS && node == node_level_first(level + 1);
		if (t->nodes[node].id && !lives(t->nodes[node].family, living, count))
			act(t, node, level);
	}
}

/* All are buried before the first is free: given anew to a living family it would be the parent of those below it that are to
 * be freed yet, and these would be found. */
void tree_free_others(struct tree *t, const uint32_t *living, uint32_t count)
{
	each_other(t, living, count, bury_node);
	each_other(t, living, count, free_node);
	t->free_at = t->met > FREE_LEAST / 2 ? 2 * t->met : FREE_LEAST;
}

void tree_flush(struct tree *t, uint64_t tick)
{
	t->tick = tick;
	if (!t->fresh_count)
		return;
	uint32_t first = t->last_id - t->fresh_count + 1;
	struct block_header header = {
		.kind = BLOCK_STACKS, .count = t->fresh_count, .thread = first, .first_tick = tick, .last_tick = tick
	};
	long size = stacks_encode(first, t->fresh, t->fresh_count, t->raw, BLOCK_MAX_RAW);
	if (size > 0)
		writer_block(t->writer, &header, t->raw, (size_t)size);
	t->fresh_count = 0;
}
