/* SPDX-License-Identifier: MIT
 *
 * Hangs on purpose, for 300 ms: one thread wants a mutex that main never gives back, one waits for work that never comes.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

pthread_mutex_t stuck = PTHREAD_MUTEX_INITIALIZER, idle = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t work = PTHREAD_COND_INITIALIZER;

static void *wants(void *unused)
{
	pthread_mutex_lock(&stuck);
	return unused;
}

static void *sleeps(void *unused)
{
	pthread_mutex_lock(&idle);
	for (;;)
		pthread_cond_wait(&work, &idle);
	return unused;
}

int main(void)
{
	pthread_t threads[2];

	pthread_mutex_lock(&stuck);
	pthread_create(&threads[0], NULL, wants, NULL);
	pthread_create(&threads[1], NULL, sleeps, NULL);
	usleep(300000);
	puts("hung");
	fflush(stdout);
	_exit(0);
}
