/* SPDX-License-Identifier: MIT
 *
 * Every job wakes all workers, and one of them gets it. `healthy`: every job wakes one.
 *
 * culprit should say: broadcast, in job_take. healthy: nothing.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WORKERS 8
#define JOBS 500

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static int jobs, done, closed;

static __attribute__((noinline)) int job_take(void)
{
	int got;

	pthread_mutex_lock(&lock);
	while (!jobs && !closed)
		pthread_cond_wait(&work, &lock);
	got = jobs > 0;
	jobs -= got;
	done += got;
	pthread_mutex_unlock(&lock);
	return got;
}

static void *worker(void *unused)
{
	while (job_take())
		;
	return unused;
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	struct timespec pause = { 0, 1000000 };
	pthread_t threads[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		pthread_create(&threads[i], NULL, worker, NULL);
	for (int i = 0; i <= JOBS; i++) {
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&lock);
		jobs += i < JOBS;
		closed = i == JOBS;
		pthread_mutex_unlock(&lock);
		if (healthy && !closed)
			pthread_cond_signal(&work);
		else
			pthread_cond_broadcast(&work);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", done);
	return 0;
}
