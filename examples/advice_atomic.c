/* SPDX-License-Identifier: MIT
 *
 * A counter with a lock around it. `healthy`: an atomic counter.
 *
 * culprit should say: atomic, of counter_lock. healthy: nothing.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 3
#define ROUNDS 200000

static pthread_mutex_t counter_lock = PTHREAD_MUTEX_INITIALIZER;
static long counter;
static atomic_long atomic_counter;
static int healthy;

static __attribute__((noinline)) void count(void)
{
	pthread_mutex_lock(&counter_lock);
	counter++;
	pthread_mutex_unlock(&counter_lock);
}

static void *work(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (healthy)
			atomic_fetch_add(&atomic_counter, 1);
		else
			count();
	}
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
	printf("%ld\n", counter + atomic_counter);
	return 0;
}
