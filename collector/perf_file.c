/* SPDX-License-Identifier: MIT
 *
 * Reading a perf map. Lines that are no entries are passed over; one without an end is skipped to where it ends.
 */
#define _GNU_SOURCE
#include "collector/perf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PART (64u << 10)
#define FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define OLDER_S 2 /* clocks of files are coarse */

/* Links on the way are the process's: they lead nowhere out of its root. */
static int open_in_root(const struct perf_owner *of, const char *name)
{
	struct open_how how = { .flags = FLAGS, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/root", of->pid);
	int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	int fd = (int)syscall(SYS_openat2, root, name, &how, sizeof(how));
	close(root);
	return fd;
}

static int check(int fd, const struct perf_owner *of)
{
	struct stat s;
	if (fstat(fd, &s) < 0)
		return -errno;
	if (!S_ISREG(s.st_mode) || s.st_nlink != 1)
		return -EINVAL;
	if (s.st_mtime < of->since_s - OLDER_S)
		return -ENOENT;
	return s.st_uid == of->uid ? 0 : -EPERM;
}

int perf_file_open(struct perf_file *f, const struct perf_owner *of)
{
	char name[48];
	snprintf(name, sizeof(name), "/tmp/perf-%d.map", of->inner_pid);
	int fd = open_in_root(of, name);
	if (fd < 0 && errno != ELOOP && !of->nested)
		fd = open(name, FLAGS);
	if (fd < 0)
		return errno == ELOOP ? -EINVAL : -ENOENT;
	int error = check(fd, of);
	if (error) {
		close(fd);
		return error;
	}
	*f = (struct perf_file){ .fd = fd, .limit = PERF_FILE_MOST };
	return 0;
}

void perf_file_close(struct perf_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* --- lines ----------------------------------------------------------------------------------- */

/* A hexadecimal number and the blank behind it. NULL: there is none. */
static const char *read_number(const char *at, const char *end, uint64_t *number)
{
	const char *first;
	*number = 0;
	if (end - at > 2 && at[0] == '0' && (at[1] | 32) == 'x')
		at += 2;
	for (first = at; at < end && at - first <= 16; at++) {
		unsigned digit = (unsigned char)*at, letter = digit | 32;
		if (digit >= '0' && digit <= '9')
			digit -= '0';
		else if (letter >= 'a' && letter <= 'f')
			digit = letter - 'a' + 10;
		else
			break;
		*number = *number << 4 | digit;
	}
	return at > first && at - first <= 16 && at < end && *at == ' ' ? at + 1 : NULL;
}

/* `line` stands at `offset` in the file. */
static int read_line(const char *line, const char *end, uint64_t offset, int (*take)(void *arg, const struct perf_entry *e), void *arg)
{
	struct perf_entry e;
	const char *at = read_number(line, end, &e.start);
	if (at)
		at = read_number(at, end, &e.size);
	if (!at || at == end || !e.size || e.start + e.size < e.start)
		return 1;
	e.name_at = offset + (uint64_t)(at - line);
	e.name_size = (uint32_t)(end - at);
	return take(arg, &e);
}

/* The lines of a part, which moves f on past the last whole one. 0: take said no. */
static int read_part(struct perf_file *f, const char *part, size_t size, int (*take)(void *arg, const struct perf_entry *e), void *arg)
{
	const char *line = part, *end, *last = part + size;
	uint64_t offset = f->at;
	for (; (end = memchr(line, '\n', (size_t)(last - line))); line = end + 1) {
		int skipped = f->skipping;
		f->skipping = 0;
		f->at = offset + (uint64_t)(end + 1 - part);
		if (!skipped && !read_line(line, end, offset + (uint64_t)(line - part), take, arg))
			return 0;
	}
	if (line == part && size == PART) {
		f->skipping = 1;
		f->at += size;
	}
	return 1;
}

uint64_t perf_file_read(struct perf_file *f, uint64_t most, int (*take)(void *arg, const struct perf_entry *e), void *arg)
{
	static char part[PART];
	uint64_t first = f->at, before;
	do {
		uint64_t room = f->limit - f->at;
		ssize_t n = f->fd < 0 ? 0 : pread(f->fd, part, room < PART ? room : PART, (off_t)f->at);
		before = f->at;
		if (n > 0 && !read_part(f, part, (size_t)n, take, arg)) {
			f->limit = f->at;
			return f->at - first;
		}
	} while (f->at > before && f->at - first < most);
	return f->at - first;
}

size_t perf_file_name(const struct perf_file *f, uint64_t at, uint32_t size, char *out, size_t room)
{
	ssize_t n = f->fd < 0 ? 0 : pread(f->fd, out, size < room ? size : room, (off_t)at);
	for (ssize_t i = 0; i < n; i++)
		out[i] = (unsigned char)out[i] < ' ' || out[i] == 0x7f ? '?' : out[i];
	return n > 0 ? (size_t)n : 0;
}
