/* SPDX-License-Identifier: MIT
 *
 * Workers asleep until there is work: they wait on a condition variable, and for no lock, as nobody ever holds the
 * lock when another wants it.
 *
 * culprit should say: no lock wait at all; blocked on the condition variable `work`: `cond_blocked_ns` in `cond_waits`
 * waits, by way of job_next; blocked in pthread_join: `join_blocked_ns`.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define WORKERS 4
#define JOBS 40

pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static int jobs, closed;
static atomic_int entries; /* into job_next */
static _Atomic uint64_t cond_blocked_ns, cond_waits;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void rest(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}

static __attribute__((noinline)) int job_next(void)
{
	int got;

	pthread_mutex_lock(&queue);
	atomic_fetch_add(&entries, 1);
	while (!jobs && !closed) {
		uint64_t start = now();

		pthread_cond_wait(&work, &queue);
		atomic_fetch_add(&cond_blocked_ns, now() - start);
		atomic_fetch_add(&cond_waits, 1);
	}
	got = jobs;
	jobs = 0;
	pthread_mutex_unlock(&queue);
	return got;
}

static void *worker(void *unused)
{
	pthread_setname_np(pthread_self(), "worker");
	while (job_next())
		rest(1000);
	rest(20000);
	return unused;
}

/* Waits until the workers have come back for the nth time, then for the last of them to sleep, never for the lock. */
static void lock_queue(int n)
{
	while (atomic_load(&entries) < n || pthread_mutex_trylock(&queue))
		rest(200);
}

int main(void)
{
	pthread_t threads[WORKERS];
	uint64_t start;

	for (int i = 0; i < WORKERS; i++) {
		pthread_create(&threads[i], NULL, worker, NULL);
		lock_queue(i + 1);
		pthread_mutex_unlock(&queue);
	}
	for (int i = 0; i <= JOBS; i++) {
		lock_queue(WORKERS + i);
		jobs = i < JOBS;
		closed = i == JOBS;
		if (closed)
			pthread_cond_broadcast(&work);
		else
			pthread_cond_signal(&work);
		pthread_mutex_unlock(&queue);
		rest(1000);
	}
	start = now();
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	printf("join_ns %llu\ncond_blocked_ns %llu\ncond_waits %llu\n", (unsigned long long)(now() - start),
	       (unsigned long long)cond_blocked_ns, (unsigned long long)cond_waits);
	return 0;
}
