/* SPDX-License-Identifier: MIT
 *
 * Two functions take the same two locks in opposite orders. They never meet here, but they could. `healthy`: one order.
 *
 * culprit should say: lock-order, of accounts and ledger. healthy: nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER, ledger = PTHREAD_MUTEX_INITIALIZER;
static long balance, entries;

static __attribute__((noinline)) void both(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	balance++;
	entries++;
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *deposit(void *unused)
{
	for (int i = 0; i < 10; i++)
		both(&accounts, &ledger);
	return unused;
}

static void *audit(void *unused)
{
	for (int i = 0; i < 10; i++)
		both(&ledger, &accounts);
	return unused;
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	pthread_t thread;

	pthread_create(&thread, NULL, deposit, NULL);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, healthy ? deposit : audit, NULL);
	pthread_join(thread, NULL);
	printf("%ld %ld\n", balance, entries);
	return 0;
}
