/* SPDX-License-Identifier: MIT
 *
 * A program that cannot be recorded has nobody to say so but the one who executes it. It does before, and only then
 * anything is recorded. All of this may happen in a child of vfork: the memory is its parent's, and so is the ring that it
 * writes to, while the parent waits.
 */
#include "preload/hook_exec.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/handover.h"
#include "preload/hook.h"
#include "preload/judge.h"
#include "preload/sys.h"

typedef char *const *strings;

static const char a_descriptor[] = "a descriptor";

static struct {
	int (*execve)(const char *, strings, strings);
	int (*execvpe)(const char *, strings, strings);
	int (*fexecve)(int, strings, strings);
	int (*execveat)(int, const char *, strings, strings, int);
	int (*posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, strings, strings);
	int (*posix_spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, strings, strings);
} originals;

void hook_exec_start(void)
{
	static const char *const names[] = {"execve", "execvpe", "fexecve", "execveat", "posix_spawn", "posix_spawnp"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		void *p = dlsym(RTLD_NEXT, names[i]);
		memcpy((char *)&originals + i * sizeof p, &p, sizeof p);
	}
}

/* Other libraries' constructors come before ours. */
#define ORIGINAL(name) (originals.name ? originals.name : (hook_exec_start(), originals.name))

/* --- telling --------------------------------------------------------------------------------- */

static void tell(const char *path, enum segment_unrecorded why, const uint64_t *frame)
{
	struct message_part part = {path, (uint32_t)strnlen(path, MESSAGE_MAX_PAYLOAD)};
	if (!recorder_enter(frame))
		return;
	recorder_message(EVENT_UNRECORDED, 0, why, 0, &part, 1);
	recorder_leave();
}

static int follows(void)
{
	uint64_t key = atomic_load(&process_live.key);
	return key != PROCESS_OFF && key != PROCESS_STARTING && process_segment() &&
	       process_segment()->flags & SEGMENT_FOLLOW_EXEC;
}

static void judge_at(int directory, const char *path, strings envp, const uint64_t *frame)
{
	long fd = SYS4(SYS_openat, directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	enum segment_unrecorded why = judge_program((int)fd, envp);
	sys_close((int)fd);
	if (why != UNRECORDED_NOT)
		tell(path, why, frame);
}

static void judge(const char *path, strings envp, const uint64_t *frame)
{
	if (path && follows())
		judge_at(AT_FDCWD, path, envp, frame);
}

/* As execvp() looks for it. */
static void judge_by_name(const char *name, strings envp, const uint64_t *frame)
{
	char path[1024];
	const char *dirs = getenv("PATH");
	if (!name || !follows())
		return;
	if (strchr(name, '/')) {
		judge_at(AT_FDCWD, name, envp, frame);
		return;
	}
	size_t n = strlen(name);
	for (const char *at = dirs ? dirs : "/bin:/usr/bin", *end; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ':');
		size_t size = (size_t)(end - at);
		if (size + n + 2 > sizeof path)
			continue;
		memcpy(path, at, size);
		path[size] = '/';
		memcpy(path + size + (size > 0), name, n + 1);
		if (SYS2(SYS_access, path, X_OK) == 0) {
			judge_at(AT_FDCWD, path, envp, frame);
			return;
		}
	}
}

/* A program that must not have the library is executed with another environment, on this stack: a child of vfork must not
 * allocate. 1: it was told. */
static int heed(const char *path, enum segment_unrecorded why, const uint64_t *frame)
{
	if (why != UNRECORDED_NOT && follows())
		tell(path, why, frame);
	return why != UNRECORDED_NOT;
}
#define WITHHELD(name, envp, frame)                                                                          \
	(heed(name, handover_judge(envp), frame) && ((envp) = handover_write(__builtin_alloca(handover_size(envp)), envp), 1))

/* --- the hooks ------------------------------------------------------------------------------- */

static int run(const char *path, strings argv, strings envp, const uint64_t *frame)
{
	if (!WITHHELD(path, envp, frame))
		judge(path, envp, frame);
	return ORIGINAL(execve)(path, argv, envp);
}

static int run_by_name(const char *name, strings argv, strings envp, const uint64_t *frame)
{
	if (!WITHHELD(name, envp, frame))
		judge_by_name(name, envp, frame);
	return ORIGINAL(execvpe)(name, argv, envp);
}

HOOK int execve(const char *path, strings argv, strings envp)
{
	return run(path, argv, envp, HOOK_FRAME);
}

HOOK int execv(const char *path, strings argv)
{
	return run(path, argv, environ, HOOK_FRAME);
}

HOOK int execvp(const char *name, strings argv)
{
	return run_by_name(name, argv, environ, HOOK_FRAME);
}

HOOK int execvpe(const char *name, strings argv, strings envp)
{
	return run_by_name(name, argv, envp, HOOK_FRAME);
}

HOOK int fexecve(int fd, strings argv, strings envp)
{
	if (!WITHHELD(a_descriptor, envp, HOOK_FRAME) && follows())
		heed(a_descriptor, judge_program(fd, envp), HOOK_FRAME);
	return ORIGINAL(fexecve)(fd, argv, envp);
}

HOOK int execveat(int directory, const char *path, strings argv, strings envp, int flags)
{
	if (!WITHHELD(*path ? path : a_descriptor, envp, HOOK_FRAME) && *path && follows())
		judge_at(directory, path, envp, HOOK_FRAME);
	return ORIGINAL(execveat)(directory, path, argv, envp, flags);
}

HOOK int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                     strings argv, strings envp)
{
	if (!WITHHELD(path, envp, HOOK_FRAME))
		judge(path, envp, HOOK_FRAME);
	return ORIGINAL(posix_spawn)(pid, path, actions, attributes, argv, envp);
}

HOOK int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                      strings argv, strings envp)
{
	if (!WITHHELD(name, envp, HOOK_FRAME))
		judge_by_name(name, envp, HOOK_FRAME);
	return ORIGINAL(posix_spawnp)(pid, name, actions, attributes, argv, envp);
}

/* Those with a list: on the stack, since a child of vfork must not allocate. */
#define LIST(argv, first, last)                                 \
	size_t count = 1;                                       \
	va_list list;                                           \
	va_start(list, first);                                  \
	while (va_arg(list, const char *))                      \
		count++;                                        \
	va_end(list);                                           \
	char **argv = __builtin_alloca((count + 1) * sizeof *argv); \
	va_start(list, first);                                  \
	argv[0] = (char *)(uintptr_t)first;                     \
	for (size_t i = 1; i <= count; i++)                     \
		argv[i] = va_arg(list, char *);                 \
	last;                                                   \
	va_end(list)

HOOK int execl(const char *path, const char *first, ...)
{
	LIST(argv, first, (void)0);
	return run(path, argv, environ, HOOK_FRAME);
}

HOOK int execlp(const char *name, const char *first, ...)
{
	LIST(argv, first, (void)0);
	return run_by_name(name, argv, environ, HOOK_FRAME);
}

HOOK int execle(const char *path, const char *first, ...)
{
	LIST(argv, first, char **envp = va_arg(list, char **));
	return run(path, argv, envp, HOOK_FRAME);
}
