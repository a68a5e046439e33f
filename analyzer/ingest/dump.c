/* SPDX-License-Identifier: MIT
 *
 * Everything in a trace, one record a line: a word for what it is, then name=value pairs. Strings are
 * quoted, with \ escapes, so that a line is a line whatever a process calls itself.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/utf8.h"
#include "analyzer/ingest/dump_event.h"
#include "analyzer/ingest/ingest.h"
#include "analyzer/ingest/trace_file.h"
#include "trace/events.h"
#include "trace/meta.h"
#include "trace/segment.h"
#include "trace/stacks.h"

struct dump {
	FILE *out;
	const struct ingest_dump_options *options;
	struct trace_file trace;
	struct block_reader reader;
	void *scratch;
	struct event *events;
	struct stack_node *nodes;
};

static const char *const block_names[] = {
	[BLOCK_EVENTS] = "events", [BLOCK_STACKS] = "stacks", [BLOCK_META] = "meta", [BLOCK_END] = "end",
};

static const char *name_of(const char *const *names, size_t count, unsigned index)
{
	return index < count && names[index] ? names[index] : "unknown";
}
#define NAME_OF(names, index) name_of(names, sizeof(names) / sizeof(names[0]), index)

static void dump_text(FILE *out, const char *name, struct meta_text text)
{
	fprintf(out, " %s=\"", name);
	for (size_t i = 0, n; i < text.size; i += n ? n : 1) {
		unsigned char c = (unsigned char)text.data[i];

		n = utf8_length(text.data + i, text.size - i);
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (!n || c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fwrite(text.data + i, 1, n, out);
	}
	fputc('"', out);
}

static void dump_hex(FILE *out, const char *name, struct meta_text bytes)
{
	fprintf(out, " %s=", name);
	for (size_t i = 0; i < bytes.size; i++)
		fprintf(out, "%02x", (unsigned char)bytes.data[i]);
}

/* --- meta: the fields of each kind ----------------------------------------------------------- */

static void meta_process(FILE *out, const struct meta *m)
{
	fprintf(out, "process id=%u pid=%d ppid=%d parent=%u", m->process, m->u.process_start.pid, m->u.process_start.ppid,
	        m->u.process_start.parent);
	dump_text(out, "comm", m->u.process_start.comm);
	dump_text(out, "executable", m->u.process_start.executable);
	dump_text(out, "command_line", m->u.process_start.command_line);
}

static void meta_process_end(FILE *out, const struct meta *m)
{
	static const char *const how[] = {
		[ENDED_UNKNOWN] = "unknown", [ENDED_EXIT] = "exit", [ENDED_SIGNAL] = "signal", [ENDED_EXEC] = "exec",
	};

	fprintf(out, "process_end id=%u how=%s code=%d", m->process, NAME_OF(how, m->u.process_end.how), m->u.process_end.code);
}

static void meta_thread(FILE *out, const struct meta *m)
{
	fprintf(out, "thread id=%u process=%u tid=%d", m->thread, m->process, m->u.thread_start.tid);
	dump_text(out, "name", m->u.thread_start.name);
}

static void meta_thread_name(FILE *out, const struct meta *m)
{
	fprintf(out, "thread_name id=%u process=%u", m->thread, m->process);
	dump_text(out, "name", m->u.thread_start.name);
}

static void meta_thread_end(FILE *out, const struct meta *m)
{
	fprintf(out, "thread_end id=%u process=%u", m->thread, m->process);
}

static void meta_module(FILE *out, const struct meta *m)
{
	fprintf(out, "module process=%u epoch=%u base=0x%" PRIx64 " size=%" PRIu64, m->process, m->u.module.epoch,
	        m->u.module.base, m->u.module.size);
	dump_hex(out, "build_id", m->u.module.build_id);
	dump_text(out, "path", m->u.module.path);
}

