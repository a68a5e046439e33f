/* SPDX-License-Identifier: MIT
 *
 * A trace being read, block by block. The file may grow meanwhile: only what was there when it was
 * opened counts. It is read with pread, never mapped, so that a file that shrinks is an error and
 * no signal.
 *
 * A file that ends inside a block was cut there; that is no error. Bytes that cannot be are damage,
 * and an error that names the byte.
 */
#ifndef INGEST_TRACE_FILE_H
#define INGEST_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/err.h"
#include "trace/block.h"

struct trace_file {
	int fd;
	const char *path; /* borrowed */
	uint64_t size;    /* bytes when it was opened */
	struct file_header header;
	uint64_t next;    /* where the next block begins */
	int ended;        /* a BLOCK_END was met */
	int cut;          /* the bytes ended before it; */
	int growing;      /* ... as they are still being written */
};

/* Where a block lies, and its header. */
struct trace_block {
	uint64_t offset;
	struct block_header header;
};

/* Opens and checks the file header. 0 or -1. */
int trace_file_open(struct trace_file *t, const char *path, struct err *err);
void trace_file_close(struct trace_file *t);
/* The next block, its header checked. 1; 0: no more (ended or cut is set); -1: damaged or unreadable. */
int trace_file_next(struct trace_file *t, struct trace_block *block, struct err *err);
/* 1: somebody is writing to it, or has since it was opened. */
int trace_file_is_growing(const struct trace_file *t);
/* Sets err to "damaged at byte N: what", and returns -1. */
int trace_file_damaged(const struct trace_file *t, uint64_t offset, const char *what, struct err *err);

/* Room for one block at a time, packed and unpacked. One thread at a time; several may share a trace_file. */
struct block_reader {
	struct ZSTD_DCtx_s *zstd;
	unsigned char *packed, *raw;
	size_t packed_room, raw_room;
};

/* Reads, checks and unpacks a block's payload: *payload is valid until the next call. 0 or -1. */
int block_reader_load(struct block_reader *r, const struct trace_file *t, const struct trace_block *block,
                      const unsigned char **payload, struct err *err);
void block_reader_release(struct block_reader *r);

#endif
