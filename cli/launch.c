/* SPDX-License-Identifier: MIT
 *
 * Fork, wait, exec. Between fork and exec the child touches nothing but its environment and pipes.
 */
#define _GNU_SOURCE
#include "cli/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/segment.h"

int launch_find_library(char path[PATH_MAX], struct err *err)
{
	static const char *const places[] = { "libculprit.so", "../lib/culprit/libculprit.so" };
	char self[PATH_MAX], candidate[PATH_MAX + 64];
	const char *given = getenv("CULPRIT_LIBRARY");
	if (given && *given) {
		if (!realpath(given, path))
			return err_errno(err, "cannot use the library CULPRIT_LIBRARY names, %s", given);
		return 0;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = 0;
	if (n <= 0) /* /proc is not mounted: the path that was executed */
		snprintf(self, sizeof(self), "%s", (const char *)getauxval(AT_EXECFN));
	char *slash = strrchr(self, '/');
	if (slash)
		slash[1] = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(candidate, sizeof(candidate), "%s%s", self, places[i]);
		if (realpath(candidate, path))
			return 0;
	}
	return err_set(err, ERR_FAILED,
	               "libculprit.so is neither in %s nor in %s../lib/culprit; name it with CULPRIT_LIBRARY=FILE", self, self);
}

/* AddressSanitizer works behind us, but ends a program in which it is not the first library unless it is told. */
static int let_asan_come_second(void)
{
	const char *before = getenv("ASAN_OPTIONS");
	char *options;
	if (asprintf(&options, "%s%sverify_asan_link_order=0", before ? before : "", before && *before ? ":" : "") < 0)
		return -1;
	int failed = setenv("ASAN_OPTIONS", options, 1);
	free(options);
	return failed;
}

/* What a service manager has meant for the process that it started, by its id, is meant for the command. */
static int hand_on(const char *variable)
{
	const char *meant = getenv(variable);
	char pid[16];
	if (!meant || atoi(meant) != (int)getppid())
		return 0;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	return setenv(variable, pid, 1);
}

static int set_environment(const char *library, const char *name)
{
	const char *before = getenv("LD_PRELOAD");
	char *preload;
	if (asprintf(&preload, "%s%s%s", library, before && *before ? ":" : "", before ? before : "") < 0)
		return -1;
	int failed = setenv("LD_PRELOAD", preload, 1) < 0 || setenv(SEGMENT_ENVIRONMENT, name, 1) < 0;
	free(preload);
	if (failed || hand_on("LISTEN_PID") < 0 || hand_on("WATCHDOG_PID") < 0)
		return -1;
	return let_asan_come_second();
}

static _Noreturn void run(const char *path, char **argv, const char *library, const char *name, int go, int result)
{
	char byte;
	ssize_t n;
	do
		n = read(go, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);
	if (set_environment(library, name) == 0)
		execvp(path, argv);
	int error = errno;
	while (write(result, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(127);
}

int launch_fork(struct launch *l, const char *path, char **argv, const char *library, const char *name, struct err *err)
{
	int go[2], result[2];
	if (strpbrk(library, ": "))
		return err_set(err, ERR_FAILED, "the loader cannot preload %s: its path has a space or a colon in it", library);
	if (pipe2(go, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	if (pipe2(result, O_CLOEXEC) < 0) {
		err_errno(err, "cannot make a pipe");
		close(go[0]);
		close(go[1]);
		return -1;
	}
	*l = (struct launch){ .pid = fork(), .go = go[1], .result = result[0] };
	if (l->pid == 0) {
		close(go[1]); /* or the child would wait for itself */
		run(path, argv, library, name, go[0], result[1]);
	}
	int error = errno;
	close(go[0]);
	close(result[1]);
	if (l->pid > 0)
		return 0;
	close(go[1]);
	close(result[0]);
	errno = error;
	return err_errno(err, "cannot fork");
}

int launch_go(struct launch *l)
{
	int error = 0;
	ssize_t n;
	if (write(l->go, "", 1) < 0 && errno != EPIPE) /* that one was killed, as any command may be */
		error = errno;
	close(l->go);
	do
		n = read(l->result, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	close(l->result);
	if (error)
		waitpid(l->pid, NULL, 0);
	return error;
}

void launch_cancel(struct launch *l)
{
	close(l->go);
	close(l->result);
	waitpid(l->pid, NULL, 0);
}