static void meta_unload(FILE *out, const struct meta *m)
{
	fprintf(out, "unload process=%u epoch=%u base=0x%" PRIx64, m->process, m->u.module.epoch, m->u.module.base);
}

static void meta_clock(FILE *out, const struct meta *m)
{
	fprintf(out, "clock monotonic_ns=%" PRIu64 " realtime_ns=%" PRIu64, m->u.clock.monotonic_ns, m->u.clock.realtime_ns);
}

static void meta_sample(FILE *out, const struct meta *m)
{
	fprintf(out, "sample process=%u rss_bytes=%" PRIu64 " minor_faults=%" PRIu64 " major_faults=%" PRIu64, m->process,
	        m->u.sample.rss_bytes, m->u.sample.minor_faults, m->u.sample.major_faults);
}

static void meta_loss(FILE *out, const struct meta *m)
{
	fprintf(out, "loss process=%u thread=%u dropped=%" PRIu64, m->process, m->thread, m->u.loss.dropped);
}

static void meta_check(FILE *out, const struct meta *m)
{
	fprintf(out, "check process=%u checked=%" PRIu64 " differences=%" PRIu64 " slow_frames=%" PRIu64, m->process,
	        m->u.check.checked, m->u.check.differences, m->u.check.slow_frames);
}

static void meta_note(FILE *out, const struct meta *m)
{
	fprintf(out, "note process=%u", m->process);
	dump_text(out, "text", m->u.note.text);
}

static void meta_recording(FILE *out, const struct meta *m)
{
	fputs("recording", out);
	dump_text(out, "text", m->u.note.text);
}

static void meta_limit(FILE *out, const struct meta *m)
{
	fprintf(out, "limit process=%u bytes=%" PRIu64 " by=%s", m->process, m->u.limit.bytes,
	        m->u.limit.by == 1 ? "cgroup" : m->u.limit.by == 2 ? "RLIMIT_AS" : "unknown");
}

static void meta_mark(FILE *out, const struct meta *m)
{
	static const char *const kinds[] = { "unknown", "paused", "resumed", "named", "ended", "forgotten" };
	uint32_t kind = m->u.mark.kind;

	fprintf(out, "mark kind=%s", kinds[kind < sizeof(kinds) / sizeof(kinds[0]) ? kind : 0]);
	dump_text(out, "text", m->u.mark.text);
}

static void meta_sampling(FILE *out, const struct meta *m)
{
	fprintf(out, "sampling bytes=%" PRIu64, m->u.sampling.bytes);
}

static void meta_lock_name(FILE *out, const struct meta *m)
{
	fprintf(out, "lock-name process=%u address=0x%" PRIx64, m->process, m->u.lock_name.address);
	dump_text(out, "name", m->u.lock_name.name);
}

static void (*const meta_print[])(FILE *out, const struct meta *m) = {
	[META_PROCESS] = meta_process,
	[META_PROCESS_END] = meta_process_end,
	[META_THREAD] = meta_thread,
	[META_THREAD_NAME] = meta_thread_name,
	[META_THREAD_END] = meta_thread_end,
	[META_MODULE] = meta_module,
	[META_UNLOAD] = meta_unload,
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
};

static int dump_meta(struct dump *d, const unsigned char *payload, const struct trace_block *b)
{
	size_t left = b->header.raw_size;

	while (left) {
		struct meta m;

		if (meta_decode(&m, &payload, &left) != TRACE_OK)
			return -1;
		if ((size_t)m.kind >= sizeof(meta_print) / sizeof(meta_print[0]) || !meta_print[m.kind])
			continue;
		meta_print[m.kind](d->out, &m);
		fprintf(d->out, " tick=%" PRIu64 "\n", m.tick);
	}
	return 0;
}

/* --- stacks and events ----------------------------------------------------------------------- */

