/* SPDX-License-Identifier: MIT
 *
 * All that the handler does is safe in one: kill, waitpid, unlink, _exit. Names are made before.
 */
#include "cli/leftover.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARTS = 8 }; /* who uses them has removed those before */

static struct {
	char making[PATH_MAX];
	volatile pid_t child;
	char (*parts)[PATH_MAX]; /* shared by the processes; NULL: none */
	pid_t keeper;            /* of the parts: the process that removes them */
} left;

void leftover_die(int status)
{
	if (left.child > 0) {
		kill(left.child, SIGTERM);
		waitpid(left.child, NULL, 0);
	}
	if (left.making[0])
		unlink(left.making);
	for (int i = 0; left.parts && left.keeper == getpid() && i < PARTS; i++)
		if (left.parts[i][0])
			unlink(left.parts[i]);
	_exit(status);
}

static void take_signal(int number)
{
	leftover_die(128 + number);
}

void leftover_end_with(pid_t parent)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = take_signal };

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		leftover_die(128 + SIGTERM);
}

void leftover_forget(void)
{
	left.making[0] = 0;
	left.child = 0;
}

static void name_making(char out[PATH_MAX], const char *path, pid_t pid)
{
	if (snprintf(out, PATH_MAX, "%s.tmp-%ld", path, (long)pid) >= PATH_MAX)
		out[0] = 0;
}

void leftover_making(const char *path)
{
	left.making[0] = 0;
	if (path)
		name_making(left.making, path, getpid());
}

void leftover_made_by(pid_t pid, const char *path)
{
	char name[PATH_MAX];

	name_making(name, path, pid);
	unlink(name);
}

void leftover_child(pid_t pid)
{
	left.child = pid;
}

void leftover_share_parts(void)
{
	void *parts = mmap(NULL, sizeof(char[PARTS][PATH_MAX]), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	left.parts = parts == MAP_FAILED ? NULL : parts;
	left.keeper = getpid();
}

void leftover_part(unsigned number, const char *path)
{
	if (left.parts)
		snprintf(left.parts[number % PARTS], PATH_MAX, "%s", path);
}
