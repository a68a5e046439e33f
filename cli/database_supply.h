/* SPDX-License-Identifier: MIT
 *
 * The databases of a TRACE or DB while it is shown: what is there at the start, what a background analysis makes of the trace, and
 * what becomes newer on the disk meanwhile, because the recording goes on or somebody else makes it anew. The supply of tui/supply.h.
 */
#ifndef CLI_DATABASE_SUPPLY_H
#define CLI_DATABASE_SUPPLY_H

#include "analyzer/base/err.h"
#include "cli/database.h"
#include "tui/supply.h"

struct database_supply;

/* Looks at what there is, and starts to analyze what has to be. With any of the options given a trace is always analyzed. `every`: seconds
 * after which a recording that goes on is analyzed anew of itself; 0: when asked to. No thread must have been started, nor a
 * database be open; path and options are borrowed. NULL with err set: neither trace nor database, or one that cannot be read. */
struct database_supply *database_supply_open(const char *path, const struct database_options *o, long every, struct err *err);
struct supply *database_supply_supply(struct database_supply *s);
/* Breaks off what is being analyzed, removes what is not kept. NULL is allowed. */
void database_supply_close(struct database_supply *s);

#endif
