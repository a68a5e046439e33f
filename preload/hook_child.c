/* SPDX-License-Identifier: MIT
 *
 * A parent learns how its child has ended, and the collector may not have been in time to ask the kernel: so it is noted in
 * the child's slot. Nothing is recorded, and nothing held while a parent waits.
 */
#include <stddef.h>

#include "preload/hook.h"
#include "preload/real_threads.h"

static pid_t heed(pid_t pid, int status)
{
	if (pid > 0 && (WIFEXITED(status) || WIFSIGNALED(status)))
		process_child_ended(pid, WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status));
	return pid;
}

HOOK pid_t wait(int *status)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = THREADS(wait)(at);
	return pid > 0 ? heed(pid, *at) : pid;
}

HOOK pid_t waitpid(pid_t which, int *status, int options)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = THREADS(waitpid)(which, at, options);
	return pid > 0 ? heed(pid, *at) : pid;
}

HOOK pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = THREADS(wait3)(at, options, usage);
	return pid > 0 ? heed(pid, *at) : pid;
}

HOOK pid_t wait4(pid_t which, int *status, int options, struct rusage *usage)
{
	int own = 0, *at = status ? status : &own;
	pid_t pid = THREADS(wait4)(which, at, options, usage);
	return pid > 0 ? heed(pid, *at) : pid;
}

HOOK int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	int result = THREADS(waitid)(type, id, info, options);
	if (result == 0 && info && info->si_pid > 0 && (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
	                                                info->si_code == CLD_DUMPED))
		process_child_ended(info->si_pid, info->si_code == CLD_EXITED ? 0 : info->si_status, info->si_status);
	return result;
}
