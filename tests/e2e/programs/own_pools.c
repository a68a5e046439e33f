/* SPDX-License-Identifier: MIT
 *
 * Tells of its pools, its locks and itself through culprit.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../include/culprit.h"

static char arena[1 << 20];
static size_t used;
static int first_pool, second_pool;
static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER, unnamed = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void *take(const void *pool, size_t size)
{
	void *block = arena + used;
	used = (used + size + 15) & ~(size_t)15;
	culprit_alloc(pool, block, size);
	return block;
}

/* 100 blocks of 24 bytes, a quarter of which stays. */
static __attribute__((noinline)) void use_first(void)
{
	for (int i = 0; i < 100; i++) {
		void *p = take(&first_pool, 24);
		if (i % 4)
			culprit_free(&first_pool, p);
	}
}

/* Five rounds of 10 blocks of 1000 bytes; the last is not emptied. */
static __attribute__((noinline)) void use_second(void)
{
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 10; i++)
			take(&second_pool, 1000);
		if (round < 4)
			culprit_free(&second_pool, NULL);
	}
}

int main(void)
{
	pthread_mutex_t *heap = malloc(sizeof *heap);
	pthread_mutex_init(heap, NULL);
	culprit_lock_name(heap, "first life");
	pthread_mutex_lock(heap);
	pthread_mutex_unlock(heap);
	pthread_mutex_destroy(heap);
	usleep(2000);
	pthread_mutex_init(heap, NULL);
	culprit_lock_name(heap, "a word to be replaced");
	culprit_lock_name(heap, "second life\x1b[31m");
	culprit_lock_name(&plain, "the plain one");
	for (int i = 0; i < 3; i++) {
		pthread_mutex_lock(heap);
		pthread_mutex_lock(&plain);
		pthread_mutex_lock(&unnamed);
		pthread_mutex_unlock(&unnamed);
		pthread_mutex_unlock(&plain);
		pthread_mutex_unlock(heap);
	}
	culprit_mark("pools begin");
	use_first();
	use_second();
	culprit_mark("pools end");
	culprit_mark(NULL);
	culprit_free(&first_pool, &first_pool); /* never taken */
	culprit_alloc(&first_pool, NULL, 5);    /* a pool that had none left */
	free(heap);
	puts("done");
	return 0;
}
