/* SPDX-License-Identifier: MIT
 *
 * Two locks taken in either order, at different times: nothing hangs today. Two others are always taken in the same.
 *
 * culprit should say: `orders` and `stock` are a potential deadlock, by way of sell and restock, which have one of
 * them and want the other; `ledger` and `journal`, which book takes twice in the same order, are none.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

pthread_mutex_t orders = PTHREAD_MUTEX_INITIALIZER, stock = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t ledger = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER;
static atomic_int has_first, has_second;

static void rest(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}

static __attribute__((noinline)) void sell(void)
{
	pthread_mutex_lock(&orders);
	atomic_store(&has_first, 1);
	pthread_mutex_lock(&stock);
	pthread_mutex_unlock(&stock);
	pthread_mutex_unlock(&orders);
}

static __attribute__((noinline)) void restock(void)
{
	pthread_mutex_lock(&stock);
	atomic_store(&has_first, 1);
	pthread_mutex_lock(&orders);
	pthread_mutex_unlock(&orders);
	pthread_mutex_unlock(&stock);
}

static __attribute__((noinline)) void book(void)
{
	pthread_mutex_lock(&ledger);
	atomic_store(&has_first, 1);
	pthread_mutex_lock(&journal);
	pthread_mutex_unlock(&journal);
	pthread_mutex_unlock(&ledger);
}

/* Has the second lock while the other thread, which has the first one, comes to want it; asks for no other. */
static void *in_the_way(void *lock)
{
	pthread_mutex_lock(lock);
	atomic_store(&has_second, 1);
	while (!atomic_load(&has_first))
		rest(100);
	rest(3000);
	pthread_mutex_unlock(lock);
	return NULL;
}

static void phase(void (*work)(void), pthread_mutex_t *second)
{
	pthread_t thread;

	atomic_store(&has_first, 0);
	atomic_store(&has_second, 0);
	pthread_create(&thread, NULL, in_the_way, second);
	while (!atomic_load(&has_second))
		rest(100);
	work();
	pthread_join(thread, NULL);
}

int main(void)
{
	phase(sell, &stock);
	phase(book, &journal);
	phase(restock, &orders);
	phase(book, &journal);
	puts("no deadlock");
	return 0;
}
