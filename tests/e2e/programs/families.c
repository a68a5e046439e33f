/* SPDX-License-Identifier: MIT
 *
 * Stacks by the thousand, in families of processes. Usage: families many N | families BIG SMALL CHILDREN
 *
 *     many N               an allocation on each of 2 to the N stacks
 *     BIG SMALL CHILDREN   the same for SMALL; executes `many BIG`, and after a line from standard input forks so many children, one
 *                          after the other, each of which does as its parent did; and ends after another line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static __attribute__((noipa)) void leaf(void)
{
	void *volatile p = malloc(40);
	free(p);
}

static __attribute__((noipa)) void known(int depth)
{
	if (!depth) {
		leaf();
		return;
	}
	known(depth - 1);
	__asm__ volatile(""); /* two calls, from two places */
	known(depth - 1);
	__asm__ volatile("");
}

static void say(const char *line)
{
	char answer[8];
	if (write(1, line, strlen(line)) < 0 || read(0, answer, sizeof answer) < 0)
		_exit(2);
}

int main(int argc, char **argv)
{
	int status, failed = 0;

	if (argc == 3) {
		known(atoi(argv[2]));
		return 0;
	}
	known(atoi(argv[2]));
	if (fork() == 0) {
		execl(argv[0], argv[0], "many", argv[1], (char *)NULL);
		_exit(3);
	}
	wait(&status);
	failed |= status;
	say("ended\n");
	for (int i = 0; i < atoi(argv[3]); i++) {
		if (fork() == 0) {
			known(atoi(argv[2]));
			_exit(0);
		}
		wait(&status);
		failed |= status;
	}
	say("done\n");
	return failed ? 1 : 0;
}
