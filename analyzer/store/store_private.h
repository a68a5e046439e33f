/* SPDX-License-Identifier: MIT
 *
 * What the files of the store share: the handle, what is kept of what was read, and the one way to put SQLite's errors
 * into words.
 */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "analyzer/store/store.h"

struct store {
	sqlite3 *handle;
	char *path;      /* the final name */
	char *temporary; /* the name it has until published; NULL: it has its final one */
	int reading;     /* opened by store_open: nothing in it changes any more */
	struct stack_tree *tree; /* kept since it was first asked for; NULL: it was not */
	struct lens_state *lens; /* NULL: everything is seen */
	atomic_int interrupted;
	atomic_int patient;      /* 1: is not interrupted now */
	struct kept *kept;       /* kept.h */
	uint64_t generation;     /* kept.h; 0: not asked for since the figures changed */
};

/* Sets err from the handle's last error and returns -1. `doing` reads "write", "read". */
int store_complain(struct store *s, const char *doing, struct err *err);

/* Has SQLite ask, every few microseconds, whether it is to stop because of store_interrupt. */
void store_heed(struct store *s);

/* Releases all that is kept. */
void kept_close(struct store *s);

#endif
