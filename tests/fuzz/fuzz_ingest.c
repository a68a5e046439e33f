/* SPDX-License-Identifier: MIT
 *
 * Fuzzes the analysis behind the checksums: the input becomes blocks that are whole and well packed
 * but say anything, of records, stacks and events, made small so that they meet.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "tests/fuzz/any_trace.h"
#include "tests/unit/trace_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static unsigned take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* A few bytes of the input as they are. */
static struct meta_text take_text(struct input *in)
{
	size_t size = take(in) % 64, left = (size_t)(in->end - in->at);
	struct meta_text text = { (const char *)in->at, size < left ? size : left };

	in->at += text.size;
	return text;
}

static void put_fields(struct meta *m, struct input *in)
{
	unsigned char *fields = (unsigned char *)&m->u;

	for (int i = 0; i < 24; i++)
		fields[i] = (unsigned char)take(in);
}

/* A record of any kind, with small numbers. */
static void put_record(struct trace_writer *w, struct input *in)
{
	struct meta m = { .kind = (enum meta_kind)(1 + take(in) % META_CODE) };

	m.tick = take(in) * 8;
	m.process = take(in) % 4;
	m.thread = take(in) % 6;
	switch (m.kind) {
	case META_PROCESS:
		m.process = w->processes += m.process > 0;
		m.u.process_start.parent = take(in) % 4;
		m.u.process_start.comm = take_text(in);
		m.u.process_start.executable = take_text(in);
		m.u.process_start.command_line = take_text(in);
		break;
	case META_THREAD:
		m.thread = w->threads += m.thread > 0;
		m.u.thread_start.name = take_text(in);
		break;
	case META_THREAD_NAME:
		m.u.thread_start.name = take_text(in);
		break;
	case META_MODULE:
		m.u.module.epoch = take(in) % 3;
		m.u.module.base = take(in) * 16;
		m.u.module.size = take(in);
		m.u.module.build_id = take_text(in);
		m.u.module.path = take(in) % 4 ? writer_text("/nowhere/libx.so") : take_text(in);
		break;
	case META_NOTE:
	case META_RECORDING:
		m.u.note.text = take_text(in);
		break;
	case META_MARK:
		m.u.mark.kind = take(in) % 8;
		m.u.mark.text = take_text(in);
		break;
	case META_SAMPLING:
		m.u.sampling.bytes = (uint64_t)take(in) << take(in) % 48;
		break;
	case META_LOCK_NAME:
		m.u.lock_name.address = take(in) % 8 * 16;
		m.u.lock_name.name = take_text(in);
		break;
	case META_CODE: /* of the addresses that nodes have */
		m.u.code.epoch = take(in) % 3;
		m.u.code.address = take(in) * 4 + 1;
		m.u.code.name = take_text(in);
		break;
	default:
		put_fields(&m, in);
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

/* Pools among the heap's events, in groups and out of them; of many names, and with the heap's blocks below. */
static void put_pools(struct trace_writer *w, struct input *in)
{
	static const uint8_t kinds[] = {
		EVENT_POOL, EVENT_POOL_ALLOC, EVENT_POOL_FREE, EVENT_POOL, EVENT_POOL_ALLOC, EVENT_POOL_FREE, EVENT_MALLOC, EVENT_FREE,
		EVENT_LAST_POOL, EVENT_CONTEXT, EVENT_THREAD_END,
	};
	struct event events[64];
	uint64_t tick = take(in) * 8;
	uint32_t thread = 1 + take(in) % 6;
	size_t n = 1 + take(in) % 64;

	for (size_t i = 0; i < n; i++) {
		unsigned a = take(in), b = take(in);

		tick += a % 4;
		events[i] = ev(tick, kinds[b % sizeof(kinds)], (a >> 2) % 8 * 16, (uint64_t)b << (a == 255 ? 56 : 0), b % 12);
	}
	writer_events(w, thread, events, n);
}

/* Mappings that overlap, in pieces of four, and out of all measure; moves with and without an end. */
static void put_maps(struct trace_writer *w, struct input *in)
{
	static const uint8_t kinds[] = {
		EVENT_MAP, EVENT_MAP_FILE, EVENT_MAP_BREAK, EVENT_UNMAP, EVENT_UNMAP, EVENT_REMAP_FROM, EVENT_REMAP_TO, EVENT_REMAP_FROM,
		EVENT_LAST_MAP, EVENT_MALLOC, EVENT_THREAD_END,
	};
	struct event events[64];
	uint64_t tick = take(in) * 8;
	uint32_t thread = 1 + take(in) % 6;
	size_t n = 1 + take(in) % 64;

	for (size_t i = 0; i < n; i++) {
		unsigned a = take(in), b = take(in), c = take(in);

		tick += a % 4;
		events[i] = ev(tick, kinds[b % sizeof(kinds)], (uint64_t)(a >> 2) << (c == 255 ? 42 : 2), (uint64_t)(c % 64) << (b > 250 ? 58 : 2), b % 12);
	}
	writer_events(w, thread, events, n);
}

/* Any numbers whatever. */
static void put_wild(struct trace_writer *w, struct input *in)
{
	struct event events[16];
	uint32_t thread = 1 + take(in) % 6;
	size_t n = 1 + take(in) % 16;
	uint64_t tick = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t word[4] = { 0 };

		for (unsigned k = 0; k < sizeof(word); k++)
			((unsigned char *)word)[k] = (unsigned char)take(in);
		tick = word[0] > tick ? word[0] : tick;
		events[i] = ev_lock(tick, word[1] & 0x7f, word[1] >> 8, (uint16_t)(word[3] >> 32), word[2], (uint32_t)word[3]);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const puts_[])(struct trace_writer *w, struct input *in) = {
		put_record, put_node, put_events, put_events, put_locks, put_locks, put_raw, put_pools, put_maps, put_wild,
	};
	struct input in = { data, data + size };
	struct trace_writer w;
	struct err err = { 0 };
	char path[64];
	int fd = memfd_create("trace", MFD_CLOEXEC);

	need(fd >= 0);
	writer_begin(&w);
	writer_process(&w, 1, 4711, 0);
	writer_thread(&w, 1, 1, 4711);
	writer_thread(&w, 1, 1, 4712);
	while (in.at < in.end)
		puts_[take(&in) % (sizeof(puts_) / sizeof(puts_[0]))](&w, &in);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	need(write(fd, w.bytes, w.size) == (ssize_t)w.size);
	analyze(path, size % 8 == 0, &err);
	close(fd);
	writer_release(&w);
	return 0;
}
