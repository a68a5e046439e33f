/* SPDX-License-Identifier: MIT
 *
 * One thread spends two milliseconds at a time with the lock that three others need for a moment.
 *
 * culprit should say: of the lock `accounts` the wait is near `waited_ns` (printed: what the threads measured
 * themselves), it was caused by slow_holder, and balance_read is where the others stood.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 100

pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER;
static atomic_int closing;
static long balance;
static _Atomic uint64_t waited_ns, longest_ns, acquisitions;

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

static void count(uint64_t ns)
{
	uint64_t longest = atomic_load(&longest_ns);

	while (ns > longest && !atomic_compare_exchange_weak(&longest_ns, &longest, ns))
		;
	atomic_fetch_add(&waited_ns, ns);
	atomic_fetch_add(&acquisitions, 1);
}

static __attribute__((noinline)) long slow_holder(void)
{
	uint64_t start = now(), end;

	pthread_mutex_lock(&accounts);
	end = now();
	balance++;
	rest(2000); /* as if it were on the disk */
	pthread_mutex_unlock(&accounts);
	count(end - start);
	return balance;
}

static __attribute__((noinline)) void balance_read(void)
{
	uint64_t start = now(), end;

	pthread_mutex_lock(&accounts);
	end = now();
	balance--;
	pthread_mutex_unlock(&accounts);
	count(end - start);
}

static void *reader(void *name)
{
	pthread_setname_np(pthread_self(), name);
	while (!atomic_load(&closing)) {
		balance_read();
		rest(500);
	}
	return NULL;
}

static void *writer(void *name)
{
	pthread_setname_np(pthread_self(), name);
	for (int i = 0; i < ROUNDS; i++) {
		slow_holder();
		rest(1500);
	}
	atomic_store(&closing, 1);
	return NULL;
}

int main(void)
{
	static char *const names[] = {"A", "B", "C", "D"};
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, i ? reader : writer, names[i]);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("waited_ns %llu\nlongest_ns %llu\nacquisitions %llu\nheld_times %d\n", (unsigned long long)waited_ns,
	       (unsigned long long)longest_ns, (unsigned long long)acquisitions, ROUNDS);
	return 0;
}
