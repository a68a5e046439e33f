/* SPDX-License-Identifier: MIT
 *
 * Where text for people goes: through $PAGER (less) if stdout is a terminal, else to stdout.
 */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

#include <stddef.h>
#include <stdio.h>

#include "analyzer/base/err.h"

struct pager {
	FILE *out;
	int piped;
	int terminal;  /* stdout is one */
	size_t width;  /* its columns; 0 if it is none */
};

/* Starts it; out is valid until pager_close. `paged` 0: never through a program. */
void pager_open(struct pager *p, int paged);
/* Flushes and waits for the pager. 0; or -1 if not all could be written (a pager that was left is no error). */
int pager_close(struct pager *p, struct err *err);

#endif
