/* SPDX-License-Identifier: MIT
 *
 * What each kind of META record means for the recording: one function a kind. Ids of processes and
 * threads are dense, in the order of appearance; whoever names another one is contradicting himself.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/recording.h"
#include "trace/segment.h"

#define NOTES_MAX 65536u
#define LOSS_MOST (1ull << 40) /* of a thread: what is more is no number of events, and would not add up */

static const char *keep(struct recording *r, struct meta_text text)
{
	return arena_text(&r->strings, text.data, text.size);
}

/* Arguments come with a NUL after each: people read blanks. */
static const char *keep_words(struct recording *r, struct meta_text text)
{
	char *words;

	while (text.size && !text.data[text.size - 1])
		text.size--;
	words = arena_text(&r->strings, text.data, text.size);
	for (size_t i = 0; i < text.size; i++)
		if (!words[i])
			words[i] = ' ';
	return words;
}

static struct recorded_process *process_of(struct recording *r, const struct meta *m)
{
	return m->process && m->process <= r->process_count ? &r->processes[m->process] : NULL;
}

static struct recorded_thread *thread_of(struct recording *r, const struct meta *m)
{
	return m->thread && m->thread <= r->thread_count ? &r->threads[m->thread] : NULL;
}

static int meta_process(struct recording *r, const struct meta *m)
{
	if (m->process != r->process_count + 1)
		return -1;
	r->processes = memory_grown(r->processes, &r->process_room, (size_t)m->process + 1, sizeof(*r->processes));
	r->process_count++;
	r->processes[m->process] = (struct recorded_process){
		.pid = m->u.process_start.pid,
		.ppid = m->u.process_start.ppid,
		.parent = m->u.process_start.parent,
		.comm = keep(r, m->u.process_start.comm),
		.executable = keep(r, m->u.process_start.executable),
		.command_line = keep_words(r, m->u.process_start.command_line),
		.start_tick = m->tick,
	};
	return 0;
}

static int meta_process_end(struct recording *r, const struct meta *m)
{
	struct recorded_process *p = process_of(r, m);

	if (!p)
		return -1;
	p->ended = 1;
	p->end_tick = m->tick;
	p->how = m->u.process_end.how;
	p->code = m->u.process_end.code;
	return 0;
}

static int meta_thread(struct recording *r, const struct meta *m)
{
	struct recorded_process *p = process_of(r, m);

	if (!p || m->thread != r->thread_count + 1)
		return -1;
	r->threads = memory_grown(r->threads, &r->thread_room, (size_t)m->thread + 1, sizeof(*r->threads));
	r->thread_count++;
	r->threads[m->thread] = (struct recorded_thread){
		.process = m->process,
		.tid = m->u.thread_start.tid,
		.name = keep(r, m->u.thread_start.name),
		.start_tick = m->tick,
	};
	p->threads++;
	return 0;
}

static int meta_thread_name(struct recording *r, const struct meta *m)
{
	struct recorded_thread *t = thread_of(r, m);

	if (!t)
		return -1;
	t->name = keep(r, m->u.thread_start.name);
	return 0;
}

static int meta_thread_end(struct recording *r, const struct meta *m)
{
	struct recorded_thread *t = thread_of(r, m);

	if (!t)
		return -1;
	t->ended = 1;
	t->end_tick = m->tick;
	return 0;
}

static int meta_module(struct recording *r, const struct meta *m)
{
	struct recorded_module module = {
		.epoch = m->u.module.epoch,
		.base = m->u.module.base,
		.size = m->u.module.size,
		.build_id = (const unsigned char *)keep(r, m->u.module.build_id),
		.build_id_size = (uint32_t)m->u.module.build_id.size,
		.path = keep(r, m->u.module.path),
	};

	r->modules = memory_grown(r->modules, &r->module_room, r->module_count + 1, sizeof(*r->modules));
	r->modules[r->module_count++] = module;
	return 0;
}

static int meta_clock(struct recording *r, const struct meta *m)
{
	struct recorded_clock clock = { .tick = m->tick, .monotonic_ns = m->u.clock.monotonic_ns };

	if (!r->first_clock.tick)
		r->first_clock = clock;
	r->last_clock = clock;
	return 0;
}

static int meta_sample(struct recording *r, const struct meta *m)
{
	struct recorded_process *p = process_of(r, m);

	if (!p)
		return -1;
	p->samples = memory_grown(p->samples, &p->sample_room, p->sample_count + 1, sizeof(*p->samples));
	p->samples[p->sample_count++] = (struct recorded_sample){
		.tick = m->tick,
		.rss_bytes = m->u.sample.rss_bytes,
		.minor_faults = m->u.sample.minor_faults,
		.major_faults = m->u.sample.major_faults,
	};
	return 0;
}

