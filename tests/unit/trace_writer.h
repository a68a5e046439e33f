/* SPDX-License-Identifier: MIT
 *
 * Makes traces for tests, record by record: what the collector would write, or what it never would. A
 * writer holds the whole file in memory; writer_save puts it where it is read from.
 */
#ifndef UNIT_TRACE_WRITER_H
#define UNIT_TRACE_WRITER_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "trace/block.h"
#include "trace/event.h"
#include "trace/events.h"
#include "trace/waits.h"
#include "trace/meta.h"
#include "trace/stacks.h"

#define WRITER_TICK_NS 100u /* a tick of these traces */
#define WRITER_TICK_SHIFT 8u
#define WRITER_RAW(ns) ((ns) * (uint64_t)(1u << WRITER_TICK_SHIFT) / WRITER_TICK_NS) /* raw units of a time */

struct trace_writer {
	unsigned char *bytes;
	size_t size, room;
	uint32_t nodes, processes, threads;
};

static inline void writer_append(struct trace_writer *w, const void *bytes, size_t size)
{
	if (w->size + size > w->room) {
		w->room = (w->size + size) * 2;
		w->bytes = realloc(w->bytes, w->room);
	}
	memcpy(w->bytes + w->size, bytes, size);
	w->size += size;
}

static inline void writer_begin(struct trace_writer *w)
{
	struct file_header h = { .version = TRACE_VERSION, .tick_shift = WRITER_TICK_SHIFT, .start_realtime_ns = 1700000000000000000ull };
	unsigned char bytes[FILE_HEADER_SIZE];

	*w = (struct trace_writer){ 0 };
	for (int i = 0; i < 16; i++)
		h.id[i] = (uint8_t)(i * 17);
	h.tick_hz_x1000 = 1000000000000ull / WRITER_TICK_NS;
	file_header_encode(bytes, &h);
	writer_append(w, bytes, sizeof(bytes));
}

static inline void writer_block(struct trace_writer *w, struct block_header h, const void *raw, size_t size)
{
	size_t bound = ZSTD_compressBound(size);
	unsigned char *packed = malloc(bound + 1), bytes[BLOCK_HEADER_SIZE];

	h.raw_size = (uint32_t)size;
	h.packed_size = size ? (uint32_t)ZSTD_compress(packed, bound, raw, size, 1) : 0;
	block_header_encode(bytes, &h, packed);
	writer_append(w, bytes, sizeof(bytes));
	writer_append(w, packed, h.packed_size);
	free(packed);
}

static inline void writer_meta(struct trace_writer *w, const struct meta *m)
{
	unsigned char raw[16384];
	long size = meta_encode(m, raw, sizeof(raw));

	if (size < 0)
		abort();
	writer_block(w, (struct block_header){ .kind = BLOCK_META, .count = 1, .first_tick = m->tick, .last_tick = m->tick },
	             raw, (size_t)size);
}

static inline struct meta_text writer_text(const char *text)
{
	return (struct meta_text){ .data = text, .size = strlen(text) };
}

static inline void writer_clock(struct trace_writer *w, uint64_t tick)
{
	struct meta m = { .kind = META_CLOCK, .tick = tick };

	m.u.clock.monotonic_ns = 5000000000ull + tick * WRITER_TICK_NS;
	m.u.clock.realtime_ns = 1700000000000000000ull + tick * WRITER_TICK_NS;
	writer_meta(w, &m);
}

static inline uint32_t writer_process(struct trace_writer *w, uint64_t tick, int pid, uint32_t parent)
{
	struct meta m = { .kind = META_PROCESS, .tick = tick, .process = ++w->processes };

	m.u.process_start.pid = pid;
	m.u.process_start.ppid = 1;
	m.u.process_start.parent = parent;
	m.u.process_start.comm = writer_text("prog");
	m.u.process_start.executable = writer_text("/nowhere/prog");
	m.u.process_start.command_line = (struct meta_text){ "prog\0-x\0", 8 };
	writer_meta(w, &m);
	return m.process;
}

