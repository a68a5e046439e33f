/* SPDX-License-Identifier: MIT
 *
 * Reading /proc. No state but what the kernel keeps; nothing here trusts what a process says of
 * itself more than it must.
 */
#define _GNU_SOURCE
#include "collector/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 6.13's PIDFD_GET_INFO and 6.15's exit status in it; declared here because headers are older. */
struct pidfd_facts {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_status;
};
#define PIDFD_FACTS _IOWR(0xFF, 11, struct pidfd_facts)
#define PIDFD_FACTS_EXIT (1u << 3)
#define EXITING 4u /* PF_EXITING, of the flags in stat */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static long read_path(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t used = 0;
	while (used + 1 < size) {
		ssize_t n = read(fd, out + used, size - 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	out[used] = 0;
	return (long)used;
}

long proc_read(int pid, const char *name, char *out, size_t size)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return read_path(path, out, size);
}

int proc_stat(int pid, struct proc_stat *s)
{
	char text[1024], *at;
	unsigned long long field[53] = { 0 };
	if (proc_read(pid, "stat", text, sizeof(text)) <= 0 || !(at = strrchr(text, ')')) || !at[1])
		return -1;
	s->state = at[2];
	at += 2;
	for (int i = 4; i < 53 && (at = strchr(at, ' ')); i++)
		field[i] = strtoull(++at, NULL, 10);
	s->ppid = (int)field[4];
	s->is_ending = s->state == 'Z' || s->state == 'X' || (field[9] & EXITING);
	s->minor_faults = field[10];
	s->major_faults = field[12];
	s->start_ns = field[22] * (1000000000ull / (unsigned long long)sysconf(_SC_CLK_TCK));
	s->exit_status = (int)field[52];
	return 0;
}

