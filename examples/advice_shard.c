/* SPDX-License-Identifier: MIT
 *
 * One lock for a whole table that many threads use, each for a moment. `healthy`: a lock for each part of it.
 *
 * culprit should say: shard, of table_lock. healthy: nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define PARTS 32
#define ROUNDS 3000

struct part {
	pthread_mutex_t lock;
	long sums[64];
};

static struct part parts[PARTS];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int healthy;

static __attribute__((noinline)) void numbers_mix(long *numbers, int turns)
{
	for (int turn = 0; turn < turns; turn++)
		for (int i = 0; i < 64; i++)
			numbers[i] += numbers[(i * 7 + turn) % 64] + 1;
}

static __attribute__((noinline)) void table_add(unsigned key)
{
	struct part *p = &parts[key % PARTS];
	pthread_mutex_t *lock = healthy ? &p->lock : &table_lock;

	pthread_mutex_lock(lock);
	numbers_mix(p->sums, 100);
	pthread_mutex_unlock(lock);
}

static void *work(void *number)
{
	long own[64] = { 0 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		table_add((unsigned)(size_t)number * 4 + i % 4);
		numbers_mix(own, 200);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	for (int i = 0; i < PARTS; i++)
		pthread_mutex_init(&parts[i].lock, NULL);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", THREADS * ROUNDS);
	return 0;
}
