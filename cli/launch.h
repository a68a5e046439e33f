/* SPDX-License-Identifier: MIT
 *
 * Starting the command that is recorded: as env(1) would, plus two variables. The child waits
 * between fork and exec until it is told to go, so that the trace can be named after it.
 */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include <limits.h>
#include <sys/types.h>

#include "analyzer/base/err.h"

struct launch {
	pid_t pid;
	int go;     /* write end: a byte lets the child run, closing it ends the child */
	int result; /* read end: errno of a failed exec, or nothing */
};

/* Finds libculprit.so: CULPRIT_LIBRARY, beside this program, or in ../lib/culprit/ from it. 0 or -1. */
int launch_find_library(char path[PATH_MAX], struct err *err);

/* Forks a child that will run argv as the program at `path`, with `library` preloaded and the recording's `name` in its
 * environment. It inherits signals and descriptors as they are now. 0 or -1. */
int launch_fork(struct launch *l, const char *path, char **argv, const char *library, const char *name, struct err *err);

/* Lets the child run. 0 when it has become the command; else the errno that stopped it, and it is gone. */
int launch_go(struct launch *l);

/* Ends a child that was not let go. */
void launch_cancel(struct launch *l);

#endif
