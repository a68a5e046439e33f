/* SPDX-License-Identifier: MIT
 *
 * The segment as the target maps it: the base at once, each level of nodes and each thread's slot when it is first needed,
 * for good, without a descriptor. Windows are inherited by forked children. Any thread; system calls, no allocation.
 */
#ifndef PRELOAD_WINDOW_H
#define PRELOAD_WINDOW_H

#include "trace/segment.h"

/* Maps the base of a segment (where the kernel knows no windows, all of it). NULL: it cannot be. There is one a process; windows are windows of it. */
struct segment *window_open(int fd);
/* Unmaps it, before it was used. */
void window_close(struct segment *s);

/* The slot of a thread. NULL: there is no room for it. */
struct segment_thread *window_thread(struct segment *s, uint32_t index);
/* The same if it is mapped, else NULL. Makes no system call. */
struct segment_thread *window_mapped_thread(uint32_t index);

/* 0: the slot is not mapped, and a filter forbids to map it. */
int window_reachable(uint32_t index);

/* The first node of a level. NULL: there is no room for it. */
struct segment_node *window_level(struct segment *s, unsigned level);

/* Maps what is still to be mapped of the levels and the first `count` slots, if there is room: later it may be forbidden. */
void window_reserve(struct segment *s, uint32_t count);

/* Another segment is looked at from now on. For tests. */
void window_forget(void);

#endif
