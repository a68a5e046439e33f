/* SPDX-License-Identifier: MIT
 *
 * Runs a program, whose path and name are given, in every way there is, each with the number of the way as its argument, and
 * waits for it. Prints how each ended.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static const char *path, *name;
static char number[16];

static void by_execve(char **v) { execve(path, v, environ); }
static void by_execv(char **v) { execv(path, v); }
static void by_execvp(char **v) { execvp(name, v); }
static void by_execvpe(char **v) { execvpe(name, v, environ); }
static void by_execl(char **v) { execl(path, v[0], v[1], v[2], (char *)NULL); }
static void by_execlp(char **v) { execlp(name, v[0], v[1], v[2], (char *)NULL); }
static void by_execle(char **v) { execle(path, v[0], v[1], v[2], (char *)NULL, environ); }
static void by_fexecve(char **v) { fexecve(open(path, O_RDONLY | O_CLOEXEC), v, environ); }
static void by_execveat(char **v) { execveat(AT_FDCWD, path, v, environ, 0); }

static void (*const forms[])(char **) = {by_execve, by_execv, by_execvp, by_execvpe, by_execl, by_execlp, by_execle, by_fexecve,
                                         by_execveat};

static int end_of(pid_t child)
{
	int status = -1;
	waitpid(child, &status, 0);
	return status;
}

int main(int argc, char **argv)
{
	char command[512], *v[] = {NULL, (char *)"-c", number, NULL};
	volatile int way = 0;
	if (argc < 3)
		return 2;
	path = argv[1];
	name = v[0] = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; way < (int)(sizeof forms / sizeof *forms); way++) {
		snprintf(number, sizeof number, "exit %d", way);
		pid_t child = fork();
		if (child == 0) {
			forms[way](v);
			_exit(99);
		}
		printf("%d: %x\n", way, (unsigned)end_of(child));
	}
	snprintf(number, sizeof number, "exit %d", way);
	pid_t child = vfork();
	if (child == 0) {
		execv(path, v);
		_exit(99);
	}
	printf("%d: %x\n", way++, (unsigned)end_of(child));
	snprintf(number, sizeof number, "exit %d", way);
	posix_spawn(&child, path, NULL, NULL, v, environ);
	printf("%d: %x\n", way++, (unsigned)end_of(child));
	snprintf(number, sizeof number, "exit %d", way);
	posix_spawnp(&child, name, NULL, NULL, v, environ);
	printf("%d: %x\n", way++, (unsigned)end_of(child));
	snprintf(command, sizeof command, "exec %s -c 'exit %d'", path, way);
	printf("%d: %x\n", way++, (unsigned)system(command));
	snprintf(command, sizeof command, "exec %s -c 'exit %d'", path, way);
	printf("%d: %x\n", way++, (unsigned)pclose(popen(command, "w")));
	child = vfork(); /* of what is not there: it ends without ever having been a program */
	if (child == 0) {
		execl("/nonexistent", "x", (char *)NULL);
		_exit(77);
	}
	printf("%d: %x\n", way, (unsigned)end_of(child));
	return 5;
}
