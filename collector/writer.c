/* SPDX-License-Identifier: MIT
 *
 * Packs payloads with zstd and appends blocks to the trace. What a block holds is its caller's.
 */
#define _GNU_SOURCE
#include "collector/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "trace/events.h"

#define AHEAD (1u << 20) /* allocated at a time */

/* Who looks whether a trace is being written locks it for a moment. */
static int lock(int fd)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };
	int failed = flock(fd, LOCK_EX | LOCK_NB);
	for (int i = 0; failed && errno == EWOULDBLOCK && i < 50; i++) {
		nanosleep(&pause, NULL);
		failed = flock(fd, LOCK_EX | LOCK_NB);
	}
	return failed;
}

/* What bears the name may be another user's doing: a link of theirs would make us overwrite a file of ours, and a file of
 * theirs is read by them. 0, or why not to write to it. `followed`: a link has led there. */
static int refusal(const struct stat *s, int followed)
{
	int ours = s->st_uid == geteuid();
	if (S_ISLNK(s->st_mode))
		return ours || s->st_uid == 0 ? 0 : ELOOP;
	if (S_ISFIFO(s->st_mode) && !followed) /* a pipe that we were given may be anybody's */
		return ours ? 0 : EEXIST;
	if (S_ISREG(s->st_mode))
		return !ours ? EEXIST : s->st_nlink != 1 ? EMLINK : 0;
	return 0;
}

static int open_there(const char *path)
{
	struct stat s;
	if (lstat(path, &s) < 0)
		return -errno;
	int followed = S_ISLNK(s.st_mode), error = refusal(&s, 0);
	if (error)
		return -error;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (followed ? O_CREAT : O_NOFOLLOW), 0600);
	if (fd < 0)
		return -errno;
	error = fstat(fd, &s) < 0 ? errno : refusal(&s, followed);
	if (error)
		close(fd);
	return error ? -error : fd;
}

/* The descriptor, or -errno. */
static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600); /* follows no link */
	if (fd < 0 && errno == EEXIST)
		return open_there(path);
	return fd < 0 ? -errno : fd;
}

int writer_open(struct writer *w, const char *path, int level)
{
	int fd = open_file(path);
	*w = (struct writer){ .fd = fd };
	if (fd < 0)
		return fd;
	if (lock(w->fd) < 0 && errno == EWOULDBLOCK) {
		close(w->fd);
		w->fd = -1;
		return -EWOULDBLOCK;
	}
	if (ftruncate(w->fd, 0) < 0 && errno != EINVAL) { /* EINVAL: a pipe or a device */
		int error = errno;
		writer_close(w);
		return -error;
	}
	w->packed = malloc(BLOCK_HEADER_SIZE + BLOCK_MAX_PACKED);
	w->zstd = ZSTD_createCCtx();
	if (!w->packed || !w->zstd) {
		writer_close(w);
		return -ENOMEM;
	}
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, level);
	return 0;
}

/* --- the reserve ----------------------------------------------------------------------------- */

static int is_want_of_room(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

static int allocate(const struct writer *w, uint64_t to)
{
	int result;
	do
		result = fallocate(w->fd, FALLOC_FL_KEEP_SIZE, (off_t)w->size, (off_t)(to - w->size));
	while (result < 0 && errno == EINTR);
	return result;
}

/* Room for so many bytes and the reserve behind them. 0, or why there is none. */
static int keep_reserve(struct writer *w, size_t size)
{
	struct rlimit limit;
	uint64_t need = w->size + size + WRITER_RESERVE, to = need + AHEAD;
	if (need <= w->allocated)
		return 0;
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < to)
		to = limit.rlim_cur;
	if (to < need)
		return EFBIG;
	if (allocate(w, to) < 0 && allocate(w, to = need) < 0) {
		w->keeps_reserve = is_want_of_room(errno);
		return w->keeps_reserve ? errno : 0;
	}
	w->allocated = to;
	return 0;
}

void writer_keep_reserve(struct writer *w) { w->keeps_reserve = 1; }

int writer_take_reserve(struct writer *w)
{
	if (!w->keeps_reserve || !is_want_of_room(w->failed) || w->allocated < w->size + WRITER_RESERVE)
		return 0;
	w->keeps_reserve = 0;
	w->failed = 0;
	return 1;
}

/* --- writing --------------------------------------------------------------------------------- */

/* All or nothing: what was written of it is cut off again when the rest cannot be, and what was allocated with it. */
static int put(struct writer *w, const unsigned char *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(w->fd, data + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		int error = n < 0 ? errno : ENOSPC;
		if (ftruncate(w->fd, (off_t)w->size) == 0)
			lseek(w->fd, (off_t)w->size, SEEK_SET);
		w->allocated = 0;
		return error;
	}
	return 0;
}

