/* SPDX-License-Identifier: MIT
 *
 * A thread's place in the segment: claimed by the thread that will write there, given back by the collector once it has ended.
 */
#ifndef PRELOAD_THREAD_SLOT_H
#define PRELOAD_THREAD_SLOT_H

#include <stdint.h>

#include "trace/segment.h"

/* A slot for the calling thread of this image, its state SLOT_CLAIMED, and its index. NULL: all are taken, or there is no room to map one.
 * Makes system calls, allocates nothing. */
struct segment_thread *thread_slot_claim(struct segment *s, uint32_t image, uint32_t *index);

/* The calling thread's number: by the system's word or, where a filter of the program forbids to ask, by the C library's. Anywhere. */
int32_t thread_slot_tid(void);
/* By the C library's word; 0: it has none. Anywhere. */
int32_t thread_slot_known_tid(void);

#endif
