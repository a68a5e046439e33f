/* SPDX-License-Identifier: MIT
 *
 * Threads in every way they come and go: before main, from several threads at once, detached ones that unmap the memory
 * their id was written to, exits and cancellations, in a forked child and a raw clone; a fork from a handler in the middle of a wait.
 * Says what it saw, the same each time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define CREATORS 4
#define JOBS 200

static int early_joined;
static _Atomic int jobs_done, ids_wrong, cleaned, destroyed;
static pthread_key_t key;
static sem_t never;

static void *nothing(void *a) { return a; }

static __attribute__((constructor(101))) void early(void)
{
	pthread_t t;
	void *value = NULL;
	early_joined = pthread_create(&t, NULL, nothing, &never) == 0 && pthread_join(t, &value) == 0 && value == &never;
}

struct job {
	pthread_t id;
	long number;
};

static void *unmap_own_id(void *a)
{
	struct job *j = a;
	ids_wrong += !pthread_equal(j->id, pthread_self());
	munmap(j, sizeof *j);
	jobs_done++;
	return NULL;
}

static void *create_jobs(void *a)
{
	pthread_attr_t detached;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&detached, 128 << 10);
	for (long i = 0; i < JOBS; i++) {
		struct job *j = mmap(NULL, sizeof *j, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		j->number = i;
		while (pthread_create(&j->id, &detached, unmap_own_id, j) == EAGAIN)
			usleep(1000);
	}
	pthread_attr_destroy(&detached);
	return a;
}

/* How deep this thread's stack is, and whether a library of ours is on it. */
static void *look_around(void *a)
{
	void *frames[16];
	Dl_info info;
	int n = backtrace(frames, 16), ours = 0;
	for (int i = 0; i < n; i++)
		ours += dladdr(frames[i], &info) && info.dli_fname && strstr(info.dli_fname, "libculprit") != NULL;
	printf("stack of a thread: %d frames, %d foreign\n", n, ours);
	return a;
}

static void clean(void *a) { (void)a, cleaned++; }
static void destroy(void *p)
{
	free(p);
	free(malloc(100)); /* of the thread still */
	destroyed++;
}

static void *wait_forever(void *a)
{
	pthread_setspecific(key, malloc(10));
	pthread_cleanup_push(clean, a);
	sem_wait(&never);
	pthread_cleanup_pop(0);
	return a;
}

static void *leave(void *a) { pthread_exit(a); }
static int c11(void *a) { return -*(int *)a; }

static void ways_to_end(void)
{
	pthread_t t;
	thrd_t c;
	void *value;
	int seven = 7, result;
	pthread_create(&t, NULL, wait_forever, NULL);
	usleep(2000);
	pthread_cancel(t);
	int r = pthread_join(t, &value);
	printf("cancelled: %d %d\n", r, value == PTHREAD_CANCELED);
	pthread_create(&t, NULL, leave, &seven);
	r = pthread_join(t, &value);
	printf("exit: %d %d\n", r, value == &seven);
	r = thrd_create(&c, c11, &seven);
	int joined = thrd_join(c, &result);
	printf("C11: %d %d %d\n", r == thrd_success, joined == thrd_success, result);
	pthread_create(&t, NULL, nothing, NULL);
	printf("detach: %d\n", pthread_detach(t));
	printf("join of oneself: %d\n", pthread_join(pthread_self(), NULL) == EDEADLK);
}

static void too_much(void)
{
	pthread_attr_t huge;
	pthread_t t = 0;
	pthread_attr_init(&huge);
	pthread_attr_setstacksize(&huge, 1ul << 46);
	int r = 0;
	for (int i = 0; i < 10000 && r != -1; i++) /* more than may be under way at once */
		r = pthread_create(&t, &huge, nothing, NULL) == EAGAIN ? 0 : -1;
	printf("huge stack: %d\n", r);
	pthread_attr_destroy(&huge);
}

/* Runs what `run` does in a child; its exit status. */
static int in_child(pid_t child, int (*run)(void))
{
	int status = -1;
	if (child == 0)
		_exit(run());
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int threads_in_child(void)
{
	pthread_t t;
	for (int i = 0; i < 50; i++)
		if (pthread_create(&t, NULL, nothing, NULL) != 0 || pthread_join(t, NULL) != 0)
			return 1;
	return 42;
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t forked;

static void fork_now(int signal)
{
	(void)signal;
	forked = fork();
	void *volatile p = malloc(10); /* we interrupted a wait, no allocation */
	free(p);
}

static void *hold(void *a)
{
	pthread_mutex_lock(&held);
	usleep(300000);
	pthread_mutex_unlock(&held);
	return a;
}

/* The signal comes while we wait for the lock; in the child nobody will ever release it. */
static void fork_in_wait(void)
{
	pthread_t t;
	struct timespec until;
	struct itimerval soon = {.it_value.tv_usec = 100000};
	signal(SIGALRM, fork_now);
	forked = -1;
	pthread_create(&t, NULL, hold, NULL);
	usleep(20000);
	setitimer(ITIMER_REAL, &soon, NULL);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	int r = pthread_mutex_timedlock(&held, &until), status = -1;
	if (forked == 0)
		_exit(r == ETIMEDOUT && threads_in_child() == 42 ? 43 : 1);
	pthread_mutex_unlock(&held);
	pthread_join(t, NULL);
	waitpid(forked, &status, 0);
	printf("fork in a wait: %d %d\n", r, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

int main(void)
{
	pthread_t t[CREATORS];
	sem_init(&never, 0, 0);
	pthread_key_create(&key, destroy);
	printf("before main: %d\n", early_joined);
	for (int i = 0; i < CREATORS; i++)
		pthread_create(&t[i], NULL, create_jobs, NULL);
	for (int i = 0; i < CREATORS; i++)
		pthread_join(t[i], NULL);
	while (jobs_done < CREATORS * JOBS)
		usleep(1000);
	printf("jobs: %d, ids wrong: %d\n", jobs_done, ids_wrong);
	pthread_create(&t[0], NULL, look_around, NULL);
	pthread_join(t[0], NULL);
	ways_to_end();
	printf("cleaned %d, destroyed %d\n", cleaned, destroyed);
	too_much();
	fflush(stdout);
	printf("in a child: %d\n", in_child(fork(), threads_in_child));
	fflush(stdout);
	printf("in a raw clone: %d\n", in_child((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), threads_in_child));
	fflush(stdout);
	fork_in_wait();
	return 0;
}
