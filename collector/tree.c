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
#define IDS_SIZE ((size_t)SEGMENT_NODES * sizeof(uint32_t))

int tree_init(struct tree *t, struct segment *segment, struct writer *writer, unsigned char *raw)
{
	memset(t, 0, sizeof(*t));
	t->ids = mmap(NULL, IDS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (t->ids == MAP_FAILED) {
		t->ids = NULL;
		return -1;
	}
	t->fresh = malloc(STACKS_MAX_NODES * sizeof(*t->fresh));
	if (!t->fresh) {
		tree_release(t);
		return -1;
	}
	t->table = segment_nodes(segment);
	t->writer = writer;
	t->raw = raw;
	return 0;
}

void tree_release(struct tree *t)
{
	if (t->ids)
		munmap(t->ids, IDS_SIZE);
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
		if (at < SEGMENT_NODES && (id = t->ids[at]))
			break;
		if (depth == MAX_DEPTH || read_node(t, at, &path[depth].address, &parent) < 0) {
			t->refused++;
			return 0;
		}
		path[depth++].node = (uint32_t)at;
		at = parent;
	}
	if (t->fresh_count + depth > STACKS_MAX_NODES)
		tree_flush(t, t->tick);
	while (depth--) {
		/* cppcheck-suppress uninitvar -- the entries below depth are written */
		t->fresh[t->fresh_count++] = (struct stack_node){ path[depth].address & ~NODE_ROOT, id };
		id = ++t->last_id;
		t->ids[path[depth].node] = id;
	}
	return id;
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
