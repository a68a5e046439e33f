/* SPDX-License-Identifier: MIT
 *
 * A progress bar on stderr: only if that is a terminal, and only for work that takes longer than a
 * second.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

struct progress {
	uint64_t start_ns;
	int terminal; /* stderr is one */
	int shown;    /* something is on the line */
};

void progress_start(struct progress *p);
/* `done` of `total`; may be called as often as one likes. arg is a struct progress. */
void progress_tell(void *arg, const char *phase, uint64_t done, uint64_t total);
/* Takes the bar away. */
void progress_end(struct progress *p);

#endif
