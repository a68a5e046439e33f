/* SPDX-License-Identifier: MIT
 *
 * How a fresh image comes by the segment: from the collector whose socket the environment names, or,
 * under bare LD_PRELOAD, by making one and starting a collector for it.
 */
#ifndef PRELOAD_JOIN_H
#define PRELOAD_JOIN_H

#include "trace/segment.h"

/* The mapped segment, or NULL: there is nothing to record to (said on stderr where a person expects a recording).
 * Keeps no descriptor. Called once an image; system calls only, no allocation. */
struct segment *join_recording(void);

/* 0: the collector has gone, perhaps before it ever came to the segment. System calls. Any thread. */
int join_is_answered(void);

/* Puts the recording's name into the environment, for images that this one executes. From the constructor only, since it may
 * allocate. */
void join_publish(void);

#endif
