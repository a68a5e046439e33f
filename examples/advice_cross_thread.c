/* SPDX-License-Identifier: MIT
 *
 * One thread makes jobs, another frees them. `healthy`: the jobs go back to the thread that made them, to be used again.
 *
 * culprit should say: cross-thread, in job_new. healthy: nothing.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS 100000
#define BATCH 100

struct job {
	long number;
	char text[40];
};

static struct job *batch[BATCH]; /* the producer's while `empty` is up, the consumer's while `full` is */
static sem_t empty, full;
static long total;
static int healthy;

static __attribute__((noinline)) struct job *job_new(void)
{
	struct job *j = malloc(sizeof(*j));

	if (!j)
		exit(1);
	return j;
}

static void *producer(void *unused)
{
	for (long i = 0; i < JOBS; i++) {
		if (i % BATCH == 0)
			sem_wait(&empty);
		if (!batch[i % BATCH])
			batch[i % BATCH] = job_new();
		batch[i % BATCH]->number = i;
		if (i % BATCH == BATCH - 1)
			sem_post(&full);
	}
	return unused;
}

static void *consumer(void *unused)
{
	for (long i = 0; i < JOBS; i++) {
		if (i % BATCH == 0)
			sem_wait(&full);
		total += batch[i % BATCH]->number;
		if (!healthy) {
			free(batch[i % BATCH]);
			batch[i % BATCH] = NULL;
		}
		if (i % BATCH == BATCH - 1)
			sem_post(&empty);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	sem_init(&empty, 0, 1);
	sem_init(&full, 0, 0);
	pthread_create(&threads[0], NULL, producer, NULL);
	pthread_create(&threads[1], NULL, consumer, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < BATCH; i++)
		free(batch[i]);
	printf("%ld\n", total);
	return 0;
}
