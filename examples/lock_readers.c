/* SPDX-License-Identifier: MIT
 *
 * Readers that share a lock, and a writer that does not: who waits for whom is not the same on both sides.
 *
 * culprit should say: of the read-write lock `routes` reading and writing apart, acquisitions as printed (exact), waits
 * near `read_waited_ns` and `write_waited_ns`; routes_rebuild made the readers wait, routes_find the writer.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

pthread_rwlock_t routes = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static atomic_int done;
static _Atomic uint64_t read_waited_ns, reads, write_waited_ns, writes;

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

static __attribute__((noinline)) void routes_find(void)
{
	uint64_t start = now(), end;

	pthread_rwlock_rdlock(&routes);
	end = now();
	rest(1000);
	pthread_rwlock_unlock(&routes);
	atomic_fetch_add(&read_waited_ns, end - start);
	atomic_fetch_add(&reads, 1);
}

static __attribute__((noinline)) void routes_rebuild(void)
{
	uint64_t start = now(), end;

	pthread_rwlock_wrlock(&routes);
	end = now();
	rest(3000);
	pthread_rwlock_unlock(&routes);
	atomic_fetch_add(&write_waited_ns, end - start);
	atomic_fetch_add(&writes, 1);
}

static void *reader(void *unused)
{
	pthread_setname_np(pthread_self(), "reader");
	while (!atomic_load(&done)) {
		routes_find();
		rest(300);
	}
	return unused;
}

int main(void)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, reader, NULL);
	for (int i = 0; i < 60; i++) {
		routes_rebuild();
		rest(2000);
	}
	atomic_store(&done, 1);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("read_waited_ns %llu\nreads %llu\nwrite_waited_ns %llu\nwrites %llu\n", (unsigned long long)read_waited_ns,
	       (unsigned long long)reads, (unsigned long long)write_waited_ns, (unsigned long long)writes);
	return 0;
}
