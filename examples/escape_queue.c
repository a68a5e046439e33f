/* SPDX-License-Identifier: MIT
 *
 * Jobs are made by a producer and freed by the thread that takes them from the queue. The queue's cells are the
 * producer's own: it frees them itself, two frames further out, when all is done.
 *
 * truth:  site      class   owner     level  blocks  uncertain
 * truth:  job_new   thread  job_done  0      2000    0
 * truth:  cell_new  caller  produce   1      64      0
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define JOBS 2000
#define ROOM 64

struct job {
	int number;
	char data[28];
};

static struct job **cells[ROOM];
static int first, count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct job *job_new(int number)
{
	struct job *j = malloc(sizeof(*j));

	if (!j)
		exit(1);
	j->number = number;
	return j;
}

static struct job **cell_new(void)
{
	struct job **cell = malloc(sizeof(*cell));

	if (!cell)
		exit(1);
	*cell = NULL;
	return cell;
}

static void job_done(struct job *j)
{
	free(j);
	__asm__ volatile(""); /* a call, not a jump: the frame is needed */
}

static void *produce(void *arg)
{
	for (int i = 0; i < ROOM; i++)
		cells[i] = cell_new();
	for (int i = 0; i < JOBS; i++) {
		struct job *j = job_new(i);

		pthread_mutex_lock(&lock);
		while (count == ROOM)
			pthread_cond_wait(&changed, &lock);
		*cells[(first + count++) % ROOM] = j;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&lock);
	while (count)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < ROOM; i++)
		free(cells[i]);
	return arg;
}

static void *consume(void *arg)
{
	long *sum = arg;

	for (int i = 0; i < JOBS; i++) {
		struct job *j;

		pthread_mutex_lock(&lock);
		while (!count)
			pthread_cond_wait(&changed, &lock);
		j = *cells[first];
		first = (first + 1) % ROOM;
		count--;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		*sum += j->number;
		job_done(j);
	}
	return NULL;
}

int main(void)
{
	pthread_t producer, consumer;
	long sum = 0;

	if (pthread_create(&producer, NULL, produce, NULL) || pthread_create(&consumer, NULL, consume, &sum))
		return 1;
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);
	printf("%ld\n", sum);
	return 0;
}
