/* SPDX-License-Identifier: MIT
 *
 * Children of vfork that do what they should not: they allocate, and they end by a hooked function, in the memory of a process that has
 * done nothing yet that is recorded. That process goes on for a while after they are gone. Usage: in_vfork fork N | clone N | late
 *
 *     fork N   N forked children do so, at once; each then allocates 1000 blocks
 *     clone N  N forked children make a child by a bare clone, which has memory of its own and allocates 1000 blocks
 *     late     the program itself does so, once it has read a line; it then allocates 1000 blocks
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 1000

static __attribute__((noipa)) void known(int n)
{
	for (int i = 0; i < n; i++) {
		void *volatile p = malloc(40);
		free(p);
	}
}

/* How the child of vfork ended. */
static int borrow(void)
{
	int status = 0;
	pid_t pid = vfork();
	if (pid == 0) {
		known(3);
		execl("/nonexistent", "none", (char *)NULL);
		_exit(17);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* In parts: its slots would be given back, and be another's, in between. */
static int go_on(void)
{
	int status = borrow();
	for (int i = 0; i < 5; i++) {
		known(BLOCKS / 5);
		usleep(60000);
	}
	return status;
}

static int do_clone(void)
{
	int status = 0;
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		known(BLOCKS);
		_exit(17);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	char line[8];
	int count = argc > 2 ? atoi(argv[2]) : 0, sum = 0, status;

	if (argc > 1 && strcmp(argv[1], "late") == 0) {
		if (write(1, "ready\n", 6) != 6 || read(0, line, sizeof line) < 0)
			return 2;
		return go_on();
	}
	for (int i = 0; i < count; i++)
		if (fork() == 0)
			_exit(strcmp(argv[1], "clone") ? go_on() : do_clone());
	while (wait(&status) > 0)
		sum += WEXITSTATUS(status);
	return sum == 17 * count ? 0 : 1;
}
