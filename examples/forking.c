/* SPDX-License-Identifier: MIT
 *
 * A parent and three children. The children free a block they inherited, and allocate of their own; one of them goes
 * on as another program, one is killed.
 *
 * culprit should say: five processes with --follow=all (the exec'd one twice: before and after); in the parent 101
 * allocations by parent_work, in each child 50 by child_work.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static __attribute__((noinline)) void parent_work(char **blocks, int n)
{
	for (int i = 0; i < n; i++)
		blocks[i] = malloc(100);
}

static __attribute__((noinline)) void child_work(void)
{
	char *volatile block;

	for (int i = 0; i < 50; i++) {
		block = malloc(200);
		free(block);
	}
}

static void child(int number, char *inherited)
{
	free(inherited);
	child_work();
	if (number == 1) {
		execl("/bin/echo", "echo", "exec'd", (char *)NULL);
		_exit(127);
	}
	if (number == 2)
		raise(SIGKILL);
	_exit(number);
}

int main(void)
{
	char *blocks[101];
	int status;

	parent_work(blocks, 101);
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0)
			child(i, blocks[100]);
		waitpid(pid, &status, 0);
		if (WIFSIGNALED(status))
			printf("child %d: signal %d\n", i, WTERMSIG(status));
		else
			printf("child %d: exit %d\n", i, WEXITSTATUS(status));
		fflush(stdout);
	}
	for (int i = 0; i < 101; i++)
		free(blocks[i]);
	return 0;
}
