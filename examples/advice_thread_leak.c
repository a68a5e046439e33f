/* SPDX-License-Identifier: MIT
 *
 * Every connection gets a thread that watches it, and outlives it. `forgotten`: they end, but nobody joins them. `healthy`:
 * they end and are joined.
 *
 * culprit should say: thread-leak, in watch_start (with --threshold thread-leak.seconds=1 --threshold thread-leak.unjoined=30, as
 * this takes but 1.5 s). healthy: nothing.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECTIONS 40

static sem_t never;
static int ends;

static void *watch(void *unused)
{
	while (!ends)
		sem_wait(&never);
	return unused;
}

static __attribute__((noinline)) pthread_t watch_start(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, watch, NULL))
		exit(1);
	return thread;
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	struct timespec pause = { 0, 38000000 };

	ends = healthy || (argc > 1 && strcmp(argv[1], "forgotten") == 0);
	sem_init(&never, 0, 0);
	for (int i = 0; i < CONNECTIONS; i++) {
		pthread_t thread = watch_start();

		nanosleep(&pause, NULL);
		if (healthy)
			pthread_join(thread, NULL);
	}
	printf("%d\n", CONNECTIONS);
	return 0;
}
