/* SPDX-License-Identifier: MIT
 *
 * Threads cancelled while they wait: for a condition variable (the clean-up finds the mutex held), for a semaphore, for
 * the end of another thread. The program goes on as if nothing had been.
 *
 * culprit should say: blocked on `changed`, `tickets` and in pthread_join, each time cancelled after about 5 ms; no wait
 * for a lock; the three waits are there though none of them returned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

pthread_mutex_t guard = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
sem_t tickets;
static atomic_int waiting;
static _Atomic uint64_t started;

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

static void cleaned_up(void *name)
{
	printf("%s_ns %llu\n", (const char *)name, (unsigned long long)(now() - started));
	if (!strncmp(name, "cond", 4))
		printf("unlocked by the clean-up: %s\n", strerror(pthread_mutex_unlock(&guard)));
}

static void *cond_waiter(void *timed)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 100;
	pthread_mutex_lock(&guard);
	pthread_cleanup_push(cleaned_up, timed ? "cond_timed" : "cond");
	atomic_store(&waiting, 1);
	started = now();
	for (;;) {
		if (timed)
			pthread_cond_timedwait(&changed, &guard, &t);
		else
			pthread_cond_wait(&changed, &guard);
	}
	pthread_cleanup_pop(0);
	return NULL;
}

static void *sem_waiter(void *unused)
{
	pthread_cleanup_push(cleaned_up, "sem");
	atomic_store(&waiting, 1);
	started = now();
	while (!sem_wait(&tickets) || errno == EINTR)
		;
	pthread_cleanup_pop(0);
	return unused;
}

static void *sleeper(void *unused)
{
	rest(20000);
	return unused;
}

static void *joiner(void *unused)
{
	pthread_t thread;

	pthread_create(&thread, NULL, sleeper, NULL);
	pthread_cleanup_push(cleaned_up, "join");
	atomic_store(&waiting, 1);
	started = now();
	pthread_join(thread, NULL);
	pthread_cleanup_pop(0);
	return unused;
}

static void cancelled(void *(*start)(void *), void *arg)
{
	pthread_t thread;
	void *result;

	atomic_store(&waiting, 0);
	pthread_create(&thread, NULL, start, arg);
	while (!atomic_load(&waiting))
		rest(100);
	rest(5000);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("%s, the mutex is free: %s\n", result == PTHREAD_CANCELED ? "cancelled" : "not cancelled",
	       strerror(pthread_mutex_trylock(&guard)));
	pthread_mutex_unlock(&guard);
}

int main(void)
{
	sem_init(&tickets, 0, 0);
	for (int i = 0; i < 3; i++) {
		cancelled(cond_waiter, NULL);
		cancelled(cond_waiter, "timed");
		cancelled(sem_waiter, NULL);
		cancelled(joiner, NULL);
	}
	rest(20000);
	puts("went on");
	return 0;
}
