/* SPDX-License-Identifier: MIT
 *
 * Reports that were run, all rows over all processes, kept so that views that show the same one share
 * it. Views borrow the tables and change nothing in them.
 */
#ifndef TUI_SHELF_H
#define TUI_SHELF_H

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

struct shelf {
	struct shelf_report *reports;
};

/* The report of a name, run now if it was not before. NULL with err set. */
const struct table *shelf_report(struct shelf *shelf, struct store *s, const char *name, struct err *err);
void shelf_release(struct shelf *shelf);

#endif
