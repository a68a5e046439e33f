/* SPDX-License-Identifier: MIT
 *
 * A thread for every request. `healthy`: four that serve all.
 *
 * culprit should say: bound-the-threads, in request_start. healthy: nothing.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS 400
#define TOGETHER 4

static atomic_int next, served;

static void *serve(void *unused)
{
	atomic_fetch_add(&served, 1);
	return unused;
}

static void *serve_all(void *unused)
{
	while (atomic_fetch_add(&next, 1) < REQUESTS)
		serve(unused);
	return unused;
}

static __attribute__((noinline)) pthread_t request_start(void *(*run)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, NULL))
		exit(1);
	return thread;
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	pthread_t threads[TOGETHER];

	for (int i = 0; i < (healthy ? 1 : REQUESTS / TOGETHER); i++) {
		for (int k = 0; k < TOGETHER; k++)
			threads[k] = request_start(healthy ? serve_all : serve);
		for (int k = 0; k < TOGETHER; k++)
			pthread_join(threads[k], NULL);
	}
	printf("%d\n", served);
	return 0;
}
