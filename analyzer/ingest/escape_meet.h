/* SPDX-License-Identifier: MIT
 *
 * What a thread's event of the heap shares with the one before: how many of its frames, inlined ones counted, may still be
 * the activations they were, and whether the innermost of these looks as if it had gone back. docs/escapes.md has
 * the reasoning.
 */
#ifndef INGEST_ESCAPE_MEET_H
#define INGEST_ESCAPE_MEET_H

#include <stdint.h>

#include "analyzer/ingest/escape_place.h"
#include "trace/event.h"

/* A thread's last event. */
struct escape_meet {
	uint32_t stack;
	uint8_t resizing; /* it was the first half of a realloc */
};

/* The thread's next event of the heap, whose stack is the naming's already and exists: `shared`, which counted real frames,
 * comes to count the naming's; `spare` gets the stack's depth << 1 | the innermost shared frame is doubtful. A stack too deep
 * for that is left with a depth of 0. */
void escape_meet_event(struct escape_meet *last, const struct escape_places *p, struct event *e);

#endif
