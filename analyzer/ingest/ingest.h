/* SPDX-License-Identifier: MIT
 *
 * Trace in, database out.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"

struct ingest_options {
	const char *const *debug_dirs; /* further places for separate debug files (--debug-dir) */
	size_t debug_dir_count;
	const char *sysroot;           /* prefix for module paths of a trace from another host; NULL: none */
	int debuginfod;                /* 1: ask DEBUGINFOD_URLS; else never touches the network */
	const char *const *wrappers;   /* further wrapper functions, POSIX extended regexes on the demangled name */
	size_t wrapper_count;
	/* Called a few times a second, from the calling thread; done and total are bytes of the trace, or, in the phase "writing",
	 * steps. NULL: none. */
	void (*progress)(void *arg, const char *phase, uint64_t done, uint64_t total);
	void *progress_arg;
	/* Asked now and then while events are read, from the calling thread, whether the analysis is to end here, as if the trace did:
	 * NULL to go on; else a path, and the database is made there, of what was read so far. A path must only come back in a copy of
	 * the process, forked in this call, that ends soon after ingest_run: what the original goes on with (its unfinished database,
	 * its reading thread) is left in it as it is. NULL: nobody asks. */
	const char *(*part)(void *arg, uint64_t done, uint64_t total);
	void *part_arg;
};

struct ingest_result {
	uint64_t events;
	uint64_t duration_ns; /* wall time of the analysis */
	int cut;              /* 1: the trace does not end in order (it is being written, or was cut) */
};

/* Makes db_path of trace_path. 0, or -1 with err set and nothing under db_path. */
int ingest_run(const char *trace_path, const char *db_path, const struct ingest_options *options,
               struct ingest_result *result, struct err *err);

/* Reads the id (hex into id[33]) and length of a trace. 0 or -1 (no trace, newer version, unreadable). */
int ingest_identify(const char *trace_path, char id[33], uint64_t *bytes, struct err *err);
/* 1 if a trace is being written. */
int ingest_is_growing(const char *trace_path);

/* Prints every record of a trace, one a line, for people and tests (`culprit dump`). */
struct ingest_dump_options {
	int events; /* 1: every event too */
};
int ingest_dump(const char *trace_path, const struct ingest_dump_options *options, void *file_stream, struct err *err);

#endif
