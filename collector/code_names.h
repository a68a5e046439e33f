/* SPDX-License-Identifier: MIT
 *
 * What the code of a process is called that lies in no module: of the addresses that appear in its stacks, and of those alone, the names
 * go from its perf map into the trace, so that the trace can be read without that file. The file is read while the process
 * lives, a little every second, and to its end when that ends; of entries for one address the last holds. Until an address is wanted
 * nothing is opened.
 */
#ifndef COLLECTOR_CODE_NAMES_H
#define COLLECTOR_CODE_NAMES_H

#include "collector/journal.h"
#include "collector/perf_file.h"

#define CODE_NAMES_MOST 65536u /* addresses of a process; more stay without a name */

struct code_name;

/* A map. */
struct code_map {
	struct perf_owner owner;
	struct perf_file file;
	int looked; /* 1: it has been opened, or never will be */
};
#define CODE_MAPS 4u

struct code_names {
	struct code_map maps[CODE_MAPS]; /* its own, its parent's, ...: it has the code of those it was forked from; the first that has a name holds */
	uint32_t map_count;
	struct code_name *names; /* by epoch and address up to `sorted`, each once; then as they came */
	uint32_t count, sorted, room;
	uint64_t work;   /* bounds what lines that lie upon each other cost in one pass */
	int more_wanted; /* 1: addresses have come since the pass under way began */
	int over_told;   /* 1: that there are too many */
};

/* Of a process without a name yet. */
void code_names_init(struct code_names *c, const struct perf_owner *owner);
void code_names_release(struct code_names *c);

/* `child` was forked from `parent`. */
void code_names_fork(struct code_names *child, const struct code_names *parent);

/* An address in no module appears in stacks of this epoch. */
void code_names_want(struct code_names *c, uint32_t epoch, uint64_t address);

/* Reads about `most` bytes of the file, and tells the journal of names that are new or have changed. `process`: its id in the trace.
 * Returns the bytes read. */
uint64_t code_names_tell(struct code_names *c, struct journal *j, uint64_t tick, uint32_t process, uint64_t most);

#endif
