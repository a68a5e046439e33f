/* SPDX-License-Identifier: MIT
 *
 * The tree of inlined calls of a function, flattened once: nodes with their parents, and the ranges of all nodes in one
 * set. An address belongs to the deepest node that covers it; its callers are that node's parents, whatever the
 * lexical blocks between them claim to cover. Names are worked out when first asked for.
 */
#include "analyzer/ingest/symbol_inline.h"
#include "analyzer/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct node {
	Dwarf_Die die;
	uint32_t parent, depth;
	int known; /* 1: the fields below are filled in */
	const char *function, *linkage;
	const char *file; /* where the parent calls it */
	int line;
};

struct symbol_inlines {
	struct node *nodes; /* the first is the function */
	size_t count, capacity;
	struct symbol_ranges ranges; /* value: index in nodes; rank: depth */
};

struct symbol_frame *symbol_frames_add(struct symbol_frames *frames)
{
	frames->items = memory_grown(frames->items, &frames->capacity, frames->count + 1, sizeof(*frames->items));
	memset(&frames->items[frames->count], 0, sizeof(*frames->items));
	return &frames->items[frames->count++];
}

static uint32_t inlines_add(struct symbol_inlines *in, const Dwarf_Die *die, uint32_t parent, uint32_t depth)
{
	in->nodes = memory_grown(in->nodes, &in->capacity, in->count + 1, sizeof(*in->nodes));
	in->nodes[in->count] = (struct node){.die = *die, .parent = parent, .depth = depth};
	return (uint32_t)in->count++;
}

static void inlines_walk(struct symbol_inlines *in, Dwarf_Die *parent, uint32_t node, const struct symbol_ranges *code,
                         struct symbol_die_walk *walk)
{
	Dwarf_Die die;

	for (int more = symbol_die_child(walk, parent, &die); more; more = symbol_die_next(walk, &die)) {
		enum symbol_die_kind kind = symbol_die_kind(&die);
		uint32_t inner = node;

		if (kind != SYMBOL_DIE_INLINED && kind != SYMBOL_DIE_BLOCK)
			continue;
		if (kind == SYMBOL_DIE_INLINED) {
			inner = inlines_add(in, &die, node, in->nodes[node].depth + 1);
			symbol_die_ranges(&die, code, &in->ranges, inner, in->nodes[inner].depth);
		}
		inlines_walk(in, &die, inner, code, walk);
	}
}

struct symbol_inlines *symbol_inlines_new(Dwarf_Die *function, const struct symbol_ranges *code)
{
	struct symbol_inlines *in = memory_zeroed(1, sizeof(*in));
	struct symbol_die_walk walk = {NULL, 0};

	inlines_add(in, function, 0, 0);
	inlines_walk(in, function, 0, code, &walk);
	symbol_ranges_sort(&in->ranges);
	return in;
}

void symbol_inlines_free(struct symbol_inlines *in)
{
	if (!in)
		return;
	symbol_ranges_release(&in->ranges);
	free(in->nodes);
	free(in);
}

/* The deepest node that covers the address. */
static uint32_t inlines_find(const struct symbol_inlines *in, uint64_t address)
{
	const struct symbol_range *range;
	size_t cursor = SYMBOL_RANGE_FIRST;
	uint32_t depth = 0, node = 0;

	while ((range = symbol_ranges_find(&in->ranges, address, &cursor))) {
		if (range->rank > depth) {
			depth = range->rank;
			node = range->value;
		}
	}
	return node;
}

static struct node *node_read(struct symbol_inlines *in, uint32_t index, struct symbol_strings *strings,
                              struct symbol_scopes *scopes)
{
	struct node *node = &in->nodes[index];

	if (node->known)
		return node;
	node->known = 1;
	node->function = symbol_die_name(&node->die, strings, scopes, &node->linkage);
	if (index) {
		node->file = symbol_die_call_site(&node->die, strings, &node->line);
		if (!node->function)
			node->function = symbol_strings_keep(strings, "[inlined]");
	}
	return node;
}

void symbol_inlines_frames(struct symbol_inlines *in, uint64_t address, struct symbol_strings *strings,
                           struct symbol_scopes *scopes, struct symbol_frames *frames)
{
	const char *file = symbol_strings_keep(strings, "");
	uint32_t index = inlines_find(in, address);
	int line = 0;

	for (;; index = in->nodes[index].parent) {
		const struct node *node = node_read(in, index, strings, scopes);
		struct symbol_frame *frame = symbol_frames_add(frames);

		frame->function = node->function;
		frame->linkage = node->linkage;
		frame->file = file;
		frame->line = line;
		frame->inlined = index != 0;
		frame->instance = index;
		if (!index)
			return;
		file = node->file;
		line = node->line;
	}
}
