/* SPDX-License-Identifier: MIT
 *
 * Forks while other threads allocate. Children allocate too, and must come to their ends.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *allocate(void *arg)
{
	for (void *volatile p;;) {
		p = malloc(10);
		free(p);
	}
	return arg;
}

int main(void)
{
	pthread_t thread;
	int status, bad = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, allocate, NULL);
	for (int i = 0; i < 150 && !bad; i++) {
		pid_t child = fork();
		if (child == 0) {
			alarm(10);
			void *volatile p = malloc(3);
			free(p);
			_exit(0);
		}
		bad = waitpid(child, &status, 0) != child || status != 0;
	}
	puts(bad ? "a child hung" : "good");
	fflush(stdout);
	_exit(bad);
}
