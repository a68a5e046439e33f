/* SPDX-License-Identifier: MIT
 *
 * The ways to name a lock, tried one after the other. Function names that contain an address of the process (code in no
 * module) are as good as none.
 */
#include "analyzer/ingest/lock_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "trace/waits.h"
#include "trace/segment.h"

static const char *joined(const struct naming *n, const char *before, const char *function, const char *after)
{
	size_t size = strlen(before) + strlen(function) + strlen(after) + 1;
	char *text = memory_resized(NULL, size, 1);
	const char *kept;

	snprintf(text, size, "%s%s%s", before, function, after);
	kept = symbolizer_keep(n->symbolizer, text);
	free(text);
	return kept;
}

static int nameless(const char *function)
{
	return !strncmp(function, "[unknown]", 9) || !strcmp(function, "[truncated]");
}

static const char *frame_function(const struct naming *n, uint32_t stack)
{
	return n->functions[n->frames[n->stacks[stack].frame].function].name;
}

/* --- the ways: each a name, or NULL ---------------------------------------------------------- */

static const char *name_join(const struct naming *n, const struct lock_about *about)
{
	return about->kind == LOCK_JOIN ? symbolizer_keep(n->symbolizer, "pthread_join") : NULL;
}

static const char *name_variable(const struct naming *n, const struct lock_about *about)
{
	return naming_data_at(n, about->node, about->address);
}

static const char *name_block(const struct naming *n, const struct lock_about *about)
{
	const char *function;
	char offset[40] = " (heap)";

	if (!about->block_stack || about->block_stack > n->stack_count)
		return NULL;
	function = n->functions[n->sites[n->stacks[about->block_stack].site].function].name;
	if (nameless(function))
		return NULL;
	if (about->block_offset)
		snprintf(offset, sizeof(offset), "+0x%" PRIx64 " (heap)", about->block_offset);
	return joined(n, "", function, offset);
}

/* How many frames the trace has for a node, without its root; 0: more than a stack can have. */
static uint32_t node_depth(const struct recording *r, uint32_t node)
{
	uint32_t depth = 0;

	while (r->nodes[node].parent) {
		node = r->nodes[node].parent;
		if (++depth > SEGMENT_MAX_FRAMES + 1)
			return 0;
	}
	return depth;
}

/* The function that owns the frame is the one that was called, whatever was inlined into it. */
static const char *name_frame(const struct naming *n, const struct lock_about *about)
{
	uint32_t node = about->node, depth, stack;

	if (!about->frame || !node || node > n->node_count)
		return NULL;
	depth = node_depth(n->recording, node);
	if (about->frame > depth)
		return NULL;
	for (; depth > about->frame; depth--)
		node = n->recording->nodes[node].parent;
	stack = naming_stack(n, node);
	while (n->frames[n->stacks[stack].frame].inlined && n->stacks[stack].parent)
		stack = n->stacks[stack].parent;
	return nameless(frame_function(n, stack)) ? NULL : joined(n, "", frame_function(n, stack), " (stack)");
}

/* The innermost function that does not use the lock on behalf of its caller. */
static const char *name_use(const struct naming *n, const struct lock_about *about)
{
	uint32_t stack = naming_stack(n, about->node), known = 0;

	for (; stack; stack = n->stacks[stack].parent) {
		const struct named_function *f = &n->functions[n->frames[n->stacks[stack].frame].function];

		if (nameless(f->name))
			continue;
		if (!known || !f->wrapper)
			known = stack;
		if (!f->wrapper)
			break;
	}
	return known ? joined(n, "first used in ", frame_function(n, known), "") : NULL;
}

static const char *(*const ways[])(const struct naming *n, const struct lock_about *about) = {
	name_join, name_variable, name_block, name_frame, name_use,
};

const char *lock_name(const struct naming *n, const struct lock_about *about)
{
	const char *name = NULL;

	for (size_t i = 0; !name && i < sizeof(ways) / sizeof(ways[0]); i++)
		name = ways[i](n, about);
	return name ? name : symbolizer_keep(n->symbolizer, "[unknown]");
}