/* Cumulative: the largest says all. A loss that belongs to no process counts for the one launched. */
static int meta_loss(struct recording *r, const struct meta *m)
{
	struct recorded_thread *t = thread_of(r, m);
	struct recorded_process *p = process_of(r, m);
	uint64_t *dropped, lost;

	if (!p && r->process_count)
		p = &r->processes[1];
	if (m->thread && !t)
		return -1;
	if (!t && !p)
		return 0;
	dropped = t ? &t->dropped : &p->dropped;
	lost = m->u.loss.dropped < LOSS_MOST ? m->u.loss.dropped : LOSS_MOST;
	if (*dropped < lost)
		*dropped = lost;
	return 0;
}

static int meta_check(struct recording *r, const struct meta *m)
{
	struct recorded_process *p = process_of(r, m);

	if (!p)
		return -1;
	p->checked = m->u.check.checked;
	p->differences = m->u.check.differences;
	return 0;
}

static int meta_limit(struct recording *r, const struct meta *m)
{
	struct recorded_process *p = process_of(r, m);

	if (!p)
		return -1;
	p->limit_bytes = m->u.limit.bytes;
	p->limit_by = m->u.limit.by;
	return 0;
}

static int meta_sampling(struct recording *r, const struct meta *m)
{
	if (!m->u.sampling.bytes || m->u.sampling.bytes > SEGMENT_SAMPLE_MOST)
		return -1;
	r->sample_bytes = m->u.sampling.bytes;
	return 0;
}

static int meta_note(struct recording *r, const struct meta *m)
{
	size_t old = strlen(r->notes), size = m->u.note.text.size;
	char *joined;

	if (!size || old + size > NOTES_MAX)
		return 0;
	joined = arena_text(&r->strings, NULL, old + 1 + size);
	snprintf(joined, old + 1 + size + 1, "%s%s%.*s", r->notes, old ? "\n" : "", (int)size, m->u.note.text.data);
	r->notes = joined;
	return 0;
}

/* The collector's version, then its options, each with a NUL after it. */
static int meta_recording(struct recording *r, const struct meta *m)
{
	struct meta_text text = m->u.note.text;
	const char *nul = text.size ? memchr(text.data, 0, text.size) : NULL;

	if (nul) {
		text.size -= (size_t)(nul + 1 - text.data);
		text.data = nul + 1;
		r->options = keep_words(r, text);
	}
	return 0;
}

/* The collector writes them as they come: one that is out of order is damage, and comes where it stands. */
static int meta_mark(struct recording *r, const struct meta *m)
{
	uint64_t before = r->mark_count ? r->marks[r->mark_count - 1].tick : 0;

	if (m->u.mark.kind == MARK_FORGOTTEN) {
		r->forgotten = m->tick > r->forgotten ? m->tick : r->forgotten;
		return 0;
	}
	r->marks = memory_grown(r->marks, &r->mark_room, r->mark_count + 1, sizeof(*r->marks));
	r->marks[r->mark_count++] = (struct recorded_mark){
		.tick = m->tick > before ? m->tick : before,
		.kind = m->u.mark.kind,
		.text = keep(r, m->u.mark.text),
	};
	return 0;
}

static int meta_lock_name(struct recording *r, const struct meta *m)
{
	r->lock_names = memory_grown(r->lock_names, &r->lock_name_room, r->lock_name_count + 1, sizeof(*r->lock_names));
	r->lock_names[r->lock_name_count++] = (struct recorded_lock_name){
		.process = m->process,
		.address = m->u.lock_name.address,
		.tick = m->tick,
		.name = keep(r, m->u.lock_name.name),
	};
	return 0;
}

static int meta_code(struct recording *r, const struct meta *m)
{
	r->codes = memory_grown(r->codes, &r->code_room, r->code_count + 1, sizeof(*r->codes));
	r->codes[r->code_count] = (struct recorded_code){
		.epoch = m->u.code.epoch,
		.address = m->u.code.address,
		.number = r->code_count,
		.name = keep(r, m->u.code.name),
	};
	r->code_count++;
	return 0;
}

static int (*const meta_take[])(struct recording *r, const struct meta *m) = {
	[META_PROCESS] = meta_process,
	[META_PROCESS_END] = meta_process_end,
	[META_THREAD] = meta_thread,
	[META_THREAD_NAME] = meta_thread_name,
	[META_THREAD_END] = meta_thread_end,
	[META_MODULE] = meta_module,
	[META_CLOCK] = meta_clock,
	[META_SAMPLE] = meta_sample,
	[META_LOSS] = meta_loss,
	[META_CHECK] = meta_check,
	[META_NOTE] = meta_note,
	[META_RECORDING] = meta_recording,
	[META_LIMIT] = meta_limit,
	[META_MARK] = meta_mark,
	[META_SAMPLING] = meta_sampling,
	[META_LOCK_NAME] = meta_lock_name,
	[META_CODE] = meta_code,
};

int recording_meta(struct recording *r, const struct meta *m)
{
	if ((size_t)m->kind >= sizeof(meta_take) / sizeof(meta_take[0]) || !meta_take[m->kind])
		return 0;
	return meta_take[m->kind](r, m);
}