static int dump_stacks(struct dump *d, const unsigned char *payload, const struct trace_block *b)
{
	const struct block_header *h = &b->header;

	if (stacks_decode(h->thread, payload, h->raw_size, d->nodes, h->count) != TRACE_OK)
		return -1;
	for (uint32_t i = 0; i < h->count; i++) {
		const struct stack_node *n = &d->nodes[i];

		if (n->parent)
			fprintf(d->out, "node id=%u parent=%u address=0x%" PRIx64 "\n", h->thread + i, n->parent, n->address);
		else
			fprintf(d->out, "node id=%u parent=0 epoch=%" PRIu64 "\n", h->thread + i, n->address);
	}
	return 0;
}

static int dump_events(struct dump *d, const unsigned char *payload, const struct trace_block *b)
{
	const struct block_header *h = &b->header;

	if (!d->options->events)
		return 0;
	if (events_decode(d->scratch, payload, h->raw_size, h->first_tick, d->events, h->count) != TRACE_OK)
		return -1;
	for (uint32_t i = 0; i < h->count; i++)
		dump_event(d->out, h->thread, &d->events[i], h->count - i);
	return 0;
}

/* --- the file -------------------------------------------------------------------------------- */

static int (*const block_print[])(struct dump *d, const unsigned char *payload, const struct trace_block *b) = {
	[BLOCK_EVENTS] = dump_events,
	[BLOCK_STACKS] = dump_stacks,
	[BLOCK_META] = dump_meta,
};

static void dump_header(const struct dump *d)
{
	const struct file_header *h = &d->trace.header;

	fprintf(d->out, "trace version=%u id=", h->version);
	for (int i = 0; i < 16; i++)
		fprintf(d->out, "%02x", h->id[i]);
	fprintf(d->out, " tick_shift=%u tick_hz_x1000=%" PRIu64 " start_realtime_ns=%" PRIu64 " flags=0x%x\n", h->tick_shift,
	        h->tick_hz_x1000, h->start_realtime_ns, h->flags);
}

static int dump_block(struct dump *d, const struct trace_block *b, struct err *err)
{
	const struct block_header *h = &b->header;
	const unsigned char *payload;

	fprintf(d->out, "block offset=%" PRIu64 " kind=%s packed=%u raw=%u count=%u thread=%u first_tick=%" PRIu64
	        " last_tick=%" PRIu64 "\n", b->offset, NAME_OF(block_names, h->kind), h->packed_size, h->raw_size, h->count,
	        h->thread, h->first_tick, h->last_tick);
	if (h->kind >= sizeof(block_print) / sizeof(block_print[0]) || !block_print[h->kind])
		return 0;
	if (block_reader_load(&d->reader, &d->trace, b, &payload, err))
		return -1;
	if (block_print[h->kind](d, payload, b))
		return trace_file_damaged(&d->trace, b->offset, "the block cannot be", err);
	return 0;
}

int ingest_dump(const char *trace_path, const struct ingest_dump_options *options, void *file_stream, struct err *err)
{
	struct dump d = { .out = file_stream, .options = options };
	struct trace_block block;
	int more;

	if (trace_file_open(&d.trace, trace_path, err))
		return -1;
	d.scratch = memory_resized(NULL, 1, events_scratch_size());
	d.events = memory_resized(NULL, BLOCK_MAX_EVENTS, sizeof(*d.events));
	d.nodes = memory_resized(NULL, STACKS_MAX_NODES, sizeof(*d.nodes));
	dump_header(&d);
	while ((more = trace_file_next(&d.trace, &block, err)) == 1)
		if (dump_block(&d, &block, err)) {
			more = -1;
			break;
		}
	if (!more)
		fprintf(d.out, d.trace.cut ? "cut offset=%" PRIu64 "\n" : "end offset=%" PRIu64 "\n", d.trace.next);
	block_reader_release(&d.reader);
	trace_file_close(&d.trace);
	free(d.scratch);
	free(d.events);
	free(d.nodes);
	return more;
}
