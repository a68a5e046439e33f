/* SPDX-License-Identifier: MIT
 *
 * Following a thread's activations. An event costs as much as frames have come and gone since the one before.
 *
 * Inlined functions are activations like others: their frames lie inside the real one, and the calls that were inlined have
 * identities as functions have. So a program says the same however it was compiled, as far as the debug information goes.
 */
#include "analyzer/ingest/escape_chain.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

#define FIRST_ROOM 64u

void escape_chain_release(struct escape_chain *c)
{
	free(c->frames);
	free(c->fresh);
	*c = (struct escape_chain){ 0 };
}

static void __attribute__((noinline)) chain_grow(struct escape_chain *c, uint32_t depth)
{
	uint32_t room = c->room ? c->room : FIRST_ROOM;

	while (room <= depth)
		room *= 2;
	c->frames = memory_resized(c->frames, room, sizeof(*c->frames));
	c->frames[0] = (struct escape_frame){ 0 };
	c->fresh = memory_resized(c->fresh, room, sizeof(*c->fresh));
	c->room = room;
}

/* What died in the frame is told to the owners. */
static inline void frame_close(struct escape_frame *f, const struct escape_chain *c, const struct escape_places *p,
                               struct escape_owners *owners)
{
	if (!f->blocks)
		return;
	escape_owners_add(owners, p->naming->frames[p->naming->stacks[f->stack].frame].function, c->process, f->blocks, f->bytes);
	f->blocks = 0;
	f->bytes = 0;
}

/* The innermost frame that belongs to the real frame `physical`, outwards from `depth`. */
static inline uint32_t innermost(const struct escape_chain *c, const struct escape_places *p, uint32_t depth, uint32_t physical)
{
	while (depth && p->at[c->frames[depth].stack].physical > physical)
		depth--;
	return depth;
}

/* The same in the event's stack, whose frames on the way go to fresh[]. */
static inline uint32_t fresh_innermost(struct escape_chain *c, const struct escape_places *p, uint32_t *stack, uint32_t physical)
{
	const struct escape_place *at = &p->at[*stack];

	for (; at->depth && at->physical > physical; at = &p->at[*stack]) {
		c->fresh[at->depth] = *stack;
		*stack = at->parent;
	}
	return at->depth;
}

/* Frames `old` and `fresh` are the innermost of the same real frame, each with its own way inwards. The innermost frame that
 * both share; fresh[] gets the real frame's from there on. 0: the ways outwards differ, which cannot be. */
static uint32_t share_inlined(struct escape_chain *c, const struct escape_places *p, uint32_t old, uint32_t fresh, uint32_t stack)
{
	uint32_t depth = fresh;

	for (;; depth--) {
		c->fresh[depth] = stack;
		if (!p->at[stack].instance)
			break;
		stack = p->at[stack].parent;
	}
	if (depth > old || p->at[c->frames[depth].stack].parent != p->at[stack].parent)
		return 0;
	while (depth < old && depth < fresh && p->at[c->frames[depth + 1].stack].instance == p->at[c->fresh[depth + 1]].instance &&
	       p->at[c->fresh[depth + 1]].instance)
		depth++;
	return depth;
}

/* The innermost frame that the event shares with the one before, when `physical` real ones are shared. */
static inline uint32_t share(struct escape_chain *c, const struct escape_places *p, uint32_t stack, uint32_t physical)
{
	uint32_t old = innermost(c, p, c->depth, physical), inner = stack, fresh = fresh_innermost(c, p, &inner, physical);

	if (!old || !fresh)
		return 0;
	if (c->frames[old].stack != inner)
		return share_inlined(c, p, old, fresh, inner);
	/* Called from the same place: not the same function, says the trace; but it may be two parts of one. */
	if (old < c->depth && fresh < p->at[stack].depth &&
	    __builtin_expect(escape_place_parts(p, c->frames[old + 1].stack, c->fresh[fresh + 1]), 0)) {
		old = innermost(c, p, c->depth, physical + 1);
		inner = stack;
		fresh = fresh_innermost(c, p, &inner, physical + 1);
		return share_inlined(c, p, old, fresh, inner);
	}
	c->fresh[fresh] = inner;
	return fresh;
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void escape_chain_step(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners,
                       const struct event *e)
{
	const struct escape_place *at = &p->at[e->stack];
	uint32_t physical, shared, number = ++c->number;
	int resized = c->resizing && e->kind == EVENT_REALLOC_ALLOC;

	c->resizing = e->kind == EVENT_REALLOC_FREE;
	if (c->unknown || resized) /* a realloc is one call */
		return;
	if (__builtin_expect(at->depth >= c->room, 0))
		chain_grow(c, at->depth);
	physical = least(e->shared, least(c->physical, at->physical));
	shared = physical ? share(c, p, e->stack, physical) : 0;
	if (!shared) {
		uint32_t stack = e->stack;

		for (; stack; stack = p->at[stack].parent)
			c->fresh[p->at[stack].depth] = stack;
	}
	for (uint32_t d = shared + 1; d <= c->depth; d++)
		frame_close(&c->frames[d], c, p, owners);
	for (uint32_t d = shared + 1; d <= at->depth; d++)
		c->frames[d] = (struct escape_frame){ .stack = c->fresh[d], .born = number };
	if (shared) {
		struct escape_frame *f = &c->frames[shared];

		if (shared > at->entry && (f->stack == c->fresh[shared] || !escape_place_behind(p, f->stack, c->fresh[shared]))) {
			f->doubtful = number;
			frame_close(f, c, p, owners);
		}
		for (uint32_t d = shared; c->frames[d].stack != c->fresh[d]; d--) {
			c->frames[d].stack = c->fresh[d];
			if (!p->at[c->fresh[d]].instance)
				break;
		}
	}
	c->depth = at->depth;
	c->physical = at->physical;
}

struct escape_end escape_chain_end(struct escape_chain *c, const struct escape_places *p, uint32_t stack, uint32_t number,
                                   uint64_t bytes)
{
	uint32_t running = least(p->at[stack].site_depth, c->depth), owner;

	while (running && c->frames[running].born > number)
		running--;
	owner = running;
	while (owner && c->frames[owner].doubtful > number)
		owner--;
	if (owner) {
		c->frames[owner].blocks++;
		c->frames[owner].bytes += bytes;
	}
	return (struct escape_end){ .depth = owner, .uncertain = owner < running || !owner };
}

void escape_chain_finish(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners)
{
	for (uint32_t d = 1; d <= c->depth; d++)
		frame_close(&c->frames[d], c, p, owners);
	escape_chain_release(c);
}

void escape_chain_renumber(struct escape_chain *c)
{
	for (uint32_t d = 1; d <= c->depth; d++) {
		c->frames[d].born = 1;
		c->frames[d].doubtful = 0;
	}
	c->number = 1;
}
