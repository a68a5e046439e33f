/* SPDX-License-Identifier: MIT
 *
 * The analysis of a trace that may say anything, for the fuzzers: everything but the database runs, and what must hold of any
 * trace is checked. What was allocated was freed, is live, or is known to have ended; the waits of a lock add up to what is said
 * of it; every lock has a name.
 */
#ifndef FUZZ_ANY_TRACE_H
#define FUZZ_ANY_TRACE_H

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/ingest/futex.h"
#include "analyzer/ingest/ingest.h"
#include "analyzer/ingest/lock_cycle.h"
#include "analyzer/ingest/lock_figure.h"
#include "analyzer/ingest/lock_name.h"
#include "analyzer/ingest/merge.h"
#include "analyzer/ingest/symbolize.h"

static int nothing(void *arg, uint64_t done, struct err *err)
{
	(void)done;
	(void)arg;
	(void)err;
	return 0;
}

static inline void need_failed(const char *what, int line)
{
	fprintf(stderr, "line %d: not so: %s\n", line, what);
	abort();
}

#define need(truth) ((truth) ? (void)0 : need_failed(#truth, __LINE__))

static void check(const struct replay *r)
{
	uint64_t live = 0, allocations = 0, left = 0;

	for (size_t i = 1; i <= r->cells.count; i++) {
		live += r->cells.at[i].live_bytes;
		need(r->cells.at[i].live <= r->cells.at[i].allocations);
	}
	for (size_t i = 1; i <= r->process_count; i++) {
		const struct replay_process *p = &r->processes[i];

		live -= p->live_bytes;
		need(p->peak_bytes >= p->live_bytes || p->peak_bytes >> 63); /* or 64 bits did not count what was live */
		for (int kind = 0; kind <= EVENT_LAST_ALLOC; kind++)
			allocations += p->kinds[kind].count;
		allocations -= p->frees + p->implied_frees;
	}
	for (size_t i = 1; i <= r->cells.count; i++)
		left += r->cells.at[i].live;
	need(live == 0 && left == allocations);
}

/* Every realloc is a step of one chain. */
static void check_growth(const struct replay *r)
{
	uint64_t steps = 0;

	for (size_t i = 1; i <= r->process_count; i++)
		steps += r->processes[i].kinds[EVENT_REALLOC_ALLOC].count;
	for (size_t i = 0; i < r->growth.rows.count; i++) {
		const struct growth_row *row = keyed_item(&r->growth.rows, i);

		need(row->chains && row->chains <= row->steps && row->max_steps <= row->steps);
		need(growth_percentile(&r->growth, row, 50) <= growth_percentile(&r->growth, row, 90));
		steps -= row->container ? 0 : row->steps;
	}
	need(steps == 0 || r->sample_bytes); /* they are counted, not weighed */
	for (size_t i = 0; i < r->slack.rows.count; i++) {
		const struct slack_row *row = keyed_item(&r->slack.rows, i);

		need(row->blocks && row->usable >= row->requested);
	}
}

static void check_waits(const struct wait_rows *w, const struct lock_lives *lives, const struct timebase *time)
{
	for (size_t i = 0; i < w->run_count; i++) {
		const struct wait_run *run = &w->runs[i];
		struct lock_figure f[2];
		unsigned count = lock_figures(f, lives, run->life, w, run, time);
		uint64_t waits = 0, ns = 0, events = 0;

		need(!lives->at[run->life].alias && count <= 2);
		for (size_t k = run->first; k < run->first + run->count; k++) {
			waits += w->at[k].waits;
			ns += w->at[k].ns;
			events += w->at[k].cell.events;
			need(w->at[k].waits >= w->at[k].cell.events && w->at[k].timeouts <= w->at[k].waits);
			need(w->at[k].max_ns <= w->at[k].ns);
		}
		if (run->counted)
			need(waits == lives->at[run->life].counts->totals[LOCK_WAITS]);
		need(run->sampled == (waits != events));
		for (unsigned k = 0; k < count; k++) {
			waits -= f[k].waits;
			ns -= f[k].wait_ns;
			need(f[k].wait_max_ns <= f[k].wait_ns && f[k].read_wait_ns <= f[k].wait_ns);
			need(f[k].contended <= f[k].acquisitions && f[k].timeouts <= f[k].waits);
		}
		need(waits == 0 && ns == 0);
	}
}

static void check_names(const struct replay *r, const struct naming *naming)
{
	const struct thread_birth *b = &r->locks.births;

	for (uint32_t i = 1; i <= r->locks.lives.count; i++) {
		const struct lock_life *l = &r->locks.lives.at[i];
		struct lock_about about = { .address = l->address, .kind = l->kind, .node = l->node, .frame = l->frame,
		                            .block_stack = l->block_stack, .block_offset = l->block_offset };

		need(*lock_name(naming, &about) != 0);
	}
	for (uint32_t i = 1; i <= naming->stack_count; i++)
		need(futex_classify(naming, i) <= FUTEX_WORK);
	for (size_t i = 1; i <= b->thread_count; i++)
		need(b->threads[i].creator <= b->thread_count && b->threads[i].stack < naming->unknown);
}

static void check_locks(struct replay *r, const struct timebase *time, const struct naming *naming)
{
	struct wait_rows w;

	thread_birth_finish(&r->locks.births, naming);
	check_names(r, naming);
	wait_rows_make(&w, &r->locks, time, naming);
	check_waits(&w, &r->locks.lives, time);
	wait_rows_release(&w);
	lock_cycles((struct order_cell *)(void *)r->locks.orders.items, r->locks.orders.count);
}

/* Analyzes the trace at path; checks fail by abort(). 0, or -1: it was refused as damaged, with err set. */
static int analyze(const char *path, int with_dump, struct err *err)
{
	static const struct ingest_options options;
	struct ingest_dump_options dump = { .events = 1 };
	struct trace_file t;
	struct recording r = { 0 };
	FILE *out = fopen("/dev/null", "w");
	int read;

	need(out != NULL);
	if (with_dump)
		ingest_dump(path, &dump, out, err);
	fclose(out);
	*err = (struct err){ 0 };
	need(!trace_file_open(&t, path, err));
	read = recording_load(&r, &t, &options, err);
	if (!read) {
		struct symbolizer *s = symbolizer_new(&options, err);
		struct timebase time;
		struct naming naming;
		struct replay replay;

		timebase_init(&time, &r, &t.header);
		naming_build(&naming, &r, s, &options);
		replay_init(&replay, &r, &time, &naming);
		read = merge_run(&t, &r, &replay, &options, nothing, NULL, err);
		if (!read) {
			check(&replay);
			check_growth(&replay);
			check_locks(&replay, &time, &naming);
		}
		replay_release(&replay);
		naming_release(&naming);
		symbolizer_free(s);
	}
	recording_release(&r);
	trace_file_close(&t);
	return read;
}

#endif
