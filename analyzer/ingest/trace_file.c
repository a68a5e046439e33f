/* SPDX-License-Identifier: MIT
 *
 * Reading blocks. A payload is read together with its header once more: what is checked and
 * unpacked is one consistent copy, whatever happens to the file.
 */
#include "analyzer/ingest/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "analyzer/base/memory.h"

#define PAUSE_NS 10000000 /* between looks at a file that is empty still, */
#define PAUSES 100        /* ... and how many at the most */

/* Exactly size bytes at offset. 0 or -1. */
static int read_exactly(const struct trace_file *t, void *out, size_t size, uint64_t offset, struct err *err)
{
	char *at = out;

	while (size) {
		ssize_t n = pread(t->fd, at, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "cannot read %s", t->path);
		if (n == 0)
			return err_set(err, ERR_FAILED, "%s became shorter while it was read", t->path);
		at += n;
		offset += (size_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int trace_file_damaged(const struct trace_file *t, uint64_t offset, const char *what, struct err *err)
{
	return err_set(err, ERR_FAILED, "%s is damaged at byte %" PRIu64 ": %s", t->path, offset, what);
}

static int read_header(struct trace_file *t, struct err *err)
{
	unsigned char bytes[FILE_HEADER_SIZE];
	size_t size = t->size < sizeof(bytes) ? (size_t)t->size : sizeof(bytes);

	if (!size)
		return err_set(err, ERR_FAILED, "%s is empty: no trace", t->path);
	if (read_exactly(t, bytes, size, 0, err))
		return -1;
	switch (file_header_decode(&t->header, bytes, size)) {
	case TRACE_OK:
		t->next = FILE_HEADER_SIZE;
		return 0;
	case TRACE_SHORT:
		return err_set(err, ERR_FAILED, "%s was cut inside its header: there is nothing to read", t->path);
	case TRACE_NEWER:
		return err_set(err, ERR_FAILED, "%s was made by a newer culprit (trace format %u; this one reads up to %u)",
		               t->path, t->header.version, TRACE_VERSION);
	default:
		return err_set(err, ERR_FAILED, "%s is not a culprit trace (or its first %u bytes are damaged)", t->path,
		               FILE_HEADER_SIZE);
	}
}

/* A collector locks its trace as long as it lives. One that keeps only the last of it replaces the file that it writes. */
int trace_file_is_growing(const struct trace_file *t)
{
	struct stat now, named;

	if (flock(t->fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(t->fd, LOCK_UN);
	if (fstat(t->fd, &now))
		return 0;
	return (uint64_t)now.st_size > t->size || (!stat(t->path, &named) && named.st_ino != now.st_ino);
}

/* The size, once there is some: a recording that has just begun has an empty file for a moment. */
static int find_size(struct trace_file *t)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct stat status;

	for (int i = 0; i < PAUSES; i++) {
		if (fstat(t->fd, &status))
			return -1;
		t->size = (uint64_t)status.st_size;
		if (t->size || !S_ISREG(status.st_mode) || !trace_file_is_growing(t))
			break;
		nanosleep(&pause, NULL);
	}
	return S_ISREG(status.st_mode);
}

int trace_file_open(struct trace_file *t, const char *path, struct err *err)
{
	int regular;


	*t = (struct trace_file){ .path = path };
	t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0)
		return err_errno(err, "cannot read %s", path);
	regular = find_size(t);
	if (regular < 0)
		err_errno(err, "cannot read %s", path);
	else if (!regular)
		err_set(err, ERR_FAILED, "%s is not a culprit trace: it is no regular file", path);
	else if (!read_header(t, err))
		return 0;
	trace_file_close(t);
	return -1;
}

void trace_file_close(struct trace_file *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}


static int end_early(struct trace_file *t)
{
	t->cut = 1;
	t->growing = trace_file_is_growing(t);
	return 0;
}

int trace_file_next(struct trace_file *t, struct trace_block *block, struct err *err)
{
	unsigned char bytes[BLOCK_HEADER_SIZE];
	uint64_t left = t->size - t->next;

	if (t->ended && left)
		return trace_file_damaged(t, t->next, "more follows after the end of the recording", err);
	if (left < BLOCK_HEADER_SIZE)
		return t->ended ? 0 : end_early(t);
	block->offset = t->next;
	if (read_exactly(t, bytes, sizeof(bytes), t->next, err))
		return -1;
	if (block_header_decode(&block->header, bytes, sizeof(bytes)) != TRACE_OK)
		return trace_file_damaged(t, t->next, "no block begins there", err);
	if (left - BLOCK_HEADER_SIZE < block->header.packed_size)
		return end_early(t);
	t->next += BLOCK_HEADER_SIZE + block->header.packed_size;
	t->ended = block->header.kind == BLOCK_END;
	return 1;
}

static int unpack(struct block_reader *r, const struct trace_file *t, const struct trace_block *block, struct err *err)
{
	size_t size;

	if (!r->zstd)
		r->zstd = ZSTD_createDCtx();
	if (!r->zstd)
		return err_set(err, ERR_FAILED, "no memory to unpack %s", t->path);
	r->raw = memory_grown(r->raw, &r->raw_room, block->header.raw_size + 1, 1);
	size = ZSTD_decompressDCtx(r->zstd, r->raw, block->header.raw_size, r->packed + BLOCK_HEADER_SIZE,
	                           block->header.packed_size);
	if (ZSTD_isError(size) || size != block->header.raw_size)
		return trace_file_damaged(t, block->offset, "the block does not unpack", err);
	return 0;
}

int block_reader_load(struct block_reader *r, const struct trace_file *t, const struct trace_block *block,
                      const unsigned char **payload, struct err *err)
{
	size_t size = BLOCK_HEADER_SIZE + block->header.packed_size;

	r->packed = memory_grown(r->packed, &r->packed_room, size, 1);
	if (read_exactly(t, r->packed, size, block->offset, err))
		return -1;
	if (block_payload_check(r->packed, &block->header, r->packed + BLOCK_HEADER_SIZE) != TRACE_OK)
		return trace_file_damaged(t, block->offset, "the block's checksum is wrong", err);
	*payload = r->packed;
	if (!block->header.packed_size)
		return 0;
	if (unpack(r, t, block, err))
		return -1;
	*payload = r->raw;
	return 0;
}

void block_reader_release(struct block_reader *r)
{
	ZSTD_freeDCtx(r->zstd);
	free(r->packed);
	free(r->raw);
	*r = (struct block_reader){ 0 };
}
