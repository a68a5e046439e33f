/* SPDX-License-Identifier: MIT
 *
 * What around a program keeps it from being recorded whole: our own files, the environment, the kernel and its filters,
 * limits, the disk. What a recording needs of the kernel is tried for real, in a child that may die of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/units.h"
#include "cli/doctor.h"
#include "cli/launch.h"
#include "collector/door.h"
#include "collector/share.h"

#define FULL (256ull << 20)     /* a disk with less is nearly full */
#define DESCRIPTORS 64u         /* of the collector: its own, and one a process */

/* --- our own files ------------------------------------------------------------------------------ */

void doctor_library(const struct doctor *d, struct doctor_finding *f)
{
	char path[PATH_MAX];
	struct err err = { 0 };
	struct elf_file file;
	(void)d;
	if (launch_find_library(path, &err) < 0) {
		doctor_say(f, DOCTOR_FAILURE, "%s", err.text);
		return;
	}
	if (strpbrk(path, ": "))
		doctor_say(f, DOCTOR_FAILURE, "the loader cannot preload %s: its path has a space or a colon in it; move it", path);
	else if (elf_file_open(&file, path) < 0)
		doctor_say(f, DOCTOR_FAILURE, "%s cannot be read, or is no library; install it anew", path);
	else {
		elf_file_close(&file);
		doctor_say(f, DOCTOR_OK, "%s", path);
	}
}

/* Where the library itself would look when it is preloaded without `culprit record`. */
static int collector_is_near(const char *library)
{
	static const char *const places[] = { "culprit", "../../bin/culprit" };
	char copy[PATH_MAX], candidate[PATH_MAX + 64];
	snprintf(copy, sizeof(copy), "%s", library);
	const char *dir = dirname(copy);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s", dir, places[i]);
		if (access(candidate, X_OK) == 0)
			return 1;
	}
	return 0;
}

static int collector_is_on_path(void)
{
	char candidate[PATH_MAX];
	for (const char *p = getenv("PATH"), *end; p && *p; p = *end ? end + 1 : end) {
		end = strchrnul(p, ':');
		snprintf(candidate, sizeof(candidate), "%.*s/culprit", (int)(end - p), p);
		if (candidate[0] == '/' && access(candidate, X_OK) == 0)
			return 1;
	}
	return 0;
}

void doctor_collector(const struct doctor *d, struct doctor_finding *f)
{
	char library[PATH_MAX];
	const char *given = getenv("CULPRIT_COLLECTOR");
	(void)d;
	if (launch_find_library(library, NULL) < 0)
		return;
	if (given && *given && access(given, X_OK) < 0)
		doctor_say(f, DOCTOR_WARNING, "CULPRIT_COLLECTOR names %s, which cannot be run; name the program culprit, or unset it", given);
	else if (!(given && *given) && !collector_is_near(library) && !collector_is_on_path())
		doctor_say(f, DOCTOR_WARNING, "`culprit record` works, but with LD_PRELOAD alone the library will not find the program culprit: "
		           "put it on PATH, or set CULPRIT_COLLECTOR=FILE");
	else
		doctor_say(f, DOCTOR_OK, "it is found, with `culprit record` and with LD_PRELOAD alone");
}

/* --- the environment ---------------------------------------------------------------------------- */

static void look_at_preload(const char *path, struct doctor_finding *f)
{
	static const char *const names[] = { "malloc" };
	struct elf_file file;
	uint8_t found[1] = { 0 };
	if (strstr(path, "libculprit.so")) {
		doctor_say(f, DOCTOR_WARNING, "LD_PRELOAD holds %s already; unset it, `culprit record` sets it", path);
		return;
	}
	if (!strchr(path, '/')) /* the loader looks for it where it looks for libraries */
		return;
	if (elf_file_open(&file, path) < 0) {
		doctor_say(f, DOCTOR_WARNING, "LD_PRELOAD names %s, which cannot be loaded; take it out", path);
		return;
	}
	elf_file_find(&file, SHT_DYNSYM, names, 1, found);
	elf_file_close(&file);
	if (found[0] & ELF_DEFINES)
		doctor_say(f, DOCTOR_OK, "%s brings an allocator: it will be used, and its calls recorded", path);
}

