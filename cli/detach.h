/* SPDX-License-Identifier: MIT
 *
 * Going on in the background: a copy of the process does the work in a session of its own, and the one that was started
 * ends once the copy has said that all is well.
 */
#ifndef CLI_DETACH_H
#define CLI_DETACH_H

#include "analyzer/base/err.h"

struct detach {
	int report; /* background: write end; -1: not detached */
	int status; /* foreground: what to exit with */
};

enum { DETACH_FAILED = -1, DETACH_BACKGROUND = 0, DETACH_FOREGROUND = 1 };

/* Forks. The foreground returns when the background has called detach_done or has ended, with its exit status. */
int detach_fork(struct detach *d, struct err *err);

/* In the background: lets the foreground end with success, and leaves standard input and outputs to others. */
void detach_done(struct detach *d);

#endif
