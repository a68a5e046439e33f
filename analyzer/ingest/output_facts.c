/* SPDX-License-Identifier: MIT
 *
 * What is known of the recording, its processes and threads, as wholes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"

/* --- meta ------------------------------------------------------------------------------------ */

static void fact_text(struct inserter *i, const char *key, const char *value)
{
	inserter_text(i, 1, key);
	inserter_text(i, 2, value);
	inserter_run(i);
}

static void fact_number(struct inserter *i, const char *key, uint64_t value)
{
	inserter_text(i, 1, key);
	inserter_number(i, 2, value > INT64_MAX ? INT64_MAX : (int64_t)value);
	inserter_run(i);
}

/* Why a recording can be without a single event. */
static const char *no_event(const struct output *o)
{
	if (o->recording->events)
		return "";
	if (output_never_on(o))
		return "no event arrived: the recording was never on, which is what `culprit ctl PID on` is for";
	if (!o->recording->process_count)
		return o->trace->cut ? "no event arrived: the trace was cut before a process was described"
		                     : "no event arrived: no process loaded the recorder; a statically linked, set-user-id or "
		                       "foreign-architecture program cannot";
	if (o->replay->sample_bytes)
		return "no event arrived: no block was in the sample; a smaller --sample sees more";
	return "no event arrived: the program made no allocation that the recorder sees (its allocator may be linked in "
	       "statically), or ended before the first";
}

/* Sentences, newline separated, in memory that the caller frees. */
struct sentences {
	char *text;
	size_t size, room;
};

static void sentence_add(struct sentences *s, const char *sentence)
{
	size_t size = strlen(sentence);

	s->text = memory_grown(s->text, &s->room, s->size + size + 2, 1);
	if (size && s->size)
		s->text[s->size++] = '\n';
	memcpy(s->text + s->size, sentence, size + 1);
	s->size += size;
}

static struct sentences all_notes(const struct output *o)
{
	struct sentences notes = { 0 };
	uint64_t unseen = o->replay->locks.births.unseen;
	char counted[200], marks[600];

	sentence_add(&notes, o->recording->notes);
	sentence_add(&notes, no_event(o));
	output_marks_note(o, marks, sizeof(marks));
	sentence_add(&notes, marks);
	sentence_add(&notes, output_escapes_note(o, counted, sizeof(counted)));
	if (o->replay->sample_bytes)
		sentence_add(&notes, "a sample does not tell which allocations were temporary, whose calls blocks outlived, nor how blocks grew");
	if (o->recording->orphans) {
		snprintf(counted, sizeof(counted), "%" PRIu64 " events of threads that the trace does not describe were left out",
		         o->recording->orphans);
		sentence_add(&notes, counted);
	}
	if (unseen) {
		snprintf(counted, sizeof(counted), "%" PRIu64 " thread%s created of which the trace has nothing: not begun yet when it ends, "
		         "or not recorded", unseen, unseen == 1 ? " was" : "s were");
		sentence_add(&notes, counted);
	}
	return notes;
}

static int write_meta(const struct output *o, struct err *err)
{
	struct inserter i;
	struct sentences notes = all_notes(o);
	char id[33];

	inserter_open(&i, o->store, "INSERT INTO meta VALUES (?1, ?2)", err);
	for (int k = 0; k < 16; k++)
		snprintf(id + 2 * k, 3, "%02x", o->trace->header.id[k]);
	fact_number(&i, "schema_version", STORE_SCHEMA_VERSION);
	fact_text(&i, "trace_id", id);
	fact_number(&i, "trace_bytes", o->trace->size);
	fact_text(&i, "trace_path", o->trace->path);
	fact_text(&i, "culprit_version", CULPRIT_VERSION);
	fact_number(&i, "start_realtime_ns", o->trace->header.start_realtime_ns);
	fact_number(&i, "duration_ns", o->time->duration_ns);
	fact_number(&i, "complete", !o->trace->cut);
	if (o->trace->growing)
		fact_number(&i, "growing", 1);
	if (o->replay->sample_bytes)
		fact_number(&i, "sample_bytes", o->replay->sample_bytes);
	if (o->part_tick) {
		fact_number(&i, "analyzed_percent", o->part_percent);
		fact_number(&i, "analyzed_ns", timebase_ns(o->time, o->part_tick));
	}
	fact_text(&i, "options", o->recording->options);
	fact_text(&i, "notes", notes.text);
	free(notes.text);
	return inserter_close(&i);
}

/* --- processes ------------------------------------------------------------------------------- */

static const char *ended_text(const struct output *o, const struct recorded_process *p, char out[32])
{
	if (!p->ended)
		return o->trace->cut && !o->trace->growing ? "cut" : "running";
	switch (p->how) {
	case ENDED_EXIT:
		snprintf(out, 32, "exit %d", p->code);
		return out;
	case ENDED_SIGNAL:
		snprintf(out, 32, "signal %d", p->code);
		return out;
	case ENDED_EXEC:
		return "exec";
	default:
		return "unknown";
	}
}

