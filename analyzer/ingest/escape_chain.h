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
	uint32_t stack; /* that ends with it now */
	uint32_t born, doubtful;
	uint32_t blocks; /* that died in it, since it was born or doubtful */
	uint64_t bytes;
};

struct escape_chain {
	struct escape_frame *frames; /* [depth], outermost first; [0] unused */
	uint32_t *fresh;             /* scratch: the stacks of an event by depth */
	uint32_t room;               /* of both */
	uint32_t depth, physical;    /* at the last event */
	uint32_t number;             /* of the last event, from 1 */
	uint32_t process;
	uint8_t unknown; /* events are missing, or are without stacks: nothing is known of activations, ever */
	uint8_t resizing; /* the last event was the first half of a realloc */
};

/* Who owned a block when it died. */
struct escape_end {
	uint32_t depth; /* of the owner's frame in the stack that allocated it; 0: not known */
	uint32_t uncertain;
};

void escape_chain_release(struct escape_chain *c);

/* The thread's next event of the heap; `stack` as the naming has it. Numbers it. */
void escape_chain_step(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners,
                       const struct event *e);
/* A block dies at the last event, freed by the thread that allocated it with `stack` at event number `number`. */
struct escape_end escape_chain_end(struct escape_chain *c, const struct escape_places *p, uint32_t stack, uint32_t number,
                                   uint64_t bytes);
/* The thread has no more events: what died in its last frames is told to the owners. */
void escape_chain_finish(struct escape_chain *c, const struct escape_places *p, struct escape_owners *owners);

/* Numbers are about to run out: from here on they begin anew. What was numbered before is to be given the number 0, and is
 * of nobody then; but for event `last`, which becomes number 1. */
#define ESCAPE_LAST_NUMBER 0xffffff00u
void escape_chain_renumber(struct escape_chain *c);

#endif