static inline void writer_process_end(struct trace_writer *w, uint64_t tick, uint32_t process, uint32_t how, int code)
{
	struct meta m = { .kind = META_PROCESS_END, .tick = tick, .process = process };

	m.u.process_end.how = how;
	m.u.process_end.code = code;
	writer_meta(w, &m);
}

static inline uint32_t writer_thread(struct trace_writer *w, uint64_t tick, uint32_t process, int tid)
{
	struct meta m = { .kind = META_THREAD, .tick = tick, .process = process, .thread = ++w->threads };

	m.u.thread_start.tid = tid;
	m.u.thread_start.name = writer_text("worker");
	writer_meta(w, &m);
	return m.thread;
}

static inline void writer_module(struct trace_writer *w, uint32_t epoch, uint64_t base, uint64_t size, const char *path)
{
	struct meta m = { .kind = META_MODULE, .tick = 1, .process = 1 };

	m.u.module.epoch = epoch;
	m.u.module.base = base;
	m.u.module.size = size;
	m.u.module.build_id = (struct meta_text){ "\x01\x02", 2 };
	m.u.module.path = writer_text(path);
	writer_meta(w, &m);
}

/* One node; its id. parent 0: a root, whose address is the epoch. */
static inline uint32_t writer_node(struct trace_writer *w, uint32_t parent, uint64_t address)
{
	struct stack_node node = { .address = address, .parent = parent };
	unsigned char raw[64];
	long size = stacks_encode(++w->nodes, &node, 1, raw, sizeof(raw));

	if (size < 0)
		abort();
	writer_block(w, (struct block_header){ .kind = BLOCK_STACKS, .count = 1, .thread = w->nodes }, raw, (size_t)size);
	return w->nodes;
}

static inline void writer_events(struct trace_writer *w, uint32_t thread, const struct event *events, size_t n)
{
	static unsigned char raw[BLOCK_MAX_RAW];
	static void *scratch;
	long size;

	if (!scratch)
		scratch = malloc(events_scratch_size());
	size = events_encode(scratch, events, n, raw, sizeof(raw));

	if (size < 0)
		abort();
	writer_block(w, (struct block_header){ .kind = BLOCK_EVENTS, .count = (uint32_t)n, .thread = thread,
	                                       .first_tick = events[0].stamp, .last_tick = events[n - 1].stamp },
	             raw, (size_t)size);
}

static inline void writer_end(struct trace_writer *w, uint64_t tick)
{
	writer_block(w, (struct block_header){ .kind = BLOCK_END, .first_tick = tick, .last_tick = tick }, "", 0);
}

/* Puts size bytes of the file at path. */
static inline void writer_save(const struct trace_writer *w, const char *path, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, w->bytes, size) != (ssize_t)size)
		abort();
	close(fd);
}

static inline void writer_release(struct trace_writer *w)
{
	free(w->bytes);
}

/* One event. */
static inline struct event ev(uint64_t tick, unsigned kind, uint64_t address, uint64_t size, uint32_t stack)
{
	return (struct event){ .stamp = tick, .kind = kind, .address = address, .size = size, .stack = stack };
}

/* One event of a lock in its life of that generation. */
static inline struct event ev_lock(uint64_t tick, unsigned kind, uint64_t address, uint16_t generation, uint64_t size, uint32_t stack)
{
	struct event e = ev(tick, kind, address, size, stack);

	e.shared = generation;
	return e;
}

/* What a thread has counted in a round. */
static inline struct event ev_total(uint64_t tick, uint64_t address, uint16_t generation, enum lock_total which, uint64_t value,
                                 unsigned round)
{
	return ev_lock(tick, EVENT_LOCK_TOTAL, address, generation, value | (uint64_t)round << LOCK_ROUND_SHIFT, which);
}

/* The beginning of a group: ago in raw units; address: the owner's tid, or how many waited. */
static inline struct event ev_context(uint64_t tick, uint64_t ago, uint64_t address, unsigned mode)
{
	return ev_lock(tick, EVENT_CONTEXT, address, (uint16_t)mode, ago, 0);
}

#endif
