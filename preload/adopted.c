/* SPDX-License-Identifier: MIT
 *
 * Which children there are the kernel tells for each thread, where it was built to; where it does not, others are assumed.
 */
#include "preload/adopted.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>

#include "preload/sys.h"

static const char tasks[] = "/proc/self/task/";
int adopted_pid;
static long parent; /* who has it: forked children have not */

void adopted_note(int pid)
{
	int is_subreaper = 0;
	long self = SYS0(SYS_getpid);
	SYS2(SYS_prctl, PR_GET_CHILD_SUBREAPER, &is_subreaper);
	if (self != 1 && !is_subreaper)
		return;
	parent = self;
	adopted_pid = pid;
}

int adopted_has_ended(pid_t pid)
{
	if (!adopted_pid || pid != adopted_pid || SYS0(SYS_getpid) != parent)
		return 0;
	adopted_pid = 0;
	return 1;
}

/* Of a list of numbers with blanks behind them. *listed: 1 once the collector is among them. 1: so is another. */
static int lists_other(int fd, int *listed)
{
	char part[256];
	long n, number = 0;
	while ((n = SYS3(SYS_read, fd, part, sizeof part)) > 0)
		for (long i = 0; i < n; i++) {
			if (part[i] >= '0' && part[i] <= '9') {
				number = number * 10 + part[i] - '0';
				continue;
			}
			*listed |= number == adopted_pid;
			if (number && number != adopted_pid)
				return 1;
			number = 0;
		}
	return n < 0;
}

/* Whether a thread has other children. */
static int has_other(const char *task, int *listed)
{
	char path[sizeof tasks + 32];
	memcpy(path, tasks, sizeof tasks);
	strcpy(path + sizeof tasks - 1, task);
	strcat(path, "/children");
	long fd = SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	int other = fd < 0 || lists_other((int)fd, listed);
	if (fd >= 0)
		sys_close((int)fd);
	return other;
}

static int any_has_other(int directory, int *listed)
{
	_Alignas(struct dirent64) char entries[1024];
	long n, at;
	while ((n = SYS3(SYS_getdents64, directory, entries, sizeof entries)) > 0)
		for (at = 0; at < n; at += ((struct dirent64 *)(entries + at))->d_reclen) {
			const char *name = ((struct dirent64 *)(entries + at))->d_name;
			if (*name != '.' && strlen(name) < 20 && has_other(name, listed))
				return 1;
		}
	return n < 0;
}

int adopted_is_alone(void)
{
	int listed = 0;
	if (!adopted_pid || SYS0(SYS_getpid) != parent)
		return 0;
	long directory = SYS4(SYS_openat, AT_FDCWD, tasks, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int other = directory < 0 || any_has_other((int)directory, &listed);
	if (directory >= 0)
		sys_close((int)directory);
	return !other && listed;
}
