/* SPDX-License-Identifier: MIT
 *
 * The ways a thread may end, or not: returning, pthread_exit, cancellation, with the process; joined, detached, neither;
 * created by a thread that is gone by then; in a child.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int named, may_go;

static void rest(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}

static void call_myself(const char *name)
{
	pthread_setname_np(pthread_self(), name);
	atomic_fetch_add(&named, 1);
}

static __attribute__((noinline)) pthread_t start(void *(*routine)(void *), const char *name, int detached)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int before = atomic_load(&named);

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
	pthread_create(&thread, &attributes, routine, (void *)name);
	pthread_attr_destroy(&attributes);
	while (atomic_load(&named) == before)
		rest(100);
	return thread;
}

static void *returns(void *name)
{
	call_myself(name);
	while (!strcmp(name, "grandchild") && !atomic_load(&may_go))
		rest(1000);
	return name;
}

static void *leaves(void *name)
{
	call_myself(name);
	pthread_detach(start(returns, "grandchild", 0));
	pthread_exit(name);
}

static void *sleeps(void *name)
{
	call_myself(name);
	for (;;)
		rest(500000);
	return NULL;
}

static __attribute__((noinline)) void child(void)
{
	pthread_join(start(returns, "of_child", 0), NULL);
	_exit(0);
}

int main(void)
{
	pthread_t thread = start(leaves, "exits", 0);

	pthread_join(thread, NULL);
	rest(2000);
	atomic_store(&may_go, 1);
	thread = start(sleeps, "cancelled", 0);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	start(returns, "born_detached", 1);
	thread = start(sleeps, "misnamed", 0);
	pthread_setname_np(thread, "renamed");
	start(sleeps, "stays", 0);
	if (!fork())
		child();
	wait(NULL);
	rest(20000);
	puts("parent");
	return 0;
}
