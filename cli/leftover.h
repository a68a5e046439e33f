/* SPDX-License-Identifier: MIT
 *
 * What a process that analyzes in the background would leave if it were ended: the database it is making, those of parts that it
 * made, and processes that work for it. A signal that ends it takes them along; and it gets such a signal when the one it works for
 * ends, however that ends. There is one list in a process, for its signal handler, so there is no handle.
 */
#ifndef CLI_LEFTOVER_H
#define CLI_LEFTOVER_H

#include <sys/types.h>

/* From now on signals that end this process take along what it would leave, and the end of `parent` is one. */
void leftover_end_with(pid_t parent);
/* In a forked copy, first of all: what the original would leave is the original's. */
void leftover_forget(void);
/* The database of that path is being made: it has another name until it is whole (store.h). NULL: none. */
void leftover_making(const char *path);
/* Removes what a process that was killed was making. */
void leftover_made_by(pid_t pid, const char *path);
/* A process works for this one; 0: none. It is ended and waited for. */
void leftover_child(pid_t pid);
/* Temporary databases, known to this process and the ones it forks from here on: the last ones told of by any of them. */
void leftover_share_parts(void);
void leftover_part(unsigned number, const char *path);
/* Ends the process as a signal would. */
void leftover_die(int status) __attribute__((noreturn));

#endif
