/* SPDX-License-Identifier: MIT
 *
 * Writing an analysis to the database. All functions: 0, or -1 with err set.
 */
#ifndef INGEST_OUTPUT_H
#define INGEST_OUTPUT_H

#include "analyzer/base/err.h"
#include "analyzer/ingest/naming.h"
#include "analyzer/ingest/recording.h"
#include "analyzer/ingest/replay.h"
#include "analyzer/ingest/spill.h"
#include "analyzer/ingest/timebase.h"
#include "analyzer/ingest/trace_file.h"
#include "analyzer/ingest/wait_row.h"
#include "analyzer/store/store.h"

struct output {
	struct store *store;
	const struct trace_file *trace;
	const struct recording *recording;
	const struct timebase *time;
	const struct naming *naming;
	struct replay *replay;
	const struct wait_rows *waits;
	const struct spill *spans;      /* rows of span_sum that the replay does not have any more */
	uint64_t part_tick;             /* up to which events were read, if the rest was not; 0: all were */
	unsigned part_percent;          /* of the events' bytes, then */
};

/* Locks, who waited for them, who held them, in which order; and the processes' sums of it in the replay, for output_facts
 * (output_locks.c). */
int output_locks(const struct output *o, struct err *err);
/* Who waited for locks, who let others wait, in which order locks were taken (output_waits.c). lock_of[life]: rows of lock. */
int output_waits(const struct output *o, const uint32_t *lock_of, struct err *err);
/* Totals and sums by slice of waits and holds; after output_sums, whose tables it goes on (output_waits.c). */
int output_wait_sums(const struct output *o, struct err *err);
/* Facts, processes, threads (output_facts.c). */
int output_facts(const struct output *o, struct err *err);
/* Slices and the timeline (output_course.c). */
int output_course(const struct output *o, struct err *err);
/* Modules, functions, files, frames, sites and stacks (output_names.c). */
int output_names(const struct output *o, struct err *err);
/* Totals, peaks and distributions (output_sums.c). */
int output_sums(const struct output *o, struct err *err);
/* How far the figures of sites can be from the truth, where there is a sample; before output_sums (output_errors.c). */
int output_errors(const struct output *o, struct err *err);
/* How far blocks outlived the calls that made them, and their owners; and the cells' sums of it, for output_sums
 * (output_escapes.c). */
int output_escapes(const struct output *o, struct err *err);
/* A sentence if the recording does not allow to say how far some blocks escaped, else "". `buffer`: room for it. */
const char *output_escapes_note(const struct output *o, char *buffer, size_t size);
/* Marks (output_marks.c); and a sentence of what is uncertain where the recording was paused, not kept or ended early, else "". */
int output_marks(const struct output *o, struct err *err);
void output_marks_note(const struct output *o, char *out, size_t size);
/* 1: there is no event, and it was paused and never resumed. */
int output_never_on(const struct output *o);
/* The program's own pools (output_pools.c). */
int output_pools(const struct output *o, struct err *err);
/* Memory that programs map themselves; after output_wait_sums, whose tables it goes on (output_mappings.c). */
int output_mappings(const struct output *o, struct err *err);
/* Chains of reallocations, and the sample of what the allocator gave (output_growth.c). */
int output_growth(const struct output *o, struct err *err);

#endif
