/* SPDX-License-Identifier: MIT
 *
 * What store.c and statement.c share: the handle, and the one way to put SQLite's errors into words.
 */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "analyzer/store/store.h"

struct store {
	sqlite3 *handle;
	char *path;      /* the final name */
	char *temporary; /* the name it has until published; NULL: it has its final one */
};

/* Sets err from the handle's last error and returns -1. `doing` reads "write", "read". */
int store_complain(struct store *s, const char *doing, struct err *err);

#endif