/* Sums over a process's cells. */
struct cell_sums {
	uint64_t live, temporary;
};

static struct cell_sums *sum_cells(const struct output *o)
{
	const struct replay *r = o->replay;
	struct cell_sums *sums = memory_zeroed(r->process_count + 1, sizeof(*sums));

	for (size_t i = 1; i <= r->cells.count; i++) {
		struct cell_sums *s = &sums[r->threads[r->cells.at[i].thread].process->id];

		s->live += r->cells.at[i].live;
		s->temporary += r->cells.at[i].temporary;
	}
	return sums;
}

static uint64_t lost_events(const struct recording *r, uint32_t process)
{
	uint64_t lost = r->processes[process].dropped;

	for (uint32_t t = 1; t <= r->thread_count; t++)
		if (r->threads[t].process == process)
			lost += r->threads[t].dropped;
	return lost;
}

static void process_identity(struct inserter *i, const struct output *o, uint32_t id)
{
	const struct recorded_process *p = &o->recording->processes[id];
	uint64_t start = timebase_ns(o->time, p->start_tick);
	uint64_t end = p->ended ? timebase_ns(o->time, p->end_tick) : o->time->duration_ns;
	char ended[32];

	inserter_number(i, 1, id);
	inserter_number(i, 2, p->pid);
	inserter_number(i, 3, p->ppid);
	if (p->parent && p->parent <= o->recording->process_count)
		inserter_number(i, 4, p->parent);
	else
		inserter_none(i, 4);
	inserter_text(i, 5, p->comm);
	inserter_text(i, 6, p->command_line);
	inserter_text(i, 7, p->executable);
	inserter_number(i, 8, (int64_t)start);
	if (p->ended)
		inserter_number(i, 9, (int64_t)end);
	else
		inserter_none(i, 9);
	inserter_text(i, 10, ended_text(o, p, ended));
	inserter_number(i, 11, (int64_t)(end > start ? end - start : 0));
}

static void process_figures(struct inserter *i, const struct output *o, uint32_t id, const struct cell_sums *sums)
{
	const struct recorded_process *recorded = &o->recording->processes[id];
	const struct replay_process *p = &o->replay->processes[id];
	uint64_t allocations = 0, bytes = 0;

	for (int kind = 0; kind <= EVENT_LAST_ALLOC; kind++) {
		allocations += p->kinds[kind].count;
		bytes += p->kinds[kind].bytes;
	}
	inserter_number(i, 12, (int64_t)allocations);
	inserter_number(i, 13, (int64_t)p->frees);
	inserter_number(i, 14, (int64_t)p->kinds[EVENT_REALLOC_ALLOC].count);
	inserter_number(i, 15, (int64_t)bytes);
	inserter_number(i, 16, (int64_t)p->peak_bytes);
	inserter_number(i, 17, p->peak_bytes ? (int64_t)timebase_ns(o->time, p->peak_tick) : 0);
	inserter_number(i, 18, (int64_t)sums->live);
	inserter_number(i, 19, (int64_t)p->live_bytes);
	inserter_number(i, 20, (int64_t)sums->temporary);
	inserter_number(i, 21, recorded->threads);
	inserter_number(i, 22, (int64_t)lost_events(o->recording, id));
	inserter_number(i, 23, (int64_t)p->unmatched_frees);
	inserter_number(i, 24, (int64_t)p->implied_frees);
	inserter_number(i, 25, (int64_t)recorded->checked);
	inserter_number(i, 26, (int64_t)recorded->differences);
	inserter_number(i, 27, (int64_t)p->contended);
	inserter_number(i, 28, (int64_t)p->wait_ns);
	inserter_number(i, 29, (int64_t)p->blocked_ns);
	inserter_figure(i, 32, p->mapped.calls);
	inserter_figure(i, 33, p->mapped.bytes);
	inserter_figure(i, 34, p->mapped.peak);
	inserter_number(i, 35, p->mapped.peak ? (int64_t)timebase_ns(o->time, p->mapped.peak_tick) : 0);
	inserter_figure(i, 36, p->mapped.live);
	if (recorded->limit_bytes && recorded->limit_by >= 1 && recorded->limit_by <= 2) {
		inserter_number(i, 30, (int64_t)(recorded->limit_bytes & INT64_MAX));
		inserter_text(i, 31, recorded->limit_by == 1 ? "cgroup" : "RLIMIT_AS");
	} else {
		inserter_none(i, 30);
		inserter_none(i, 31);
	}
}

