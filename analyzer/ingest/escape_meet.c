/* SPDX-License-Identifier: MIT
 *
 * Inlined functions are activations like others: their frames lie inside the real one, and the calls that were inlined have
 * identities as functions have. So a program says the same however it was compiled, as far as the debug information goes.
 *
 * An event costs as much as frames have come and gone since the one before.
 */
#include "analyzer/ingest/escape_meet.h"

#define DEEPEST (UINT16_MAX >> 1)

#define rarely(x) __builtin_expect(!!(x), 0)

/* The innermost frame that two events share: how the stacks of both end with it. */
struct meeting {
	uint32_t before, now;
};

/* Outwards to the real frame number `physical`. *inner: the frame before it on the way. */
static inline uint32_t real_frame(const struct escape_places *p, uint32_t stack, uint32_t physical, uint32_t *inner)
{
	for (*inner = 0; p->at[stack].physical > physical; stack = p->at[stack].parent)
		*inner = stack;
	return stack;
}

/* Two ways inwards from the same real frame: where they part. */
static inline struct meeting meet_inlined(const struct escape_places *p, uint32_t before, uint32_t now)
{
	while (p->at[before].depth > p->at[now].depth)
		before = p->at[before].parent;
	while (p->at[now].depth > p->at[before].depth)
		now = p->at[now].parent;
	while (p->at[before].instance != p->at[now].instance) {
		before = p->at[before].parent;
		now = p->at[now].parent;
	}
	if (!p->at[now].instance && p->at[before].parent != p->at[now].parent) /* cannot be */
		return (struct meeting){ 0, 0 };
	return (struct meeting){ before, now };
}

/* The recorder takes parts of a function that the compiler moved apart for different functions: then the frames inside of the
 * one both stacks were called from are one, too. */
static __attribute__((noinline)) struct meeting meet_parts(const struct escape_places *p, uint32_t last, uint32_t stack,
                                                           uint32_t physical)
{
	uint32_t inside_last, inside;
	uint32_t before = real_frame(p, last, physical, &inside_last), now = real_frame(p, stack, physical, &inside);

	if (!inside_last || !inside || !escape_place_parts(p, inside_last, inside))
		return (struct meeting){ before, now };
	return meet_inlined(p, real_frame(p, last, physical + 1, &inside_last), real_frame(p, stack, physical + 1, &inside));
}

static inline struct meeting meet(const struct escape_places *p, uint32_t last, uint32_t stack, uint32_t physical)
{
	uint32_t inside_last, inside;
	uint32_t before = real_frame(p, last, physical, &inside_last), now = real_frame(p, stack, physical, &inside);

	if (before != now)
		return meet_inlined(p, before, now);
	return inside_last && inside ? meet_parts(p, last, stack, physical) : (struct meeting){ before, now };
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void escape_meet_event(struct escape_meet *last, const struct escape_places *p, struct event *e)
{
	const struct escape_place *at = &p->at[e->stack];
	uint32_t physical = least(e->shared, least(p->at[last->stack].physical, at->physical)), shared;
	struct meeting m = { 0, 0 };
	int resized = last->resizing && e->kind == EVENT_REALLOC_ALLOC;

	if (resized && last->stack == e->stack) /* a realloc is one call */
		m.now = e->stack;
	else if (physical)
		m = meet(p, last->stack, e->stack, physical);
	shared = p->at[m.now].depth;
	e->shared = (uint16_t)shared;
	e->spare = (uint16_t)(at->depth << 1 |
	                      (!resized && shared > at->entry && (m.before == m.now || !escape_place_behind(p, m.before, m.now))));
	last->stack = e->stack;
	if (rarely(at->depth > DEEPEST)) {
		e->shared = e->spare = 0;
		last->stack = 0;
	}
	last->resizing = e->kind == EVENT_REALLOC_FREE;
}
