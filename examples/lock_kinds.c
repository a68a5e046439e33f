/* SPDX-License-Identifier: MIT
 *
 * The other places to wait at: a spin lock, which is a lock; a semaphore, a barrier, the end of a thread, which are not.
 *
 * culprit should say: waits for the spin lock `ticks` near `spin_waited_ns`; blocked on `permits`, on `round_end` and in
 * pthread_join near what is printed, each by its own kind, and none of it as wait for a lock.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 20

pthread_spinlock_t ticks;
sem_t permits;
pthread_barrier_t round_end;
static atomic_int wanted;
static uint64_t spin_waited_ns, sem_blocked_ns, barrier_blocked_ns, join_blocked_ns;

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

static __attribute__((noinline)) void spin_wait(void)
{
	uint64_t start;

	while (!atomic_exchange(&wanted, 0))
		rest(50);
	start = now();
	pthread_spin_lock(&ticks);
	spin_waited_ns += now() - start;
	pthread_spin_unlock(&ticks);
}

static __attribute__((noinline)) void permit_wait(void)
{
	uint64_t start = now();

	sem_wait(&permits);
	sem_blocked_ns += now() - start;
}

static __attribute__((noinline)) void round_wait(void)
{
	uint64_t start = now();

	pthread_barrier_wait(&round_end);
	barrier_blocked_ns += now() - start;
}

static void *other(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		spin_wait();
		permit_wait();
		round_wait();
	}
	rest(10000);
	return unused;
}

int main(void)
{
	pthread_t thread;
	uint64_t start;

	pthread_spin_init(&ticks, PTHREAD_PROCESS_PRIVATE);
	sem_init(&permits, 0, 0);
	pthread_barrier_init(&round_end, NULL, 2);
	pthread_create(&thread, NULL, other, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_spin_lock(&ticks);
		atomic_store(&wanted, 1);
		rest(1000);
		pthread_spin_unlock(&ticks);
		rest(1000);
		sem_post(&permits);
		rest(1000);
		pthread_barrier_wait(&round_end); /* the last one to come waits for nobody */
	}
	start = now();
	pthread_join(thread, NULL);
	join_blocked_ns = now() - start;
	printf("spin_waited_ns %llu\nsem_blocked_ns %llu\nbarrier_blocked_ns %llu\njoin_blocked_ns %llu\n",
	       (unsigned long long)spin_waited_ns, (unsigned long long)sem_blocked_ns, (unsigned long long)barrier_blocked_ns,
	       (unsigned long long)join_blocked_ns);
	return 0;
}
