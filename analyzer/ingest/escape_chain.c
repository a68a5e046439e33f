/* SPDX-License-Identifier: MIT
 *
 * The rare parts of following a thread's activations, and the search for an owner.
 */
#include "analyzer/ingest/escape_chain.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define FIRST_ROOM 64u

void escape_chain_release(struct escape_chain *c)
{
	free(c->born);
	free(c->since);
	free(c->frames);
	c->born = c->since = NULL;
	c->frames = NULL;
	c->room = c->depth = c->closed = c->stack = 0;
}

void escape_chain_grow(struct escape_chain *c, uint32_t depth)
{
	uint32_t room = c->room ? c->room : FIRST_ROOM;

	while (room <= depth)
		room *= 2;
	c->born = memory_resized(c->born, room, sizeof(*c->born));
	c->since = memory_resized(c->since, room, sizeof(*c->since));
	c->frames = memory_resized(c->frames, room, sizeof(*c->frames));
	memset(c->frames + c->room, 0, (room - c->room) * sizeof(*c->frames));
	c->room = room;
}

/* --- what died in a frame is told to the owners ------------------------------------------------ */

static void frame_close(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners, uint32_t stack)
{
	struct escape_frame *f = &c->frames[p->at[stack].depth];

	if (!f->blocks)
		return;
	escape_owners_add(owners, p->naming->frames[p->naming->stacks[stack].frame].function, c->process, f->blocks, f->bytes);
	*f = (struct escape_frame){ 0 };
}

void escape_chain_close(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners, uint32_t depth)
{
	for (uint32_t stack = c->stack; p->at[stack].depth > depth; stack = p->at[stack].parent)
		frame_close(c, p, owners, stack);
	c->closed = depth;
}

/* --- ends ------------------------------------------------------------------------------------ */

struct escape_end escape_chain_end(struct escape_chain *c, uint32_t site_depth, uint32_t number, uint64_t bytes)
{
	uint32_t first = site_depth < c->depth ? site_depth : c->depth, owner = first;

	while (owner && c->since[owner] > number)
		owner--;
	if (!owner)
		return (struct escape_end){ .depth = 0, .uncertain = 1 };
	c->frames[owner].blocks++;
	c->frames[owner].bytes += bytes;
	if (owner > c->closed)
		c->closed = owner;
	return (struct escape_end){ .depth = owner, .uncertain = owner < first && c->born[owner + 1] <= number };
}

void escape_chain_finish(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners)
{
	escape_chain_close(c, p, owners, 0);
	escape_chain_release(c);
}

void escape_chain_renumber(struct escape_chain *c)
{
	for (uint32_t d = 1; d <= c->depth; d++)
		c->born[d] = c->since[d] = 2;
	c->number = 2;
}
