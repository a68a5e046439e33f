/* SPDX-License-Identifier: MIT
 *
 * What still happens when a process or a thread is nearly over: handlers of atexit and destructors of thread-local data that
 * allocate, threads that end, are cancelled or go on while the process exits. Usage: parting exit|quick|return.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 4
#define BUSY 6

static pthread_key_t key;
static atomic_int running, over;

static __attribute__((noipa)) void known(void)
{
	for (int i = 0; i < 10; i++) {
		void *volatile block = malloc(30);

		free(block);
	}
}

static __attribute__((noipa)) void in_busy_thread(void)
{
	void *volatile block = malloc(50);

	free(block);
}

/* As often as the library allows: destructors that leave a value are called again. */
static void destroy(void *value)
{
	known();
	if ((size_t)value < ROUNDS)
		pthread_setspecific(key, (char *)value + 1);
}

static void *with_value(void *arg)
{
	pthread_setspecific(key, (void *)1);
	if (arg)
		pthread_exit(arg);
	return NULL;
}

static void clean(void *arg)
{
	(void)arg;
	known();
}

static void *cancelled(void *arg)
{
	pthread_mutex_t *locked = arg;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;

	pthread_setspecific(key, (void *)1);
	pthread_mutex_lock(locked);
	pthread_cleanup_push(clean, NULL);
	atomic_fetch_add(&running, 1);
	for (;;)
		pthread_cond_wait(&never, locked);
	pthread_cleanup_pop(0);
	return NULL;
}

/* Goes on until the process is gone; every other ends in the middle of its exit. */
static void *busy(void *arg)
{
	atomic_fetch_add(&running, 1);
	while (!arg || !atomic_load(&over))
		in_busy_thread();
	return NULL;
}

static void at_exit(void)
{
	known();
	atomic_store(&over, 1);
	usleep(2000);
	known();
}

int main(int argc, char **argv)
{
	static pthread_mutex_t locks[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
	pthread_t thread;

	pthread_key_create(&key, destroy);
	atexit(at_exit);
	at_quick_exit(at_exit);
	for (size_t i = 0; i < 2; i++) { /* returns, exits: four rounds of destructors each */
		pthread_create(&thread, NULL, with_value, (void *)i);
		pthread_join(thread, NULL);
	}
	for (size_t i = 0; i < 2; i++) { /* is cancelled: a clean-up handler, and the destructors */
		pthread_create(&thread, NULL, cancelled, &locks[i]);
		while (atomic_load(&running) < (int)i + 1)
			usleep(100);
		pthread_cancel(thread);
		pthread_join(thread, NULL);
	}
	for (size_t i = 0; i < BUSY; i++)
		pthread_create(&thread, NULL, busy, (void *)(i % 2));
	while (atomic_load(&running) < 2 + BUSY)
		usleep(100);
	puts("parting");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "exit"))
		exit(5);
	if (argc > 1 && !strcmp(argv[1], "quick"))
		quick_exit(6);
	return 7;
}
