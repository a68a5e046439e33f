/* SPDX-License-Identifier: MIT
 *
 * Recordings that are under way, from outside: finding the one that is meant, and telling it something (collector/control.h).
 */
#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include "analyzer/base/err.h"

#define RUNNING_NAME_SIZE 108 /* of a unix socket */

struct running {
	char socket[RUNNING_NAME_SIZE];
	char trace[PATH_MAX];
	uid_t owner;  /* of the process or trace that was asked for */
	char *status; /* the answer to `status`, without its first line; the caller frees it */
};

/* Finds the recording of a process (its id, or the collector's) or of a trace being written: one of our own user or of root, or
 * for root one of its owner's. 0; or -1: there is none, it is another user's, or `what` can be neither. */
int running_find(const char *what, struct running *r, struct err *err);

/* Sends a request and waits for its answer. *answer, unless NULL: what came behind the first line; the caller frees it. 0 or -1. */
int running_tell(const struct running *r, const char *request, char **answer, struct err *err);

#endif