static int append(struct writer *w, const unsigned char *data, size_t size)
{
	if (w->failed)
		return -w->failed;
	for (;;) {
		int error = w->keeps_reserve ? keep_reserve(w, size) : 0;
		if (!error)
			error = put(w, data, size);
		if (!error)
			break;
		if ((error != ENOSPC && error != EDQUOT) || !w->relieve || !w->relieve(w->relieve_of)) {
			w->failed = error;
			return -error;
		}
	}
	w->size += size;
	return 0;
}

int writer_start(struct writer *w, const struct file_header *header)
{
	unsigned char bytes[FILE_HEADER_SIZE];
	file_header_encode(bytes, header);
	return append(w, bytes, sizeof(bytes));
}

/* One zstd frame. The columns of events differ in kind, so the compressor starts a new block at each: its statistics
 * are then of one column only, which saves a tenth. The size packed, or a zstd error. */
static size_t pack(struct writer *w, unsigned char *packed, int kind, const void *payload, size_t size)
{
	size_t cuts[EVENTS_MAX_CUTS], count = kind == BLOCK_EVENTS ? events_cuts(payload, size, cuts) : 0;
	ZSTD_outBuffer out = { packed, BLOCK_MAX_PACKED, 0 };
	ZSTD_inBuffer in = { payload, 0, 0 };

	if (!size)
		return 0;
	ZSTD_CCtx_reset(w->zstd, ZSTD_reset_session_only);
	for (size_t i = 0; i <= count; i++) {
		size_t left;
		in.size = i < count ? cuts[i] : size;
		left = ZSTD_compressStream2(w->zstd, &out, &in, i < count ? ZSTD_e_flush : ZSTD_e_end);
		if (ZSTD_isError(left))
			return left;
	}
	return out.pos;
}

/* A list that cannot grow is short of what was written: then nothing may be done by it. */
static void note(struct writer *w, uint8_t kind, uint64_t last_tick, size_t size)
{
	struct block_list *l = w->list;
	if (!l)
		return;
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 1024;
		struct block_item *items = realloc(l->items, room * sizeof(*items));
		if (!items) {
			w->failed = ENOMEM;
			return;
		}
		l->items = items;
		l->room = room;
	}
	l->items[l->count++] = (struct block_item){ w->size - size, last_tick, (uint32_t)size, kind };
}

void block_list_free(struct block_list *l)
{
	free(l->items);
	*l = (struct block_list){ 0 };
}

int writer_copy(struct writer *w, int from, const struct block_item *item)
{
	if (pread(from, w->packed, item->size, (off_t)item->offset) != (ssize_t)item->size)
		return -EIO;
	int error = append(w, w->packed, item->size);
	if (!error) {
		w->blocks++;
		note(w, item->kind, item->last_tick, item->size);
	}
	return error;
}

long writer_read(struct writer *w, int from, const struct block_item *item, unsigned char *raw)
{
	if (pread(from, w->packed, item->size, (off_t)item->offset) != (ssize_t)item->size)
		return -EIO;
	if (item->size == BLOCK_HEADER_SIZE)
		return 0;
	size_t size = ZSTD_decompress(raw, BLOCK_MAX_RAW, w->packed + BLOCK_HEADER_SIZE, item->size - BLOCK_HEADER_SIZE);
	return ZSTD_isError(size) ? -EIO : (long)size;
}

int writer_block(struct writer *w, struct block_header *header, const void *payload, size_t size)
{
	if (w->failed)
		return -w->failed;
	unsigned char *packed = w->packed + BLOCK_HEADER_SIZE;
	size_t packed_size = pack(w, packed, header->kind, payload, size);
	if (ZSTD_isError(packed_size)) {
		w->failed = ENOMEM; /* the room always suffices */
		return -w->failed;
	}
	header->raw_size = (uint32_t)size;
	header->packed_size = (uint32_t)packed_size;
	block_header_encode(w->packed, header, packed);
	w->blocks++;
	int error = append(w, w->packed, BLOCK_HEADER_SIZE + packed_size);
	if (!error)
		note(w, header->kind, header->last_tick, BLOCK_HEADER_SIZE + packed_size);
	return error;
}

void writer_trim(struct writer *w)
{
	if (w->allocated > w->size && ftruncate(w->fd, (off_t)w->size) == 0)
		w->allocated = 0;
}

void writer_discard(struct writer *w, const char *path)
{
	struct stat ours, there;
	if (fstat(w->fd, &ours) == 0 && lstat(path, &there) == 0 && S_ISREG(there.st_mode) && ours.st_ino == there.st_ino &&
	    ours.st_dev == there.st_dev)
		unlink(path);
}

void writer_close(struct writer *w)
{
	ZSTD_freeCCtx(w->zstd);
	free(w->packed);
	if (w->fd >= 0) {
		writer_trim(w);
		close(w->fd);
	}
	*w = (struct writer){ .fd = -1, .failed = w->failed, .size = w->size, .blocks = w->blocks };
}
