/* SPDX-License-Identifier: MIT
 *
 * Rows that memory does not hold: sorted runs in a file without a name, beside the database to be. Runs are only ever added, and
 * read with pread, so that a forked copy of the process can read those that were there when it was made.
 */
#ifndef INGEST_SPILL_H
#define INGEST_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"

struct spill_kind {
	size_t size;                                 /* of a row; no pointers in it */
	int (*compare)(const void *a, const void *b); /* by key: negative, 0 or positive */
	void (*add)(void *row, const void *other);    /* two rows of the same key */
};

struct spill_run {
	uint64_t at; /* row in the file */
	size_t count;
};

struct spill {
	const struct spill_kind *kind;
	const char *beside; /* path of the database, borrowed */
	int fd;             /* -1: nothing was spilled */
	struct spill_run *runs;
	size_t run_count, run_room;
	uint64_t rows;
};

void spill_init(struct spill *s, const struct spill_kind *kind, const char *beside);
/* Also of one that is zeroed. */
void spill_release(struct spill *s);
/* Adds a run: rows sorted by key. 0 or -1. */
int spill_put(struct spill *s, const void *rows, size_t count, struct err *err);
/* Calls put for every row of all runs, and of one more that is in memory, in the order of the keys; rows with the same key are
 * added up. 0 or -1. */
int spill_each(const struct spill *s, const void *rows, size_t count, void (*put)(void *arg, const void *row), void *arg,
               struct err *err);

#endif
