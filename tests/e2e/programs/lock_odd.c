/* SPDX-License-Identifier: MIT
 *
 * Locks taken in odd places and given back in odd ways. For each it says how often it was acquired: "lock NAME N".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUNDREDS 300

pthread_mutex_t handed = PTHREAD_MUTEX_INITIALIZER, left_held = PTHREAD_MUTEX_INITIALIZER, around = PTHREAD_MUTEX_INITIALIZER,
	in_handler = PTHREAD_MUTEX_INITIALIZER, busy = PTHREAD_MUTEX_INITIALIZER, in_timer = PTHREAD_MUTEX_INITIALIZER,
	jumped = PTHREAD_MUTEX_INITIALIZER, at_fork = PTHREAD_MUTEX_INITIALIZER, early = PTHREAD_MUTEX_INITIALIZER,
	late = PTHREAD_MUTEX_INITIALIZER, at_thread_end = PTHREAD_MUTEX_INITIALIZER, hundreds[HUNDREDS],
	recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP, checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
pthread_rwlock_t read_often = PTHREAD_RWLOCK_INITIALIZER;

static volatile sig_atomic_t handled, timed;
static jmp_buf out;
static pthread_key_t key;

static void take(pthread_mutex_t *m)
{
	if (pthread_mutex_lock(m))
		abort();
}

static void give(pthread_mutex_t *m)
{
	if (pthread_mutex_unlock(m))
		abort();
}

static void say(const char *lock, long n)
{
	printf("lock %s %ld\n", lock, n);
}

static __attribute__((constructor)) void before_main(void)
{
	for (int i = 0; i < 7; i++) {
		take(&early);
		give(&early);
	}
}

static void after_main(void)
{
	for (int i = 0; i < 8; i++) {
		take(&late);
		give(&late);
	}
}

static __attribute__((destructor)) void after_all(void)
{
	after_main();
}

static void *give_handed(void *unused)
{
	give(&handed);
	return unused;
}

static void hand_over(void)
{
	pthread_t thread;

	for (int i = 0; i < 20; i++) {
		take(&handed);
		pthread_create(&thread, NULL, give_handed, NULL);
		pthread_join(thread, NULL);
	}
	say("handed", 20);
}

static void *take_and_leave(void *m)
{
	take(m);
	return NULL;
}

static void leave_held(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, take_and_leave, &left_held);
	pthread_join(thread, NULL);
	if (pthread_mutex_trylock(&left_held) != EBUSY)
		abort();
	say("left_held", 1);
}

static void on_signal(int signal)
{
	int error = errno;

	if (signal == SIGUSR1) {
		take(&in_handler);
		handled++;
		give(&in_handler);
	} else if (!pthread_mutex_trylock(&in_timer)) {
		timed++;
		give(&in_timer);
	}
	errno = error;
}

static void signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct itimerval often = {{0, 150}, {0, 150}}, never = {{0, 0}, {0, 0}};

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < 100; i++) {
		take(&around);
		raise(SIGUSR1);
		give(&around);
	}
	take(&busy); /* known by now: what a handler takes while culprit gets to know a lock is not counted */
	give(&busy);
	on_signal(SIGALRM);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 500000; i++) {
		take(&busy);
		give(&busy);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	say("around", 100);
	say("in_handler", handled);
	say("busy", 500001);
	say("in_timer", timed);
}

static void recursion(int depth)
{
	take(&recursive);
	if (depth > 1)
		recursion(depth - 1);
	give(&recursive);
}

static void kinds(void)
{
	for (int i = 0; i < 20; i++)
		recursion(5);
	say("recursive", 100);
	for (int i = 0; i < 10; i++) {
		take(&checked);
		if (pthread_mutex_lock(&checked) != EDEADLK || pthread_mutex_unlock(&checked) || pthread_mutex_unlock(&checked) != EPERM)
			abort();
	}
	say("checked", 10);
	for (int i = 0; i < 40; i++)
		pthread_rwlock_rdlock(&read_often);
	for (int i = 0; i < 40; i++)
		pthread_rwlock_unlock(&read_often);
	say("read_often", 40);
}

static void many_at_once(void)
{
	for (int i = 0; i < HUNDREDS; i++)
		pthread_mutex_init(&hundreds[i], NULL);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < HUNDREDS; i++)
			take(&hundreds[i]);
		for (int i = 0; i < HUNDREDS; i++)
			give(&hundreds[i * 7 % HUNDREDS]);
	}
	say("hundreds", 2 * HUNDREDS);
}

static __attribute__((noinline)) void jump_out(int depth)
{
	if (depth < 0)
		return;
	if (!depth) {
		take(&jumped);
		longjmp(out, 1);
	}
	jump_out(depth - 1);
}

static void jumps(void)
{
	for (volatile int i = 0; i < 30; i++) {
		if (!setjmp(out))
			jump_out(i);
		give(&jumped);
	}
	say("jumped", 30);
}

static void fork_prepare(void) { take(&at_fork); }
static void fork_done(void) { give(&at_fork); }

static void forks(void)
{
	pthread_atfork(fork_prepare, fork_done, fork_done);
	fflush(stdout);
	for (int i = 0; i < 5; i++) {
		pid_t child = fork();

		if (!child) {
			take(&at_fork);
			give(&at_fork);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	say("at_fork", 5);
}

static void at_end(void *value)
{
	take(&at_thread_end);
	give(&at_thread_end);
	if (value == &key) /* once more, in the next round of destructors */
		pthread_setspecific(key, &at_thread_end);
}

static void *set_and_end(void *value)
{
	pthread_setspecific(key, value);
	return NULL;
}

static void thread_ends(void)
{
	pthread_t thread;

	pthread_key_create(&key, at_end);
	for (int i = 0; i < 10; i++) {
		pthread_create(&thread, NULL, set_and_end, &key);
		pthread_join(thread, NULL);
	}
	say("at_thread_end", 20);
}

static void plugin(const char *path)
{
	for (int i = 0; i < 3; i++) {
		void *library = dlopen(path, RTLD_NOW);
		void (*work)(void);

		if (!library)
			abort();
		work = (void (*)(void))dlsym(library, "plugin_work");
		work();
		dlclose(library);
	}
	say("plugin_lock", 75);
}

int main(int argc, char **argv)
{
	say("early", 7);
	hand_over();
	leave_held();
	signals();
	kinds();
	many_at_once();
	jumps();
	forks();
	thread_ends();
	if (argc > 1)
		plugin(argv[1]);
	atexit(after_main);
	say("late", 16);
	take(&around); /* and stays so */
	return 0;
}
