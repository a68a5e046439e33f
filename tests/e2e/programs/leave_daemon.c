/* SPDX-License-Identifier: MIT
 *
 * Becomes a daemon as the books say: forks twice, in a session of its own, closes every descriptor. The daemon allocates for
 * as many milliseconds as are said, then writes the given file and ends with 7; the command itself is over at once.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	free(malloc(100));
	pid_t child = fork();
	if (child) {
		waitpid(child, NULL, 0);
		return 3;
	}
	setsid();
	if (fork())
		_exit(0);
	close_range(0, ~0u, 0);
	if (chdir("/"))
		_exit(1);
	for (int left = atoi(argv[1]); left > 0; left -= 10) {
		void *volatile p = malloc(1000);
		free(p);
		usleep(10000);
	}
	int fd = open(argv[2], O_CREAT | O_WRONLY, 0600);
	if (fd != 0) /* no descriptor was left open, not even one of the recorder's */
		_exit(1);
	exit(7);
}
