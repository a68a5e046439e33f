/* SPDX-License-Identifier: MIT
 *
 * The analysis, step by step: index the trace, name its stacks, replay its events, write the sums. The
 * database is published whole or not at all.
 */
#include "analyzer/ingest/ingest.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "analyzer/ingest/merge.h"
#include "analyzer/ingest/output.h"
#include "analyzer/ingest/symbolize.h"
#include "analyzer/ingest/unrecorded.h"
#include "analyzer/ingest/wait_row.h"

#define SPILL_ROWS 2000000u /* rows of span_sum held in memory */

struct analysis {
	const struct ingest_options *options;
	struct trace_file trace;
	struct recording recording;
	struct timebase time;
	struct naming naming;
	struct replay replay;
	struct wait_rows waits;
	struct symbolizer *symbolizer;
	struct store *store;
	struct output output;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void tell(const struct analysis *a, const char *phase, uint64_t done)
{
	if (a->options->progress)
		a->options->progress(a->options->progress_arg, phase, done, a->trace.size);
}

static int spill(void *arg, struct err *err)
{
	struct analysis *a = arg;

	return a->replay.spans.row_count > SPILL_ROWS ? output_spans(&a->output, err) : 0;
}

static int unknown_is_used(const struct analysis *a)
{
	for (size_t i = 1; i <= a->replay.cells.count; i++)
		if (a->replay.cells.at[i].stack == a->naming.unknown)
			return 1;
	for (size_t i = 0; i < a->waits.count; i++)
		if (a->waits.at[i].cell.stack == a->naming.unknown)
			return 1;
	for (size_t i = 0; i < a->replay.locks.holds.count; i++)
		if (((const struct hold_cell *)keyed_item(&a->replay.locks.holds, i))->stack == a->naming.unknown)
			return 1;
	return 0;
}

/* What only the end of the events makes known: the rows of waits, and which stacks without a name are needed. */
static void analysis_settle(struct analysis *a)
{
	thread_birth_finish(&a->replay.locks.births, &a->naming);
	wait_rows_make(&a->waits, &a->replay.locks, &a->time, &a->naming);
	if (a->waits.unrecorded) /* takes the next id: names of what is unknown must not become its */
		wait_rows_unrecorded(&a->waits, unrecorded_stack(&a->naming));
	else if (!unknown_is_used(a))
		naming_drop_unknown(&a->naming);
}

static int analysis_read(struct analysis *a, struct err *err)
{
	tell(a, "reading", 0);
	if (recording_load(&a->recording, &a->trace, a->options, err))
		return -1;
	timebase_init(&a->time, &a->recording, &a->trace.header);
	tell(a, "symbols", 0);
	a->symbolizer = symbolizer_new(a->options, err);
	if (!a->symbolizer)
		return -1;
	naming_build(&a->naming, &a->recording, a->symbolizer, a->options);
	return 0;
}

static int analysis_write(struct analysis *a, const char *db_path, struct err *err)
{
	a->store = store_create(db_path, err);
	if (!a->store)
		return -1;
	a->output = (struct output){
		.store = a->store,
		.trace = &a->trace,
		.recording = &a->recording,
		.time = &a->time,
		.naming = &a->naming,
		.replay = &a->replay,
		.waits = &a->waits,
	};
	replay_init(&a->replay, &a->recording, &a->time, &a->naming);
	tell(a, "events", 0);
	if (merge_run(&a->trace, &a->recording, &a->replay, a->options, spill, a, err))
		return -1;
	tell(a, "writing", a->trace.size);
	analysis_settle(a);
	if (output_locks(&a->output, err) || output_facts(&a->output, err) || output_course(&a->output, err) ||
	    output_names(&a->output, err) || output_escapes(&a->output, err) || output_sums(&a->output, err) ||
	    output_wait_sums(&a->output, err) || output_growth(&a->output, err))
		return -1;
	return store_publish(a->store, err);
}

static void analysis_release(struct analysis *a)
{
	store_close(a->store);
	wait_rows_release(&a->waits);
	replay_release(&a->replay);
	naming_release(&a->naming);
	symbolizer_free(a->symbolizer);
	recording_release(&a->recording);
	trace_file_close(&a->trace);
}

int ingest_run(const char *trace_path, const char *db_path, const struct ingest_options *options,
               struct ingest_result *result, struct err *err)
{
	static const struct ingest_options none;
	struct analysis a = { .options = options ? options : &none, .trace = { .fd = -1 } };
	uint64_t start = now_ns();
	int failed = trace_file_open(&a.trace, trace_path, err) || analysis_read(&a, err) || analysis_write(&a, db_path, err);

	if (!failed && result)
		*result = (struct ingest_result){
			.events = a.recording.events,
			.duration_ns = now_ns() - start,
			.cut = a.trace.cut,
		};
	analysis_release(&a);
	return failed ? -1 : 0;
}

int ingest_identify(const char *trace_path, char id[33], uint64_t *bytes, struct err *err)
{
	struct trace_file t;

	if (trace_file_open(&t, trace_path, err))
		return -1;
	for (int i = 0; i < 16; i++)
		snprintf(id + 2 * i, 3, "%02x", t.header.id[i]);
	*bytes = t.size;
	trace_file_close(&t);
	return 0;
}
