/* SPDX-License-Identifier: MIT
 *
 * The trace file being written: whole blocks only. The file is a valid trace after every call; a
 * write that fails part way is taken back, and nothing is written after a failure.
 */
#ifndef COLLECTOR_WRITER_H
#define COLLECTOR_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "trace/block.h"

/* A block that has been written. */
struct block_item {
	uint64_t offset, last_tick;
	uint32_t size; /* with its header */
	uint8_t kind;
};
struct block_list {
	struct block_item *items;
	size_t count, room;
};
void block_list_free(struct block_list *l);

struct writer {
	int fd;
	int failed;            /* errno of what ended the writing; 0: all is well */
	uint64_t size;         /* bytes written, all of them whole blocks */
	uint64_t blocks;
	struct block_list *list; /* where blocks are noted as they are written; NULL: nowhere */
	int keeps_reserve;       /* 1: room is kept for the end */
	uint64_t allocated;      /* so far the disk has given room to the file; it is counted from 0 */
	int (*relieve)(void *of); /* the disk is full: 1 if it is worth another try; NULL: it is not */
	void *relieve_of;
	unsigned char *packed; /* room for a header and a packed payload */
	struct ZSTD_CCtx_s *zstd;
};

/* Creates the file for its user alone (0600), or empties it and leaves its mode, and locks it against another recording. 0 or
 * -errno; -EWOULDBLOCK: another recording is writing it, -ELOOP: the name is another user's link, -EEXIST: the file is another
 * user's, -EMLINK: it has other names too. Nothing is written yet. */
int writer_open(struct writer *w, const char *path, int level);

/* Writes the file header. 0 or -errno. */
int writer_start(struct writer *w, const struct file_header *header);

/* From now on the disk keeps room for some WRITER_RESERVE bytes beyond what is written, where the file system can do that: so
 * that a full disk, a quota or a limit of file size do not keep the recording from saying how it ended. */
#define WRITER_RESERVE (128u << 10)
void writer_keep_reserve(struct writer *w);
/* After a failure for want of room: what is written from here on goes into the reserve. 1; 0: there is none. */
int writer_take_reserve(struct writer *w);

/* Compresses and writes one block; of *header, kind, count, thread and ticks are the caller's. 0 or -errno; once
 * it failed it goes on failing. */
int writer_block(struct writer *w, struct block_header *header, const void *payload, size_t size);

/* Writes a block of another trace, as it is. 0 or -errno; once it failed it goes on failing. */
int writer_copy(struct writer *w, int from, const struct block_item *item);

/* Reads the payload of a block of another trace into raw (BLOCK_MAX_RAW bytes). Its size, or -errno. */
long writer_read(struct writer *w, int from, const struct block_item *item, unsigned char *raw);

/* Nothing more will be written: what the disk keeps for it is given back. */
void writer_trim(struct writer *w);
/* Nothing was written to `path`, and nothing will be: the file goes, unless it is a device, or the name another file's. */
void writer_discard(struct writer *w, const char *path);
void writer_close(struct writer *w);

#endif
