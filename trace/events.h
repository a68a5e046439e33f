/* SPDX-License-Identifier: MIT
 *
 * The events codec: up to BLOCK_MAX_EVENTS events of one thread <-> the raw payload of a
 * BLOCK_EVENTS. It predicts (an allocator hands out what was freed last; a stack asks for what
 * it asked for last) and lays what is left out in columns, for zstd to finish. FORMAT.md has the
 * bytes. State lives in caller's memory (events_scratch_size bytes, any content, reusable), no
 * state survives a block.
 */
#ifndef TRACE_EVENTS_H
#define TRACE_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "trace/event.h"

size_t events_scratch_size(void);

/* Packs n (1..BLOCK_MAX_EVENTS) events: stamps in ticks and not falling, stacks as trace ids,
 * kinds below EVENT_MESSAGE_FIRST. Returns bytes written to out, or TRACE_FULL (BLOCK_MAX_RAW always
 * suffices). Any thread, its own scratch. */
long events_encode(void *scratch, const struct event *events, size_t n, unsigned char *out, size_t cap);

/* Unpacks exactly n events of a payload; first_tick from the block header. TRACE_OK or TRACE_BAD;
 * any input is safe. */
int events_decode(void *scratch, const unsigned char *in, size_t size, uint64_t first_tick, struct event *events,
                  size_t n);

#endif