void doctor_preloads(const struct doctor *d, struct doctor_finding *f)
{
	const char *list = getenv("LD_PRELOAD"), *audit = getenv("LD_AUDIT");
	char *copy = list ? strdup(list) : NULL, *rest = NULL;
	(void)d;
	for (char *path = copy ? strtok_r(copy, ": ", &rest) : NULL; path; path = strtok_r(NULL, ": ", &rest))
		look_at_preload(path, f);
	free(copy);
	if (audit && *audit)
		doctor_say(f, DOCTOR_OK, "LD_AUDIT is set (%s): what it allocates lies in a namespace of its own and is not the program's", audit);
}

/* --- the kernel --------------------------------------------------------------------------------- */

/* In the child: what a recording begins with. The exit status is what failed. */
enum { TRY_SEGMENT = 1, TRY_SOCKET = 2, TRY_PIDFD = 3 };

static int try_recording(int *error)
{
	struct share share;
	struct door door = { 0 };
	char name[DOOR_NAME_SIZE];
	if ((*error = share_create(&share, 0)) < 0)
		return TRY_SEGMENT;
	door_name(name, share.segment->id);
	if ((*error = door_create(&door, name)) < 0)
		return TRY_SOCKET;
	if (syscall(SYS_pidfd_open, getpid(), 0) < 0) {
		*error = -errno;
		return TRY_PIDFD;
	}
	return 0;
}

