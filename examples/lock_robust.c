/* SPDX-License-Identifier: MIT
 *
 * Robust mutexes whose owners die with them: a thread of this process, and another process.
 *
 * culprit should say: of the mutex `state` 5 acquisitions, 2 of which had to wait; of the shared one in the mapping 2 by
 * this process, 1 of which had to wait; the one who finds the owner dead has it, the one who is told ENOTRECOVERABLE has not.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shared {
	pthread_mutex_t mutex;
	atomic_int taken;
};

pthread_mutex_t state;
static atomic_int taken;

static void rest(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}

static void robust_init(pthread_mutex_t *m, int shared)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, shared);
	pthread_mutex_init(m, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static void say(const char *what, int error)
{
	printf("%s %s\n", what, error ? strerror(error) : "ok");
}

/* Takes the mutex and ends without giving it back, after the other one has come to wait for it. */
static void *die_holding(void *unused)
{
	pthread_mutex_lock(&state);
	atomic_store(&taken, 1);
	rest(5000);
	return unused;
}

static __attribute__((noinline)) int inherit(void)
{
	pthread_t thread;
	int error;

	atomic_store(&taken, 0);
	pthread_create(&thread, NULL, die_holding, NULL);
	while (!atomic_load(&taken))
		rest(100);
	error = pthread_mutex_lock(&state);
	pthread_join(thread, NULL);
	return error;
}

int main(void)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	robust_init(&state, PTHREAD_PROCESS_PRIVATE);
	say("first", inherit());
	say("consistent", pthread_mutex_consistent(&state));
	say("unlock", pthread_mutex_unlock(&state));
	say("lock", pthread_mutex_lock(&state));
	say("trylock", pthread_mutex_trylock(&state));
	say("unlock", pthread_mutex_unlock(&state));
	say("second", inherit());
	say("unlock without consistent", pthread_mutex_unlock(&state)); /* nobody gets it any more */
	say("lock", pthread_mutex_lock(&state));
	say("trylock", pthread_mutex_trylock(&state));
	say("destroy", pthread_mutex_destroy(&state));

	robust_init(&s->mutex, PTHREAD_PROCESS_SHARED);
	if (!fork()) {
		pthread_mutex_lock(&s->mutex);
		atomic_store(&s->taken, 1);
		rest(10000);
		_exit(0);
	}
	while (!atomic_load(&s->taken))
		rest(100);
	say("shared", pthread_mutex_lock(&s->mutex));
	say("consistent", pthread_mutex_consistent(&s->mutex));
	say("unlock", pthread_mutex_unlock(&s->mutex));
	say("lock", pthread_mutex_lock(&s->mutex));
	say("unlock", pthread_mutex_unlock(&s->mutex));
	wait(NULL);
	return 0;
}
