/* SPDX-License-Identifier: MIT
 *
 * More processes than there is room for, one of which begins in vain and has children when there is room again. Usage: outnumbered N
 *
 * N children wait; then the program is executed anew, in a child. Once they are gone that one forks four, at once, each of which
 * allocates 200 blocks.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define IN 100 /* descriptors of the program that is executed */
#define OUT 101
#define MOST 2000

static __attribute__((noipa)) void known(int n)
{
	for (int i = 0; i < n; i++) {
		void *volatile p = malloc(40);
		free(p);
	}
}

static void must(int done)
{
	if (!done)
		_exit(9);
}

/* The first allocation is the one for which there is no room. */
static int come_too_late(void)
{
	char byte;
	known(1);
	must(write(OUT, "", 1) == 1 && read(IN, &byte, 1) == 1);
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			known(100);
			usleep(300000);
			known(100);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0, up[2], down[2], status = 0;
	static pid_t children[MOST];
	char byte;

	if (argc == 1)
		return come_too_late();
	must(n <= MOST && pipe(up) == 0 && pipe(down) == 0 && dup2(down[0], IN) == IN && dup2(up[1], OUT) == OUT);
	for (int i = 0; i < n; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			known(1);
			must(write(OUT, "", 1) == 1);
			pause();
		}
	}
	for (int i = 0; i < n; i++)
		must(read(up[0], &byte, 1) == 1);
	pid_t late = fork();
	if (late == 0) {
		execl(argv[0], argv[0], (char *)NULL);
		_exit(9);
	}
	must(read(up[0], &byte, 1) == 1);
	for (int i = 0; i < n; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < n; i++)
		waitpid(children[i], NULL, 0);
	usleep(500000);
	must(write(down[1], "", 1) == 1 && waitpid(late, &status, 0) == late);
	return status ? 1 : 0;
}