/* 0, what failed (with *error), or -N: signal N ended it. */
static int try_in_child(int *error)
{
	int ends[2], status = 0;
	*error = 0;
	if (pipe(ends) < 0)
		return 0;
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit none = { 0, 0 };
		setrlimit(RLIMIT_CORE, &none);
		int failed = try_recording(error);
		_exit(write(ends[1], error, sizeof(*error)) == sizeof(*error) ? failed : 0);
	}
	close(ends[1]);
	if (pid < 0 || read(ends[0], error, sizeof(*error)) != sizeof(*error))
		*error = 0;
	close(ends[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* As /proc says: 0 none, 1 strict, 2 a filter. */
static int seccomp_mode(void)
{
	char line[256];
	int mode = 0;
	FILE *in = fopen("/proc/self/status", "re");
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (in)
		fclose(in);
	return mode;
}

void doctor_kernel(const struct doctor *d, struct doctor_finding *f)
{
	static const char *const what[] = { "", "shared memory (memfd_create, ftruncate, mmap)", "a unix socket", "pidfd_open" };
	int error, failed = try_in_child(&error), filtered = seccomp_mode() != 0;
	const char *by = filtered ? " (a seccomp filter is in force: allow it there)" : "";
	(void)d;
	if (failed < 0)
		doctor_say(f, DOCTOR_FAILURE, "signal %d ended a process that did what a recording begins with%s; record outside of the sandbox",
		           -failed, by);
	else if (failed == TRY_PIDFD)
		doctor_say(f, DOCTOR_WARNING, "pidfd_open fails: %s%s: how processes end may be missed", strerror(-error), by);
	else if (failed)
		doctor_say(f, DOCTOR_FAILURE, "%s cannot be had: %s%s", what[failed], strerror(-error), by);
	else if (filtered)
		doctor_say(f, DOCTOR_OK, "a seccomp filter is in force, and lets what a recording needs pass");
	else
		doctor_say(f, DOCTOR_OK, "gives what a recording needs");
}

void doctor_proc(const struct doctor *d, struct doctor_finding *f)
{
	(void)d;
	if (access("/proc/self/exe", F_OK) == 0 && access("/proc/self/stat", R_OK) == 0)
		doctor_say(f, DOCTOR_OK, "it is mounted");
	else
		doctor_say(f, DOCTOR_WARNING, "/proc is not mounted: names of executables, memory figures and how processes end are missed; "
		           "mount it");
}

/* --- limits ------------------------------------------------------------------------------------- */

static uint64_t soft_limit(__rlimit_resource_t resource)
{
	struct rlimit limit;
	return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : UINT64_MAX;
}

static uint64_t hard_limit(__rlimit_resource_t resource)
{
	struct rlimit limit;
	return getrlimit(resource, &limit) == 0 && limit.rlim_max != RLIM_INFINITY && geteuid() != 0 ? limit.rlim_max : UINT64_MAX;
}

static void look_at_address_space(struct doctor_finding *f)
{
	uint64_t limit = soft_limit(RLIMIT_AS), a_thread = sizeof(struct segment_thread);
	char has[UNIT_WIDTH], base[UNIT_WIDTH], each[UNIT_WIDTH];
	if (limit == UINT64_MAX)
		return;
	unit_format(has, UNIT_BYTES, (int64_t)limit);
	if (hard_limit(RLIMIT_AS) < SEGMENT_SIZE + (64ull << 20))
		doctor_say(f, DOCTOR_FAILURE, "address space is limited to %s (ulimit -v), which the collector needs more of; limit the command "
		           "alone: culprit record -- sh -c 'ulimit -v N; exec COMMAND'", has);
	else
		doctor_say(f, limit < 4 * SEGMENT_BASE_SIZE + 64 * a_thread ? DOCTOR_WARNING : DOCTOR_OK,
		           "address space is limited to %s (ulimit -v), of which the recording takes %s and %s for each thread; threads that "
		           "find none are not recorded, raise it if there are many", has, unit_format(base, UNIT_BYTES, (int64_t)SEGMENT_BASE_SIZE),
		           unit_format(each, UNIT_BYTES, (int64_t)a_thread));
}

static void look_at_locked_memory(const struct doctor *d, struct doctor_finding *f)
{
	static const char *const names[] = { "mlockall" };
	uint8_t found[1] = { 0 };
	uint64_t limit = soft_limit(RLIMIT_MEMLOCK);
	char has[UNIT_WIDTH];
	if (limit == UINT64_MAX || geteuid() == 0 || !d->is_elf || !elf_file_find(&d->elf, SHT_DYNSYM, names, 1, found) || !found[0])
		return;
	doctor_say(f, DOCTOR_WARNING, "it can lock its memory (mlockall) and may lock %s (ulimit -l), in which the recording's counts too; raise it",
	           unit_format(has, UNIT_BYTES, (int64_t)limit));
}

/* The kernel then counts pages of shared memory as they are made, and has no other way to refuse one. */
static void look_at_promises(struct doctor_finding *f)
{
	FILE *in = fopen("/proc/sys/vm/overcommit_memory", "re");
	int mode = in ? fgetc(in) : EOF;
	if (in)
		fclose(in);
	if (mode == '2')
		doctor_say(f, DOCTOR_WARNING, "the system promises no more memory than it has (vm.overcommit_memory=2): where that runs out a program is "
		           "refused memory, and while it is recorded it may be ended by SIGBUS instead; see that there is room (CommitLimit in /proc/meminfo)");
}

void doctor_limits(const struct doctor *d, struct doctor_finding *f)
{
	uint64_t descriptors = soft_limit(RLIMIT_NOFILE), file = soft_limit(RLIMIT_FSIZE);
	char has[UNIT_WIDTH];
	look_at_address_space(f);
	look_at_locked_memory(d, f);
	look_at_promises(f);
	if (descriptors < DESCRIPTORS)
		doctor_say(f, DOCTOR_WARNING, "%llu open files are allowed (ulimit -n), and the collector needs one for each process it follows: how "
		           "some end may be missed; raise it to %u or more", (unsigned long long)descriptors, DESCRIPTORS);
	if (file != UINT64_MAX)
		doctor_say(f, DOCTOR_WARNING, "files may grow to %s (ulimit -f), and so may the trace: what comes after is lost; raise it",
		           unit_format(has, UNIT_BYTES, (int64_t)file));
	if (f->verdict == DOCTOR_OK && !f->text[0])
		doctor_say(f, DOCTOR_OK, "none that a recording would meet");
}

/* --- the output --------------------------------------------------------------------------------- */

void doctor_output(const struct doctor *d, struct doctor_finding *f)
{
	const char *output = d->output && *d->output ? d->output : getenv("CULPRIT_OUTPUT");
	char copy[PATH_MAX], room[UNIT_WIDTH];
	struct statvfs fs;
	struct stat s;
	snprintf(copy, sizeof(copy), "%s", output && *output ? output : "culprit.trace");
	if (stat(copy, &s) == 0 && S_ISDIR(s.st_mode)) {
		doctor_say(f, DOCTOR_FAILURE, "%s is a directory; name a file in it", copy);
		return;
	}
	const char *dir = dirname(copy);
	if (access(dir, W_OK | X_OK) < 0) {
		doctor_say(f, DOCTOR_FAILURE, "no trace can be written in %s: %s; name another place with -o FILE", dir, strerror(errno));
		return;
	}
	if (statvfs(dir, &fs) < 0)
		return;
	uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	unit_format(room, UNIT_BYTES, (int64_t)free_bytes);
	if (free_bytes < FULL)
		doctor_say(f, DOCTOR_WARNING, "the disk of %s has %s left: what comes after it is full is lost; make room, or name another place "
		           "with -o FILE", dir, room);
	else
		doctor_say(f, DOCTOR_OK, "%s can be written to, and has %s left", dir, room);
}
