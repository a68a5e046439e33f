/* SPDX-License-Identifier: MIT
 *
 * A parent learns how its child has ended, and the collector may not have been in time to ask the kernel: so it is noted in
 * the child's slot. Nothing is recorded, and nothing held while a parent waits.
 */
#include <errno.h>
#include <stddef.h>

#include "preload/adopted.h"
#include "preload/hook.h"
#include "preload/real_threads.h"

static pid_t heed(pid_t pid, int status)
{
	if (pid > 0 && (WIFEXITED(status) || WIFSIGNALED(status)))
		process_child_ended(pid, WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status));
	return pid;
}

/* Where the collector is a child of ours: waits for any child but that one. */
static pid_t wait_for_any(int *status, int options, struct rusage *usage)
{
	pid_t pid;
	do {
		if (adopted_is_alone()) {
			errno = ECHILD;
			return -1;
		}
		pid = THREADS(wait4)(-1, status, options, usage);
	} while (pid > 0 && (WIFEXITED(*status) || WIFSIGNALED(*status)) && adopted_has_ended(pid));
	return pid;
}
#define ANY(which) __builtin_expect(adopted_pid && (which) == -1, 0)

HOOK pid_t wait(int *status)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = ANY(-1) ? wait_for_any(at, 0, NULL) : THREADS(wait)(at);
	return pid > 0 ? heed(pid, *at) : pid;
}

HOOK pid_t waitpid(pid_t which, int *status, int options)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = ANY(which) ? wait_for_any(at, options, NULL) : THREADS(waitpid)(which, at, options);
	return pid > 0 ? heed(pid, *at) : pid;
}

HOOK pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = ANY(-1) ? wait_for_any(at, options, usage) : THREADS(wait3)(at, options, usage);
	return pid > 0 ? heed(pid, *at) : pid;
}

HOOK pid_t wait4(pid_t which, int *status, int options, struct rusage *usage)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = ANY(which) ? wait_for_any(at, options, usage) : THREADS(wait4)(which, at, options, usage);
	return pid > 0 ? heed(pid, *at) : pid;
}

/* As above. One that was only looked at is taken. */
static int waitid_for_any(siginfo_t *info, int options)
{
	for (;;) {
		if (adopted_is_alone()) {
			errno = ECHILD;
			return -1;
		}
		int result = THREADS(waitid)(P_ALL, 0, info, options);
		if (result < 0 || !info || !(options & WEXITED) || !adopted_has_ended(info->si_pid))
			return result;
		if (options & WNOWAIT)
			THREADS(wait4)(info->si_pid, NULL, WNOHANG, NULL);
	}
}

HOOK int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	int result = ANY(type == P_ALL ? -1 : 0) ? waitid_for_any(info, options) : THREADS(waitid)(type, id, info, options);
	if (result == 0 && info && info->si_pid > 0 && (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
	                                                info->si_code == CLD_DUMPED))
		process_child_ended(info->si_pid, info->si_code == CLD_EXITED ? 0 : info->si_status, info->si_status);
	return result;
}
