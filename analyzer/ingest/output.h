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
#include "analyzer/ingest/timebase.h"
#include "analyzer/ingest/trace_file.h"
#include "analyzer/store/store.h"

struct output {
	struct store *store;
	const struct trace_file *trace;
	const struct recording *recording;
	const struct timebase *time;
	const struct naming *naming;
	struct replay *replay;
};

/* Facts, processes, threads (output_facts.c). */
int output_facts(const struct output *o, struct err *err);
/* Slices and the timeline (output_course.c). */
int output_course(const struct output *o, struct err *err);
/* Modules, functions, files, frames, sites and stacks (output_names.c). */
int output_names(const struct output *o, struct err *err);
/* Totals, peaks and distributions (output_sums.c). */
int output_sums(const struct output *o, struct err *err);
/* Takes away the replay's rows of span_sum (output_sums.c). */
int output_spans(const struct output *o, struct err *err);

#endif
