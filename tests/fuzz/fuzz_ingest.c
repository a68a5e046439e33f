/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the analysis behind the checksums: the input becomes blocks that are whole and well packed
 * but say anything, of records, stacks and events, made small so that they meet. Everything but the
 * database runs. Whatever comes: what was allocated was freed, is live, or is known to have ended; and the waits of a lock
 * add up to what is said of it.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "analyzer/ingest/ingest.h"
#include "analyzer/ingest/futex.h"
#include "analyzer/ingest/lock_cycle.h"
#include "analyzer/ingest/lock_figure.h"
#include "analyzer/ingest/lock_name.h"
#include "analyzer/ingest/merge.h"
#include "analyzer/ingest/symbolize.h"
#include "tests/unit/trace_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static unsigned take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* A record of any kind, with small numbers. */
static void put_record(struct trace_writer *w, struct input *in)
{
	static const unsigned char none[64];
	struct meta m = { .kind = (enum meta_kind)(1 + take(in) % META_RECORDING) };
	unsigned char *fields = (unsigned char *)&m.u;

	m.tick = take(in) * 8;
	m.process = take(in) % 4;
	m.thread = take(in) % 6;
	switch (m.kind) {
	case META_PROCESS:
		m.process = w->processes += m.process > 0;
		m.u.process_start.parent = take(in) % 4;
		m.u.process_start.command_line = (struct meta_text){ (const char *)none, take(in) % 64 };
		break;
	case META_THREAD:
		m.thread = w->threads += m.thread > 0;
		break;
	case META_MODULE:
		m.u.module.epoch = take(in) % 3;
		m.u.module.base = take(in) * 16;
		m.u.module.size = take(in);
		m.u.module.path = writer_text("/nowhere/libx.so");
		break;
	case META_NOTE:
	case META_RECORDING:
		m.u.note.text = (struct meta_text){ (const char *)none, take(in) % 64 };
		break;
	case META_THREAD_NAME:
		break;
	default:
		for (int i = 0; i < 24; i++)
			fields[i] = (unsigned char)take(in);
	}
	writer_meta(w, &m);
}

static void put_node(struct trace_writer *w, struct input *in)
{
	uint32_t parent = take(in) % 32;

	if (parent > w->nodes)
		parent = w->nodes;
	writer_node(w, parent, take(in) * 4 + 1);
}

static void put_events(struct trace_writer *w, struct input *in)
{
	static const uint8_t kinds[] = { EVENT_MALLOC, EVENT_FREE, EVENT_MALLOC, EVENT_FREE, EVENT_REALLOC_FREE,
	                                 EVENT_REALLOC_ALLOC, 15, 31, 40, EVENT_DELETE, EVENT_USABLE };
	struct event events[64];
	uint64_t tick = take(in) * 8;
	uint32_t thread = 1 + take(in) % 6;
	size_t n = 1 + take(in) % 64;

	for (size_t i = 0; i < n; i++) {
		unsigned a = take(in), b = take(in);

		tick += a % 4;
		events[i] = ev(tick, kinds[b % sizeof(kinds)], (a >> 2) % 8 * 16, b, b % 12);
	}
	writer_events(w, thread, events, n);
}

/* Events of locks, in groups and out of them; numbers are small, or as large as can be. */
static void put_locks(struct trace_writer *w, struct input *in)
{
	static const uint8_t kinds[] = {
		EVENT_LOCK, EVENT_LOCK_END, EVENT_LOCK_TOTAL, EVENT_WAIT, EVENT_BLOCKED, EVENT_RELEASE, EVENT_ORDER, EVENT_CONTEXT,
		EVENT_SAMPLED, EVENT_HELD, EVENT_HOLDING, EVENT_THREAD_CREATE, EVENT_THREAD_BEGIN, EVENT_THREAD_END,
		EVENT_THREAD_DETACH, EVENT_MALLOC, EVENT_FREE, EVENT_LAST_LOCK,
	};
	struct event events[64];
	uint64_t tick = take(in) * 8;
	uint32_t thread = 1 + take(in) % 6;
	size_t n = 1 + take(in) % 64;

	for (size_t i = 0; i < n; i++) {
		unsigned a = take(in), b = take(in), c = take(in);
		uint64_t size = (uint64_t)c << (b >> 5 == 7 ? 56 : b >> 5 == 6 ? 40 : 0);

		tick += a % 4;
		events[i] = ev_lock(tick, kinds[b % sizeof(kinds)], (a >> 2) % 8 * 16, (uint16_t)((a >> 5) * (c & 1 ? 1 : 9001)), size,
		                    b % 3 ? b % 12 : c);
	}
	writer_events(w, thread, events, n);
}

/* Bytes as they come, as a payload. */
static void put_raw(struct trace_writer *w, struct input *in)
{
	static const uint8_t kinds[] = { BLOCK_EVENTS, BLOCK_STACKS, BLOCK_META, 9 };
	struct block_header h = { .kind = kinds[take(in) % 4], .count = 1 + take(in) % 8, .first_tick = 1, .last_tick = 99 };
	size_t size = 1 + take(in) % 64;

	h.thread = h.kind == BLOCK_STACKS ? w->nodes + 1 : 1 + take(in) % 4;
	if (h.kind == BLOCK_META && h.count > size)
		h.count = 1;
	if ((size_t)(in->end - in->at) < size)
		return;
	writer_block(w, h, in->at, size);
	in->at += size;
}

static int nothing(void *arg, uint64_t done, struct err *err)
{
	(void)done;
	(void)arg;
	(void)err;
	return 0;
}

static void need(int truth)
{
	if (!truth)
		abort();
}

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
		need(p->peak_bytes >= p->live_bytes);
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
	need(steps == 0);
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

static void analyze(const char *path, int with_dump)
{
	static const struct ingest_options options;
	struct ingest_dump_options dump = { .events = 1 };
	struct err err = { 0 };
	struct trace_file t;
	struct recording r = { 0 };
	FILE *out = fopen("/dev/null", "w");

	need(out != NULL);
	if (with_dump)
		ingest_dump(path, &dump, out, &err);
	fclose(out);
	err = (struct err){ 0 };
	need(!trace_file_open(&t, path, &err));
	if (!recording_load(&r, &t, &options, &err)) {
		struct symbolizer *s = symbolizer_new(&options, &err);
		struct timebase time;
		struct naming naming;
		struct replay replay;

		timebase_init(&time, &r, &t.header);
		naming_build(&naming, &r, s, &options);
		replay_init(&replay, &r, &time, &naming);
		if (!merge_run(&t, &r, &replay, &options, nothing, NULL, &err)) {
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
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const puts_[])(struct trace_writer *w, struct input *in) = {
		put_record, put_node, put_events, put_events, put_locks, put_locks, put_raw,
	};
	struct input in = { data, data + size };
	struct trace_writer w;
	char path[64];
	int fd = memfd_create("trace", MFD_CLOEXEC);

	need(fd >= 0);
	writer_begin(&w);
	writer_process(&w, 1, 4711, 0);
	writer_thread(&w, 1, 1, 4711);
	writer_thread(&w, 1, 1, 4712);
	while (in.at < in.end)
		puts_[take(&in) % 7](&w, &in);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	need(write(fd, w.bytes, w.size) == (ssize_t)w.size);
	analyze(path, size % 8 == 0);
	close(fd);
	writer_release(&w);
	return 0;
}
