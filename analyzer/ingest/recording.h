/* SPDX-License-Identifier: MIT
 *
 * A recording, as its trace tells it: processes, threads, modules, clocks, samples and the stack tree
 * in memory, and where each thread's events lie. The first pass over the file; no event is read.
 *
 * Ids are checked here: a process, thread or node that is named exists, and parents come first.
 */
#ifndef INGEST_RECORDING_H
#define INGEST_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/arena.h"
#include "analyzer/base/err.h"
#include "analyzer/ingest/ingest.h"
#include "analyzer/ingest/trace_file.h"
#include "trace/meta.h"
#include "trace/stacks.h"

struct recorded_sample {
	uint64_t tick, rss_bytes, minor_faults, major_faults;
};

struct recorded_process {
	int32_t pid, ppid;
	uint32_t parent; /* 0: none */
	const char *comm, *executable, *command_line;
	uint64_t start_tick, end_tick;
	int ended;    /* 1: end_tick, how and code are known */
	uint32_t how; /* enum meta_ended */
	int32_t code;
	uint32_t threads;     /* described in the trace */
	uint64_t dropped;     /* events of threads that found no slot */
	uint64_t checked, differences;
	uint64_t limit_bytes; /* of memory; 0: none told */
	uint32_t limit_by;    /* 1: its cgroup's, 2: RLIMIT_AS */
	struct recorded_sample *samples; /* by time */
	size_t sample_count, sample_room;
};

struct recorded_thread {
	uint32_t process;
	int32_t tid;
	const char *name;
	uint64_t start_tick, end_tick;
	int ended;
	uint64_t dropped;
	uint32_t blocks; /* blocks of events */
};

struct recorded_module {
	uint32_t epoch;
	uint64_t base, size;
	const unsigned char *build_id;
	uint32_t build_id_size;
	const char *path;
};

/* A block of events; blocks of one thread are in the thread's order. */
struct recorded_block {
	uint64_t offset, first_tick, last_tick;
	uint32_t packed_size, raw_size, count, thread;
};

struct recorded_mark {
	uint64_t tick;
	uint32_t kind; /* enum meta_mark */
	const char *text;
};

/* What the code at an address in no module is called; the last one of an address holds. */
struct recorded_code {
	uint32_t epoch;
	uint64_t address;
	size_t number; /* in the order in which they were told */
	const char *name;
};

/* A name given to the lock at an address. */
struct recorded_lock_name {
	uint32_t process;
	uint64_t address, tick;
	const char *name;
};

struct recorded_clock {
	uint64_t tick, monotonic_ns;
};

struct recording {
	struct recorded_process *processes; /* [id], [0] unused; the same for threads */
	struct recorded_thread *threads;
	struct recorded_module *modules; /* by epoch, base */
	struct stack_node *nodes;        /* [id]; [0] unused */
	struct recorded_block *blocks;   /* in the order of the file */
	size_t process_count, thread_count, module_count, node_count, block_count; /* ids are <= count */
	size_t process_room, thread_room, module_room, node_room, block_room;
	struct recorded_clock first_clock, last_clock; /* tick 0: none */
	struct recorded_mark *marks;     /* by time; MARK_FORGOTTEN is told by `forgotten` */
	size_t mark_count, mark_room;
	struct recorded_lock_name *lock_names; /* by process, address, tick */
	size_t lock_name_count, lock_name_room;
	struct recorded_code *codes; /* by epoch, address, the last first */
	size_t code_count, code_room;
	uint64_t forgotten;              /* tick before which events are not kept; 0: all are */
	uint64_t sample_bytes;    /* META_SAMPLING; 0: every block was recorded */
	uint64_t events, orphans; /* events of threads that the trace does not describe: left out */
	const char *options;      /* how it was started, blank separated; "" if not told */
	const char *notes;        /* sentences, newline separated */
	struct arena strings;
};

/* Reads all of t but the events. 0 or -1. Release in either case. */
int recording_load(struct recording *r, struct trace_file *t, const struct ingest_options *options, struct err *err);
void recording_release(struct recording *r);

/* Takes in one record of META (recording_meta.c). 0, or -1: it contradicts what came before. */
int recording_meta(struct recording *r, const struct meta *m);

#endif
