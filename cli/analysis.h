/* SPDX-License-Identifier: MIT
 *
 * A trace analyzed by another process, at low priority, while this one does something else. That one is there from the start and
 * has work done when told to, as often as it is told; it ends with this one, however that ends, and leaves nothing behind.
 *
 * So that something can be shown before all is read, a copy of it makes a database of what was read so far: after a second, three,
 * nine ... of events. Copies are forked: while one writes, what the analysis changes is in memory twice. What takes less than a
 * second has none, nor has a trace for which there is little room on the disk.
 */
#ifndef CLI_ANALYSIS_H
#define CLI_ANALYSIS_H

#include <limits.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "cli/database.h"
#include "cli/database_place.h"

struct analysis;

enum analysis_news {
	ANALYSIS_NOTHING,
	ANALYSIS_PROGRESS, /* text: what is done, and how far: "events 34 %" */
	ANALYSIS_PART,     /* text: the path of a database of the trace's beginning, to be removed by the caller */
	ANALYSIS_DONE,     /* text: the path of the database: TRACE.db, or, where that cannot be written, one to be removed */
	ANALYSIS_FAILED,   /* text: why, a sentence */
};

/* Starts the process, idle. No thread must have been started, nor a database be open. All is borrowed until analysis_stop. NULL
 * with err set. */
struct analysis *analysis_start(const char *trace_path, const struct database_place *place, const struct database_options *o,
                                struct err *err);
/* Has the trace analyzed as it is now. Parts are made from `parts_from` bytes of events on; UINT64_MAX: none. Does nothing while that
 * is being done. */
void analysis_run(struct analysis *a, uint64_t parts_from);
/* 1 from analysis_run until it is done or has failed. */
int analysis_busy(const struct analysis *a);
/* To poll for reading: analysis_step has news. -1: the process is no more. */
int analysis_fd(const struct analysis *a);
/* The next news, without waiting; text is valid until the next call. */
enum analysis_news analysis_step(struct analysis *a, const char **text);
/* Breaks off what is being done, and ends the process. NULL is allowed. */
void analysis_stop(struct analysis *a);

#endif
