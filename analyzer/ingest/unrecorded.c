/* SPDX-License-Identifier: MIT
 *
 * A stack of one frame, made by hand.
 */
#include "analyzer/ingest/unrecorded.h"

#include "analyzer/base/memory.h"

uint32_t unrecorded_stack(struct naming *n)
{
	uint32_t function = (uint32_t)++n->function_count, frame = (uint32_t)++n->frame_count;
	uint32_t site = (uint32_t)++n->site_count, stack = (uint32_t)++n->stack_count;

	n->functions = memory_grown(n->functions, &n->function_room, n->function_count + 1, sizeof(*n->functions));
	n->functions[function] = (struct named_function){ .name = "[not recorded]", .linkage = "" };
	n->frames = memory_grown(n->frames, &n->frame_room, n->frame_count + 1, sizeof(*n->frames));
	n->frames[frame] = (struct named_frame){ .function = function };
	n->sites = memory_grown(n->sites, &n->site_room, n->site_count + 1, sizeof(*n->sites));
	n->sites[site] = (struct named_site){ .function = function };
	n->stacks = memory_grown(n->stacks, &n->stack_room, n->stack_count + 1, sizeof(*n->stacks));
	n->stacks[stack] = (struct named_stack){ .frame = frame, .depth = 1, .site = site };
	return stack;
}