static int write_processes(const struct output *o, struct err *err)
{
	static const char sql[] =
		"INSERT INTO process (id, pid, ppid, parent_id, command, command_line, executable, start_ns, end_ns, ended,"
		" duration_ns, allocations, frees, reallocations, allocated_bytes, peak_bytes, peak_ns, leaked_allocations,"
		" leaked_bytes, temporary_allocations, threads, lost_events, unmatched_frees, implied_frees, stacks_checked,"
		" stack_differences, contended, wait_ns, blocked_ns, memory_limit_bytes, memory_limit_by, mappings, mapped_bytes,"
		" mapped_peak_bytes, mapped_peak_ns, still_mapped_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31,"
		" ?32, ?33, ?34, ?35, ?36)";
	struct cell_sums *sums = sum_cells(o);
	struct inserter i;

	inserter_open(&i, o->store, sql, err);
	for (uint32_t id = 1; id <= o->recording->process_count; id++) {
		process_identity(&i, o, id);
		process_figures(&i, o, id, &sums[id]);
		inserter_run(&i);
	}
	free(sums);
	return inserter_close(&i);
}

/* A thread that says itself when it begins and ends is believed; what it does after that is the C library's tidying up. One that
 * says it begins and nothing more was there when its process ended. */
static void thread_times(struct inserter *i, const struct output *o, uint32_t id)
{
	const struct recorded_thread *t = &o->recording->threads[id];
	const struct thread_life *life = &o->replay->locks.births.threads[id];
	const struct recorded_process *p = &o->recording->processes[t->process];
	uint64_t start = life->began ? life->begin : t->start_tick, end = life->ended ? life->end : t->end_tick;

	if (life->began && !life->ended && t->ended && p->ended && p->end_tick > end)
		end = p->end_tick;

	inserter_number(i, 5, (int64_t)timebase_ns(o->time, start));
	if (life->ended || t->ended)
		inserter_number(i, 6, (int64_t)timebase_ns(o->time, end > start ? end : start));
	else
		inserter_none(i, 6);
}

static int write_threads(const struct output *o, struct err *err)
{
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO thread (id, process_id, tid, name, start_ns, end_ns, creator_id, created_stack_id,"
	              " start_function, detached, joined, lost_events) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", err);
	for (uint32_t id = 1; id <= o->recording->thread_count; id++) {
		const struct recorded_thread *t = &o->recording->threads[id];
		const struct thread_life *life = &o->replay->locks.births.threads[id];

		inserter_number(&i, 1, id);
		inserter_number(&i, 2, t->process);
		inserter_number(&i, 3, t->tid);
		inserter_text(&i, 4, t->name);
		thread_times(&i, o, id);
		inserter_id(&i, 7, life->creator);
		inserter_id(&i, 8, life->stack);
		if (life->start)
			inserter_text(&i, 9, life->start);
		else
			inserter_none(&i, 9);
		inserter_number(&i, 10, life->detached);
		inserter_number(&i, 11, life->joined);
		inserter_number(&i, 12, (int64_t)t->dropped);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

/* --- kinds of calls -------------------------------------------------------------------------- */

static const char *kind_name(unsigned kind, char other[24])
{
	static const char *const names[EVENT_LAST_ALLOC + 1] = {
		[EVENT_MALLOC] = "malloc", [EVENT_CALLOC] = "calloc", [EVENT_ALIGNED] = "aligned", [EVENT_NEW] = "new",
		[EVENT_NEW_ARRAY] = "new[]", [EVENT_MALLOCX] = "mallocx", [EVENT_REALLOC_ALLOC] = "realloc",
	};

	snprintf(other, 24, "kind %u", kind);
	return names[kind] ? names[kind] : other;
}

static int write_kinds(const struct output *o, struct err *err)
{
	struct inserter i;
	char other[24];

	inserter_open(&i, o->store, "INSERT INTO kind_total VALUES (?1, ?2, ?3, ?4)", err);
	for (uint32_t id = 1; id <= o->recording->process_count; id++) {
		const struct replay_process *p = &o->replay->processes[id];

		for (unsigned kind = 0; kind <= EVENT_LAST_ALLOC; kind++) {
			if (!p->kinds[kind].count)
				continue;
			inserter_number(&i, 1, id);
			inserter_text(&i, 2, kind_name(kind, other));
			inserter_number(&i, 3, (int64_t)p->kinds[kind].count);
			inserter_number(&i, 4, (int64_t)p->kinds[kind].bytes);
			inserter_run(&i);
		}
	}
	return inserter_close(&i);
}

static int write_span_kinds(const struct output *o, struct err *err)
{
	struct inserter i;
	char other[24];

	inserter_open(&i, o->store, "INSERT INTO span_kind VALUES (?1, ?2, ?3, ?4, ?5)", err);
	for (size_t k = 0; k < o->replay->kind_count; k++) {
		const struct kind_row *row = &o->replay->kinds[k];

		inserter_number(&i, 1, row->process);
		inserter_number(&i, 2, row->slice + 1);
		inserter_text(&i, 3, kind_name(row->kind, other));
		inserter_number(&i, 4, (int64_t)row->sum.count);
		inserter_number(&i, 5, (int64_t)row->sum.bytes);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

int output_facts(const struct output *o, struct err *err)
{
	if (write_meta(o, err) || write_processes(o, err) || write_threads(o, err) || write_kinds(o, err) || write_span_kinds(o, err) ||
	    output_marks(o, err))
		return -1;
	return 0;
}
