/* SPDX-License-Identifier: MIT
 *
 * Finding and reading source files, and what is to be said about them.
 */
#include "analyzer/report/source_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/memory.h"

enum {
	FILE_BYTES = 32 << 20,
	TAB = 8,
};

/* --- finding -------------------------------------------------------------------------------------------- */

/* Opens a regular file; -1: it is none, or not there. */
static int open_file(const char *path, struct stat *about)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (!fstat(fd, about) && S_ISREG(about->st_mode))
		return fd;
	close(fd);
	return -1;
}

static char *joined(const char *directory, const char *rest)
{
	size_t size = strlen(directory) + strlen(rest) + 2;
	char *path = memory_resized(NULL, size, 1);

	snprintf(path, size, "%s/%s", directory, rest);
	return path;
}

/* A path with a step up has no ends that are below the directory. */
static int steps_up(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")); at += 2)
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return 1;
	return 0;
}

/* Sets *found, which the caller frees. */
static int find(const char *path, const char *directory, char **found, struct stat *about)
{
	int fd = open_file(path, about);

	*found = joined("", path);
	memmove(*found, *found + 1, strlen(*found));
	if (!directory || !*directory)
		return fd;
	while (fd < 0 && *path) {
		path += strspn(path, "/");
		free(*found);
		*found = joined(directory, path);
		if (*path && !steps_up(path))
			fd = open_file(*found, about);
		path += strcspn(path, "/");
	}
	return fd;
}

/* --- reading -------------------------------------------------------------------------------------------- */

static char *read_all(int fd, size_t size)
{
	char *bytes = memory_resized(NULL, size + 1, 1);
	size_t have = 0;
	ssize_t got = 1;

	while (have < size && (got = read(fd, bytes + have, size - have)) > 0)
		have += (size_t)got;
	if (got < 0) {
		free(bytes);
		return NULL;
	}
	bytes[have] = 0;
	return bytes;
}

/* Tabs to blanks. Columns are counted by characters. */
static char *expanded(const char *from)
{
	size_t tabs = 0, column = 0;

	for (const char *at = from; *at; at++)
		tabs += *at == '\t';
	char *text = memory_resized(NULL, strlen(from) + tabs * TAB + 1, 1), *to = text;
	for (; *from; from++) {
		if (*from == '\t') {
			do
				*to++ = ' ';
			while (++column % TAB);
			continue;
		}
		*to++ = *from;
		column = *from == '\n' ? 0 : column + (((unsigned char)*from & 0xc0) != 0x80);
	}
	*to = 0;
	return text;
}

static void cut_lines(struct source_text *text)
{
	size_t room = 0;

	for (char *at = text->bytes; *at;) {
		char *end = at + strcspn(at, "\n");
		int last = !*end;

		text->lines = memory_grown(text->lines, &room, text->count + 1, sizeof(*text->lines));
		text->lines[text->count++] = at;
		*end = 0;
		if (end > at && end[-1] == '\r')
			end[-1] = 0;
		at = end + !last;
	}
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int is_newer(const struct stat *about, int64_t start_realtime_ns)
{
	return start_realtime_ns > 0 && about->st_mtim.tv_sec > start_realtime_ns / 1000000000;
}

int source_text_read(const char *path, const char *directory, int64_t start_realtime_ns, struct source_text *text, char *said, size_t size)
{
	const char *name = last_part(path);
	struct stat about;
	char *found, *bytes = NULL;
	int fd = find(path, directory, &found, &about);

	*text = (struct source_text){ 0 };
	said[0] = 0;
	if (fd < 0 && directory && *directory)
		snprintf(said, size, "%s is neither at %s nor below %s.", name, path, directory);
	else if (fd < 0)
		snprintf(said, size, "%s is not at %s here: --source=DIR says where the sources are.", name, path);
	else if (about.st_size > FILE_BYTES)
		snprintf(said, size, "%s is too large for a source file.", found);
	else if (!(bytes = read_all(fd, (size_t)about.st_size)))
		snprintf(said, size, "%s cannot be read: %s.", found, strerror(errno));
	else if (is_newer(&about, start_realtime_ns))
		snprintf(said, size, "%s was changed after the recording began: lines may have moved.", name);
	if (fd >= 0)
		close(fd);
	if (!bytes) {
		free(found);
		return 0;
	}
	text->path = found;
	text->bytes = expanded(bytes);
	free(bytes);
	cut_lines(text);
	return 1;
}

void source_text_release(struct source_text *text)
{
	free(text->path);
	free(text->lines);
	free(text->bytes);
	*text = (struct source_text){ 0 };
}
