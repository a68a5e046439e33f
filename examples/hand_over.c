/* SPDX-License-Identifier: MIT
 *
 * A producer allocates, a consumer frees: no block is freed by the thread that made it, and addresses are handed out
 * again by the other thread at once.
 *
 * culprit should say: two threads beside main, "producer" and "consumer"; job_new 100000 allocations, all freed, none
 * of them temporary; nothing leaked of the program's own.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define JOBS 100000
#define ROOM 64

struct job {
	int number;
	char data[28];
};

static struct job *queue[ROOM];
static int first, count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static __attribute__((noinline)) struct job *job_new(int number)
{
	struct job *j = malloc(sizeof(*j));

	if (!j)
		exit(1);
	j->number = number;
	return j;
}

static void *producer(void *arg)
{
	pthread_setname_np(pthread_self(), "producer");
	for (int i = 0; i < JOBS; i++) {
		struct job *j = job_new(i);

		pthread_mutex_lock(&lock);
		while (count == ROOM)
			pthread_cond_wait(&changed, &lock);
		queue[(first + count++) % ROOM] = j;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *consumer(void *arg)
{
	long *sum = arg;

	pthread_setname_np(pthread_self(), "consumer");
	for (int i = 0; i < JOBS; i++) {
		struct job *j;

		pthread_mutex_lock(&lock);
		while (!count)
			pthread_cond_wait(&changed, &lock);
		j = queue[first];
		first = (first + 1) % ROOM;
		count--;
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
		*sum += j->number;
		free(j);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[2];
	long sum = 0;

	pthread_create(&threads[0], NULL, producer, NULL);
	pthread_create(&threads[1], NULL, consumer, &sum);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	printf("%ld\n", sum);
	return 0;
}
