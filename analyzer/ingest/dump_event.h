/* SPDX-License-Identifier: MIT
 *
 * An event as a line of `culprit dump --events`.
 */
#ifndef INGEST_DUMP_EVENT_H
#define INGEST_DUMP_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "trace/event.h"

/* Prints events[0]; the `left` (at least 1) events from there on are of the same thread. */
void dump_event(void *file_stream, uint32_t thread, const struct event *events, size_t left);

#endif
