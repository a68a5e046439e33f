/* SPDX-License-Identifier: MIT
 *
 * Blocks of events for the replay: read, checked, unpacked and decoded ahead of it by a thread of
 * their own, in the order in which the merge will want them, as far ahead as FEED_AHEAD events.
 * The stacks of the events it hands out are the naming's, and they say what escape_meet.h says; but events of locks and threads (trace/waits.h) keep what the trace
 * has in their place: a node that exists, or 0, and of EVENT_LOCK_TOTAL which total. What lay at an address when, a node says
 * and a stack does not; naming_stack turns one into the other.
 */
#ifndef INGEST_FEED_H
#define INGEST_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/ingest/escape_place.h"
#include "analyzer/ingest/recording.h"
#include "analyzer/ingest/trace_file.h"
#include "trace/event.h"

#define FEED_AHEAD (8u * BLOCK_MAX_EVENTS)

struct feed;

/* Starts reading ahead. order[]: indices of r->blocks, the order of decoding; count of them. of_node[]: stacks by node id.
 * All are borrowed until feed_stop. NULL with err set. */
struct feed *feed_start(const struct trace_file *t, const struct recording *r, const uint32_t *order, size_t count,
                        const uint32_t *of_node, const struct escape_places *places, struct err *err);
/* The events of a block (an index of r->blocks), waiting for them if need be; the caller frees them. NULL with err set. Each
 * block once. */
struct event *feed_take(struct feed *f, uint32_t block, struct err *err);
/* Stops reading and frees all that was not taken. NULL is allowed. */
void feed_stop(struct feed *f);

#endif
