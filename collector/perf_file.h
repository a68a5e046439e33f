/* SPDX-License-Identifier: MIT
 *
 * A perf map: the file /tmp/perf-PID.map, in which a runtime that makes code while it runs (node, Java, Python) writes what that
 * code is called, a line an entry: "START SIZE name", numbers in hexadecimal. It lies where anybody may write, so it is
 * opened with care, and whatever it holds is but a name.
 */
#ifndef COLLECTOR_PERF_FILE_H
#define COLLECTOR_PERF_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PERF_FILE_MOST (64ull << 20) /* bytes that are read of one */

/* Whose it is. */
struct perf_owner {
	int pid, inner_pid; /* as we call the process, and as it calls itself: that is in the file's name */
	int nested;         /* 1: it may see another /tmp than we do */
	uid_t uid;
	int64_t since_s;    /* when the process began, seconds since 1970: an older file is another's, of the same pid */
};

struct perf_file {
	int fd;         /* -1: none */
	uint64_t at;    /* what lies before has been read */
	uint64_t limit; /* what lies behind is not */
	int skipping;   /* 1: in the middle of a line without end */
};

struct perf_entry {
	uint64_t start, size;
	uint64_t name_at; /* in the file */
	uint32_t name_size;
};

/* Opens it in the process's own root, or where that is not to be had in ours, to be read from its beginning. Does not wait, follows no
 * link. 0, or -errno: -ENOENT there is none (yet), or an old one; -EPERM it belongs to somebody else; -EINVAL it is no plain file. */
int perf_file_open(struct perf_file *f, const struct perf_owner *of);
void perf_file_close(struct perf_file *f);

/* Reads on, about `most` bytes, and gives every whole entry to `take`, which may say no more (0). The bytes read; 0: there
 * are no more, for now. */
uint64_t perf_file_read(struct perf_file *f, uint64_t most, int (*take)(void *arg, const struct perf_entry *e), void *arg);

/* Copies an entry's name, with what is no text in it made harmless. Its size; 0: it is not there any more. */
size_t perf_file_name(const struct perf_file *f, uint64_t at, uint32_t size, char *out, size_t room);

#endif
