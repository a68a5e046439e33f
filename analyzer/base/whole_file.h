/* SPDX-License-Identifier: MIT
 *
 * Files that are there whole or not at all: written under "PATH.tmp-PID" beside it and renamed at the end.
 */
#ifndef BASE_WHOLE_FILE_H
#define BASE_WHOLE_FILE_H

#include <stdio.h>

#include "analyzer/base/err.h"

struct whole_file {
	FILE *out;
	char *path, *temporary;
};

/* 0; or -1 with nothing to close. */
int whole_file_open(struct whole_file *f, const char *path, struct err *err);
/* Brings it under its name, if all was written. 0 or -1; nothing is left of it then. */
int whole_file_publish(struct whole_file *f, struct err *err);
/* Gives it up: what was there before is still there. */
void whole_file_abandon(struct whole_file *f);

#endif
