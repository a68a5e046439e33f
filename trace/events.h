/* SPDX-License-Identifier: MIT
 *
 * The events codec: up to BLOCK_MAX_EVENTS events of one thread <-> the raw payload of a
 * BLOCK_EVENTS. It predicts (an allocator hands out what was freed last; a stack asks for what
 * it asked for last) and lays what is left out in columns, for zstd to finish. FORMAT.md has the
 * bytes. State lives in caller's memory (events_scratch_size bytes aligned as malloc aligns, any content,
 * reusable; some 7 MB, of which only what a block needs is touched), no state survives a block.
 */
#ifndef TRACE_EVENTS_H
#define TRACE_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "trace/event.h"

size_t events_scratch_size(void);

/* Packs n (1..BLOCK_MAX_EVENTS) events: stamps in ticks and not falling, stacks as trace ids,
 * kinds below EVENT_MESSAGE_FIRST, size 0 in ends of blocks. A stamp that falls counts as the one before.
 * `flags` and `spare` are not kept. Returns bytes written to out, or TRACE_FULL (BLOCK_MAX_RAW always
 * suffices). Any thread, its own scratch. */
long events_encode(void *scratch, const struct event *events, size_t n, unsigned char *out, size_t cap);

/* Unpacks exactly n events of a payload; first_tick from the block header. TRACE_OK or TRACE_BAD;
 * any input is safe. */
int events_decode(void *scratch, const unsigned char *in, size_t size, uint64_t first_tick, struct event *events,
                  size_t n);

/* Where in a payload it pays to start a new zstd block (ZSTD_e_flush at each of these offsets): columns differ in
 * which bytes are common, and one set of codes for all takes an eighth more. Fills cuts[], rising and inside the
 * payload; returns how many, 0 for what is no payload. Readers need not know. */
#define EVENTS_MAX_CUTS 36u
size_t events_cuts(const unsigned char *payload, size_t size, size_t *cuts);

#endif
