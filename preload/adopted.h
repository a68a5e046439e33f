/* SPDX-License-Identifier: MIT
 *
 * The collector as a child of ours. It is left an orphan, and where orphans are given to us, the first process of a container or a
 * subreaper, it becomes our child: the program, which waits for its own, is not to see it.
 */
#ifndef PRELOAD_ADOPTED_H
#define PRELOAD_ADOPTED_H

#include <sys/types.h>

extern int adopted_pid; /* 0: there is no such child */

/* The collector has this pid. Once, when it has been started. */
void adopted_note(int pid);

/* 1: no other child is left, so that who waits for any is to be told that there is none. System calls. Any thread. */
int adopted_is_alone(void);

/* This child has ended. 1: it was the collector, which is forgotten. */
int adopted_has_ended(pid_t pid);

#endif
