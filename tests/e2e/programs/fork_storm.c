/* SPDX-License-Identifier: MIT
 *
 * Forks, as often as is said, from a process with eight threads that allocate and lock without a pause, so that some hook is
 * under way in every fork. Children allocate, lock, make a thread now and then, and end in their various ways; each must come to the
 * end it chose. Prints how many did.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, WAYS = 4 };

static pthread_mutex_t shared[4] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                    PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static volatile int over;

static void *storm(void *arg)
{
	for (unsigned n = (unsigned)(size_t)arg; !over; n++) {
		void *volatile p = malloc(n % 500);
		pthread_mutex_lock(&shared[n % 4]);
		p = realloc(p, n % 900 + 1);
		pthread_mutex_unlock(&shared[n % 4]);
		free(p);
	}
	return NULL;
}

static void *work(void *arg)
{
	pthread_mutex_lock(&own);
	for (int i = 0; i < 50; i++) {
		void *volatile p = malloc((size_t)i * 10 + 1);
		free(p);
	}
	pthread_mutex_unlock(&own);
	return arg;
}

static void be_child(int way)
{
	pthread_t thread;
	alarm(20);
	work(NULL);
	if (way == 3 && pthread_create(&thread, NULL, work, NULL) == 0)
		pthread_join(thread, NULL);
	if (way == 0)
		_exit(10);
	if (way == 1)
		kill(getpid(), SIGKILL);
	exit(10 + way);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1000, good = 0;
	pthread_t threads[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, storm, (void *)i);
	for (int i = 0; i < count; i++) {
		int way = i % WAYS, status = 0;
		pid_t child = fork();
		if (child == 0)
			be_child(way);
		if (child > 0 && waitpid(child, &status, 0) == child)
			good += way == 1 ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
			                 : WIFEXITED(status) && WEXITSTATUS(status) == 10 + way;
	}
	over = 1;
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d of %d children came to their end\n", good, count);
	return good != count;
}
