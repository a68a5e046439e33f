/* SPDX-License-Identifier: MIT
 *
 * Blocks are made, and slow work is done, with a lock held that others wait for. `healthy`: both are done before.
 *
 * culprit should say: critical-section, in journal_add. healthy: nothing.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 4
#define ROUNDS 40

static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t journal_size;
static int healthy;

static __attribute__((noinline)) char *line_new(void)
{
	struct timespec slow = { 0, 2000000 };
	char *line = malloc(100);

	if (!line)
		exit(1);
	memset(line, 'x', 100);
	nanosleep(&slow, NULL);
	return line;
}

static __attribute__((noinline)) void journal_add(void)
{
	char *line = healthy ? line_new() : NULL;

	pthread_mutex_lock(&journal_lock);
	if (!healthy)
		line = line_new();
	journal_size += 100;
	pthread_mutex_unlock(&journal_lock);
	free(line);
}

static void *work(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		journal_add();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%zu\n", journal_size);
	return 0;
}
