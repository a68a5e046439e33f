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
#include "analyzer/ingest/spill.h"
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
	struct spill spans;
	uint64_t event_bytes;  /* of all blocks of events */
	const char *part_path; /* where the database is made instead, if the analysis ends early */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void tell(const struct analysis *a, const char *phase, uint64_t done, uint64_t total)
{
	if (a->options->progress)
		a->options->progress(a->options->progress_arg, phase, done, total);
}

static int spill_spans(struct analysis *a, struct err *err)
{
	struct spans *s = &a->replay.spans;

	spans_sort(s);
	if (spill_put(&a->spans, s->rows, s->row_count, err))
		return -1;
	s->row_count = 0;
	return 0;
}

static int between(void *arg, uint64_t done, struct err *err)
{
	struct analysis *a = arg;

	if (a->replay.spans.row_count > SPILL_ROWS && spill_spans(a, err))
		return -1;
	if (!a->options->part)
		return 0;
	a->part_path = a->options->part(a->options->part_arg, done, a->event_bytes);
	if (!a->part_path)
		return 0;
	a->output.part_tick = a->replay.now > 1 ? a->replay.now : 1;
	a->output.part_percent = (unsigned)(done * 100 / a->event_bytes);
	return 1;
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
	for (size_t i = 0; i < a->replay.pools.cells.count; i++)
		if (((const struct pool_cell *)keyed_item(&a->replay.pools.cells, i))->stack == a->naming.unknown)
			return 1;
	for (size_t i = 0; i < a->replay.mappings.cells.count; i++)
		if (((const struct mapping_cell *)keyed_item(&a->replay.mappings.cells, i))->stack == a->naming.unknown)
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
	tell(a, "reading", 0, a->trace.size);
	if (recording_load(&a->recording, &a->trace, a->options, err))
		return -1;
	timebase_init(&a->time, &a->recording, &a->trace.header);
	for (size_t i = 0; i < a->recording.block_count; i++)
		a->event_bytes += a->recording.blocks[i].packed_size;
	tell(a, "symbols", 0, a->trace.size);
	a->symbolizer = symbolizer_new(a->options, err);
	if (!a->symbolizer)
		return -1;
	naming_build(&a->naming, &a->recording, a->symbolizer, a->options);
	return 0;
}

/* All events, or those until an end that was asked for: then the store is another one, and the one before is not ours to touch. */
static int analysis_events(struct analysis *a, struct err *err)
{
	int merged;

	replay_init(&a->replay, &a->recording, &a->time, &a->naming);
	tell(a, "events", 0, a->trace.size);
	merged = merge_run(&a->trace, &a->recording, &a->replay, a->options, between, a, err);
	if (merged <= 0)
		return merged;
	a->store = store_create(a->part_path, err);
	return a->store ? 0 : -1;
}

/* The store is there before the events are read: that it cannot be made is said at once. */
static int analysis_write(struct analysis *a, const char *db_path, struct err *err)
{
	static int (*const steps[])(const struct output *o, struct err *err) = {
		output_locks, output_facts, output_course, output_names, output_escapes, output_errors, output_sums, output_wait_sums,
		output_mappings, output_growth, output_pools,
	};
	const size_t count = sizeof(steps) / sizeof(steps[0]);

	a->output = (struct output){
		.trace = &a->trace,
		.recording = &a->recording,
		.time = &a->time,
		.naming = &a->naming,
		.replay = &a->replay,
		.waits = &a->waits,
		.spans = &a->spans,
	};
	spill_init(&a->spans, &span_spill, db_path);
	a->store = store_create(db_path, err);
	if (!a->store || analysis_events(a, err))
		return -1;
	a->output.store = a->store;
	tell(a, "writing", 0, count);
	analysis_settle(a);
	for (size_t i = 0; i < count; i++) {
		tell(a, "writing", i, count);
		if (steps[i](&a->output, err))
			return -1;
	}
	return store_publish(a->store, err);
}

static void analysis_release(struct analysis *a)
{
	store_close(a->store);
	spill_release(&a->spans);
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

int ingest_is_growing(const char *trace_path)
{
	struct trace_file t;
	int growing;

	if (trace_file_open(&t, trace_path, NULL))
		return 0;
	growing = trace_file_is_growing(&t);
	trace_file_close(&t);
	return growing;
}
