/* SPDX-License-Identifier: MIT
 *
 * Names, whether a file can be made under them, and what is left of processes that were killed.
 */
#include "cli/database_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "cli/database.h"

#define ROOM_LEAST (512ull * 1024) /* a database of next to nothing takes that */

/* 1 if the disk that the file is on is full. */
static int is_full(int fd)
{
	struct statvfs disk;

	return fstatvfs(fd, &disk) == 0 && (unsigned long long)disk.f_bavail * disk.f_frsize < ROOM_LEAST;
}

/* 0, or why no database can be made beside `path`: for want of rights, or as the disk is full already. That it becomes full is told by who writes. */
static int refusal(const char *path)
{
	size_t size = strlen(path) + 32;
	char *name = memory_resized(NULL, size, 1);
	int fd, refused = 0;

	snprintf(name, size, "%s.tmp-%ld", path, (long)getpid());
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		refused = is_full(fd) ? ENOSPC : 0;
		close(fd);
		unlink(name);
	} else if (errno == EACCES || errno == EPERM || errno == EROFS || errno == ENOSPC) {
		refused = errno;
	}
	free(name);
	return refused;
}

static char *temporary_base(const char *final)
{
	const char *directory = getenv("TMPDIR"), *name = strrchr(final, '/');
	char *base;
	size_t size;

	if (!directory || access(directory, W_OK | X_OK))
		directory = "/tmp";
	name = name ? name + 1 : final;
	size = strlen(directory) + strlen(name) + 40;
	base = memory_resized(NULL, size, 1);
	snprintf(base, size, "%s/culprit-%ld-%s", directory, (long)getuid(), name);
	return base;
}

/* --- what was left --------------------------------------------------------------------------- */

/* 1 if the process is no more. */
static int is_gone(long pid)
{
	return pid > 0 && pid <= INT_MAX && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* 1 if nobody writes it: a process of elsewhere can have an id that is none here, but SQLite's lock is on the file. */
static int is_unlocked(int directory, const char *name)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = openat(directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int unlocked = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;

	if (fd >= 0)
		close(fd);
	return unlocked;
}

/* The process in "NAME.part-PID-N", "NAME.tmp-PID"; 0: it is no such name. */
static long owner_of(const char *entry, const char *name)
{
	static const char *const marks[] = { ".part-", ".tmp-" };
	size_t size = strlen(name);

	if (strncmp(entry, name, size))
		return 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (!strncmp(entry + size, marks[i], strlen(marks[i])))
			return strtol(entry + size + strlen(marks[i]), NULL, 10);
	return 0;
}

static void tidy(const char *base)
{
	const char *slash = strrchr(base, '/'), *name = slash ? slash + 1 : base;
	char *path = memory_zeroed((size_t)(name - base) + 2, 1);
	struct dirent *entry;
	DIR *directory;

	memcpy(path, slash ? base : ".", slash ? (size_t)(name - base) : 1);
	directory = opendir(path);
	free(path);
	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (is_gone(owner_of(entry->d_name, name)) && is_unlocked(dirfd(directory), entry->d_name))
			unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
}

/* --- for others ------------------------------------------------------------------------------ */

void database_place_find(struct database_place *p, const char *trace_path)
{
	*p = (struct database_place){ .final = database_path(trace_path) };
	p->refused = refusal(p->final);
	p->base = p->refused ? temporary_base(p->final) : database_path(trace_path);
	tidy(p->base);
}

void database_place_release(struct database_place *p)
{
	free(p->final);
	free(p->base);
	*p = (struct database_place){ 0 };
}

void database_place_part(const struct database_place *p, long pid, unsigned number, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s.part-%ld-%u", p->base, pid, number);
}

void database_place_tell(const struct database_place *p)
{
	fprintf(stderr, "culprit: %s cannot be written (%s): this analysis is not kept; `culprit analyze -o DB` makes one elsewhere\n",
	        p->final, strerror(p->refused));
}