uint64_t proc_rss(int pid)
{
	char text[128];
	unsigned long long size, resident;
	if (proc_read(pid, "statm", text, sizeof(text)) <= 0 || sscanf(text, "%llu %llu", &size, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

int proc_uid(int pid, unsigned *uid)
{
	char text[1024], *at;
	if (proc_read(pid, "status", text, sizeof(text)) <= 0 || !(at = strstr(text, "\nUid:")))
		return -1;
	return sscanf(at + 5, "%*u %u", uid) == 1 ? 0 : -1;
}

/* The last of the numbers in the NSpid line of a status file: the id in the innermost namespace. */
static int inner_id(const char *path, int *levels)
{
	char text[4096], *at;
	int id = -1;
	*levels = 0;
	if (read_path(path, text, sizeof(text)) <= 0 || !(at = strstr(text, "\nNSpid:")))
		return -1;
	at += 7;
	for (char *end; *at && *at != '\n'; at = end) {
		long n = strtol(at, &end, 10);
		if (end == at)
			break;
		id = (int)n;
		++*levels;
	}
	return id;
}

/* Of a path of an executable; the file may have been replaced since. Its length goes to *size. */
static const char *file_name(const char *path, size_t *size)
{
	static const char deleted[] = " (deleted)";
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t tail = sizeof(deleted) - 1;
	*size = strlen(name);
	if (*size > tail && strcmp(name + *size - tail, deleted) == 0)
		*size -= tail;
	return name;
}

/* 1: yes, 0: no, -1: cannot be told. */
static int runs(int pid, const char *executable)
{
	char path[64], exe[1024];
	size_t size, other_size;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0 || !*executable)
		return -1;
	exe[n] = 0;
	const char *name = file_name(exe, &size), *other = file_name(executable, &other_size);
	return size == other_size && memcmp(name, other, size) == 0;
}

/* The process of this number is the one, as we count. One that ends runs nothing any more. */
static int is_ours(int pid, int ppid, const char *executable)
{
	char path[64];
	int levels, same = runs(pid, executable);
	struct proc_stat s;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return same != 0 && inner_id(path, &levels) == pid && levels == 1 && proc_stat(pid, &s) == 0 && s.ppid == ppid &&
	       (same == 1 || s.is_ending);
}

/* Whether all processes show us their status, those of other users too. */
static int sees_all(void)
{
	int levels;
	return inner_id("/proc/1/status", &levels) > 0;
}

int proc_host_pid(int pid, int ppid, const char *executable, int *sure)
{
	char path[sizeof("/proc//status") + 256];
	int levels, found = 0, namesakes = 0;
	*sure = is_ours(pid, ppid, executable);
	if (*sure)
		return pid;
	DIR *dir = opendir("/proc");
	for (struct dirent *d; dir && !found && (d = readdir(dir));) {
		int candidate = atoi(d->d_name);
		snprintf(path, sizeof(path), "/proc/%s/status", d->d_name);
		if (candidate <= 0 || inner_id(path, &levels) != pid)
			continue;
		namesakes++;
		if (levels > 1 && runs(candidate, executable))
			found = candidate;
	}
	if (dir)
		closedir(dir);
	*sure = dir && !namesakes && sees_all(); /* nobody calls itself so any more */
	return found ? found : *sure ? 0 : pid;
}

int proc_is_neighbour(int pid)
{
	char path[64];
	struct stat ours, theirs;
	int levels;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	if (stat("/proc/self/ns/pid", &ours) == 0 && stat(path, &theirs) == 0)
		return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return inner_id(path, &levels) == pid && levels == 1;
}

int proc_host_tid(int pid, int tid)
{
	char path[sizeof("/proc//task//status") + 300];
	int levels, found = tid;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *dir = opendir(path);
	for (struct dirent *d; dir && (d = readdir(dir));) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", pid, d->d_name);
		if (d->d_name[0] != '.' && inner_id(path, &levels) == tid) {
			found = atoi(d->d_name);
			break;
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

int proc_open_pidfd(int pid)
{
	return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

int proc_listener_pidfd(int socket, int *pid)
{
	struct ucred who;
	socklen_t size = sizeof(who);
	int fd;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return -1;
	*pid = who.pid;
	size = sizeof(fd);
	return getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) < 0 ? -1 : fd;
}

/* A pidfd tells when the process has been reaped, /proc until then. */
int proc_exit_status(int pidfd, int pid, int *status)
{
	struct pidfd_facts facts = { .mask = PIDFD_FACTS_EXIT };
	struct proc_stat s;
	if (pidfd >= 0 && ioctl(pidfd, PIDFD_FACTS, &facts) == 0 && (facts.mask & PIDFD_FACTS_EXIT)) {
		*status = facts.exit_status;
		return 0;
	}
	if (proc_stat(pid, &s) < 0 || s.state != 'Z')
		return -1;
	*status = s.exit_status;
	return 0;
}

int proc_thread_gone(int pid, int tid)
{
	return syscall(SYS_tgkill, pid, tid, 0) < 0 && errno == ESRCH;
}

static int was_started_with(int pid, const char *wanted)
{
	static char text[131072]; /* the kernel's limit for one string, and most whole environments */
	long size = proc_read(pid, "environ", text, sizeof(text));
	for (const char *at = text; at < text + size; at += strlen(at) + 1)
		if (strcmp(at, wanted) == 0)
			return 1;
	return 0;
}

int proc_any_with(const char *name, const char *value, int after)
{
	char wanted[256], text[128];
	int last = 0, found = 0;
	snprintf(wanted, sizeof(wanted), "%s=%s", name, value);
	if (read_path("/proc/loadavg", text, sizeof(text)) > 0 && strrchr(text, ' '))
		last = atoi(strrchr(text, ' '));
	if (last >= after && last - after < 64) {
		while (last > after && !found)
			found = was_started_with(last--, wanted);
		return found;
	}
	DIR *dir = opendir("/proc");
	for (struct dirent *d; dir && !found && (d = readdir(dir));) {
		int pid = atoi(d->d_name);
		found = pid > 0 && pid != getpid() && was_started_with(pid, wanted);
	}
	if (dir)
		closedir(dir);
	return found;
}
