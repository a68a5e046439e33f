/* SPDX-License-Identifier: MIT
 *
 * Two thousand threads, of which none lives long: one for every request, by a main that does not know better.
 *
 * culprit should say: 1500 threads created in request_start by main, 500 in job_start by the thread "scheduler"; every
 * tenth has a name of its own; 250 of them are detached, all others joined; all of them have ended.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define AT_ONCE 50

static atomic_int served;

static void *serve(void *number)
{
	long n = (long)number;
	char name[16];
	char *volatile buffer = malloc(1000);

	if (n % 10 == 0) {
		snprintf(name, sizeof(name), "serve-%ld", n);
		pthread_setname_np(pthread_self(), name);
	}
	if (buffer)
		buffer[0] = 1;
	free(buffer);
	atomic_fetch_add(&served, 1);
	return number;
}

static __attribute__((noinline)) pthread_t request_start(long n)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve, (void *)n))
		exit(1);
	return thread;
}

static __attribute__((noinline)) void job_start(long n)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve, (void *)n))
		exit(1);
	if (n % 2)
		pthread_join(thread, NULL);
	else
		pthread_detach(thread);
}

static void *scheduler(void *unused)
{
	pthread_setname_np(pthread_self(), "scheduler");
	for (long n = 1500; n < 2000; n++)
		job_start(n);
	return unused;
}

int main(void)
{
	pthread_t threads[AT_ONCE], other;

	for (long n = 0; n < 1500; n += AT_ONCE) {
		for (long i = 0; i < AT_ONCE; i++)
			threads[i] = request_start(n + i);
		for (long i = 0; i < AT_ONCE; i++)
			pthread_join(threads[i], NULL);
	}
	pthread_create(&other, NULL, scheduler, NULL);
	pthread_join(other, NULL);
	while (atomic_load(&served) < 2000)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	nanosleep(&(struct timespec){0, 50000000}, NULL); /* the detached ones tell nobody that they are gone */
	printf("served %d\n", served);
	return 0;
}
