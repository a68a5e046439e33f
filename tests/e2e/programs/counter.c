/* SPDX-License-Identifier: MIT
 *
 * Allocates and frees until it is killed or its rounds are over, and keeps its own count in a shared file: what the
 * file says at the end of the process has returned from malloc and from free. Usage: counter FILE THREADS [ROUNDS].
 * The file holds two 64-bit counters a thread, 64 bytes apart: allocations and frees.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREADS 16

struct count {
	_Alignas(64) _Atomic uint64_t allocations;
	_Atomic uint64_t frees;
};

static struct count *counts;
static uint64_t rounds;

static __attribute__((noipa)) void *work_allocate(size_t size, int depth)
{
	/* volatile: no call is turned into a jump */
	void *volatile block = depth ? work_allocate(size, depth - 1) : malloc(size);

	return block;
}

static void *work(void *arg)
{
	struct count *count = arg;
	void *kept[32] = { NULL };
	uint32_t random = (uint32_t)(uintptr_t)arg | 1;

	for (uint64_t i = 0; !rounds || i < rounds; i++) {
		random = random * 1664525u + 1013904223u;
		if (kept[i % 32]) {
			free(kept[i % 32]);
			atomic_store_explicit(&count->frees, count->frees + 1, memory_order_relaxed);
		}
		kept[i % 32] = work_allocate(1 + (random >> 20), (int)(random >> 8) % 20);
		atomic_store_explicit(&count->allocations, count->allocations + 1, memory_order_relaxed);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 2 ? atoi(argv[2]) : 1;
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT, 0644) : -1;
	pthread_t thread[THREADS];

	if (fd < 0 || threads < 1 || threads > THREADS || ftruncate(fd, sizeof(*counts) * THREADS))
		return 1;
	rounds = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	counts = mmap(NULL, sizeof(*counts) * THREADS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counts == MAP_FAILED)
		return 1;
	for (int i = 1; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, &counts[i]))
			return 1;
	work(&counts[0]);
	for (int i = 1; i < threads; i++)
		pthread_join(thread[i], NULL);
	puts("all rounds done");
	return 0;
}
