/* SPDX-License-Identifier: MIT
 *
 * The activations of a thread, as its events of the heap let them be followed: which of those that ran at one event may
 * still run at a later one. docs/escapes.md has the reasoning.
 *
 * Events are numbered. For each frame of the stack as it was at the last event the chain keeps the number of the event at
 * which its activation was met first (`born`: whatever stood there before had ended), and of the last one at which it
 * might have ended and begun anew without being told apart (`doubtful`). born never falls from the outside inwards.
 */
#ifndef INGEST_ESCAPE_CHAIN_H
#define INGEST_ESCAPE_CHAIN_H

#include <stdint.h>

#include "analyzer/ingest/escape_owner.h"
#include "analyzer/ingest/escape_place.h"
#include "trace/event.h"

struct escape_frame {
	uint32_t blocks; /* that died in it, since it was born or doubtful */
	uint64_t bytes;
};

struct escape_chain {
	uint32_t *born, *since;      /* [depth], outermost 1; since: doubtful, if that was after born */
	struct escape_frame *frames; /* [depth] */
	uint32_t room;               /* of all three */
	uint32_t stack, depth;       /* of the last event */
	uint32_t closed;             /* nothing has died in frames deeper than this */
	uint32_t number;             /* of the last event, from 1 */
	uint32_t process;
	uint8_t unknown; /* events are missing: nothing is known of activations, ever */
};

/* Who owned a block when it died. */
struct escape_end {
	uint32_t depth; /* of the owner's frame in the stack that allocated it; 0: not known */
	uint32_t uncertain;
};

void escape_chain_release(struct escape_chain *c);
void escape_chain_grow(struct escape_chain *c, uint32_t depth);
/* Tells the owners what died in frames deeper than this. */
void escape_chain_close(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners, uint32_t depth);

/* The thread's next event of the heap, as escape_meet_event left it. Numbers it. */
static inline void escape_chain_step(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners,
                                     const struct event *e)
{
	uint32_t depth = e->spare >> 1, doubtful = e->spare & 1, number = ++c->number;

	if (__builtin_expect(c->unknown, 0))
		return;
	if (__builtin_expect(depth >= c->room, 0))
		escape_chain_grow(c, depth);
	uint32_t doubted = e->shared;
	if (doubtful) { /* what only hands on the call is part of it: its caller is in doubt */
		const struct escape_place *at = &p->at[e->stack];

		if (at->caller_depth < doubted && at->caller_depth > at->entry)
			doubted = at->caller_depth;
	}
	if (__builtin_expect(c->closed + doubtful > doubted, 0))
		escape_chain_close(c, p, owners, doubted - doubtful);
	for (uint32_t d = e->shared + 1u; d <= depth; d++)
		c->born[d] = c->since[d] = number;
	if (doubtful)
		c->since[doubted] = number;
	c->stack = e->stack;
	c->depth = depth;
}

/* A block dies at the last event, freed by the thread that allocated it at event number `number` with a site of this depth. */
struct escape_end escape_chain_end(struct escape_chain *c, uint32_t site_depth, uint32_t number, uint64_t bytes);
/* The thread has no more events: what died in its last frames is told to the owners. */
void escape_chain_finish(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners);

/* Numbers are about to run out: from here on they begin anew after 1. What was numbered before is to be given 0, and is nobody's
 * then; but the thread's last allocation 1. */
#define ESCAPE_LAST_NUMBER 0xffffff00u
void escape_chain_renumber(struct escape_chain *c);

#endif
