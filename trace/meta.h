/* SPDX-License-Identifier: MIT
 *
 * The records of a BLOCK_META: everything in a trace that is neither an event nor a stack. A record
 * is a tag, a length and its fields; readers skip tags they do not know. Strings are views into
 * the decoded buffer (or the caller's memory when encoding), not terminated. Process, thread ids
 * are the trace's own: dense, from 1, in order of appearance. `tick` is time, as in events.
 */
#ifndef TRACE_META_H
#define TRACE_META_H

#include <stddef.h>
#include <stdint.h>

struct meta_text {
	const char *data;
	size_t size;
};

enum meta_kind {
	META_PROCESS = 1,     /* a process (image) appeared */
	META_PROCESS_END = 2,
	META_THREAD = 3,
	META_THREAD_NAME = 4, /* a (new) name */
	META_THREAD_END = 5,
	META_MODULE = 6,
	META_UNLOAD = 7,
	META_CLOCK = 8,       /* the same instant on three clocks */
	META_SAMPLE = 9,      /* a process's memory, every 100 ms */
	META_LOSS = 10,
	META_CHECK = 11,      /* --check-stacks, cumulative */
	META_NOTE = 12,       /* one sentence for people: a child missed, a full disk, ... */
	META_RECORDING = 13,  /* how it was started */
	META_LIMIT = 14,      /* how much memory a process may have; of one that lives for 100 ms */
	META_MARK = 15,       /* an instant of the recording itself */
	META_SAMPLING = 16,   /* not every block was recorded; before the first event */
	META_LOCK_NAME = 17,  /* what the program calls a lock */
	META_CODE = 18,       /* what the code at an address in no module is called; the last one of an address holds */
};

enum meta_mark {
	MARK_PAUSED = 1,    /* from here on nothing is recorded ... */
	MARK_RESUMED = 2,   /* ... up to here */
	MARK_NAMED = 3,     /* somebody wanted to find this instant again; text: its name */
	MARK_ENDED = 4,     /* the recording was ended while processes go on; text: why */
	MARK_FORGOTTEN = 5, /* events before this instant are not kept; the last one holds */
};

enum meta_ended { ENDED_UNKNOWN = 0, ENDED_EXIT = 1, ENDED_SIGNAL = 2, ENDED_EXEC = 3 };

struct meta {
	enum meta_kind kind;
	uint64_t tick;
	uint32_t process;
	uint32_t thread;
	union {
		struct {
			int32_t pid, ppid;    /* as the collector's host sees them */
			uint32_t parent;      /* trace process forked from or exec'd from; 0: launched */
			struct meta_text comm, executable, command_line; /* arguments NUL separated */
		} process_start;
		struct {
			uint32_t how; /* enum meta_ended */
			int32_t code; /* exit status or signal */
		} process_end;
		struct {
			int32_t tid;
			struct meta_text name;
		} thread_start; /* also META_THREAD_NAME, tid unused */
		struct {
			uint32_t epoch;
			uint64_t base, size;       /* base: the module's load address (start of its lowest mapping) */
			struct meta_text build_id; /* raw bytes */
			struct meta_text path;
		} module; /* META_UNLOAD: epoch and base only */
		struct {
			uint64_t monotonic_ns, realtime_ns;
		} clock;
		struct {
			uint64_t rss_bytes, minor_faults, major_faults; /* faults: cumulative */
		} sample;
		struct {
			uint64_t dropped; /* events of `thread`, cumulative; thread 0: of threads without a slot */
		} loss;
		struct {
			uint64_t checked, differences, slow_frames;
		} check;
		struct {
			uint64_t bytes;
			uint32_t by; /* 1: its cgroup, 2: RLIMIT_AS */
		} limit;
		struct {
			uint32_t kind; /* enum meta_mark */
			struct meta_text text;
		} mark;
		struct {
			uint64_t bytes; /* the mean distance of points: FORMAT.md says what a block stands for */
		} sampling;
		struct {
			uint64_t address;
			struct meta_text name;
		} lock_name;
		struct {
			uint32_t epoch;
			uint64_t address; /* a lookup address */
			struct meta_text name;
		} code;
		struct {
			struct meta_text text; /* META_NOTE; META_RECORDING: collector's version, then options, NUL separated */
		} note;
	} u;
};

/* Appends one record. Bytes written, or TRACE_FULL. Strings longer than 4096 bytes are cut. */
long meta_encode(const struct meta *m, unsigned char *out, size_t cap);
/* Reads the record at *in (of *size bytes left) and moves both past it. TRACE_OK, TRACE_BAD; a record
 * of an unknown tag gives TRACE_OK with kind 0. Any input is safe. */
int meta_decode(struct meta *m, const unsigned char **in, size_t *size);

#endif
