/* SPDX-License-Identifier: MIT
 *
 * What the conformance programs share: they print what each call returns in each state, the same on every run, once
 * before the process ever had a second thread, once beside another thread, and once in a child forked from there.
 *
 * The other thread is told by a pipe what to call, so that no lock is needed to test locks.
 */
#ifndef PROGRAMS_CONFORMANCE_H
#define PROGRAMS_CONFORMANCE_H

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SAY_RESULT
#define SAY_RESULT code /* how a result is printed */
#endif
#define UNTOUCHED 77 /* errno before each call */
#define UNUSED __attribute__((unused))

struct order {
	int (*call)(void *);
	void *object;
	long after_us;
};

static int to_other[2], from_other[2];
static pthread_t other;
static int has_other; /* 0: this is the only thread there ever was */

static UNUSED struct timespec never = {-1, 0};

static void rest(long us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static UNUSED struct timespec on(clockid_t clock, long us)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += us * 1000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void *other_loop(void *unused)
{
	struct order o;

	while (read(to_other[0], &o, sizeof(o)) == sizeof(o)) {
		int result;

		if (o.after_us)
			rest(o.after_us);
		result = o.call(o.object);
		if (write(from_other[1], &result, sizeof(result)) != sizeof(result))
			abort();
	}
	return unused;
}

/* The other thread does it a while later; its result has to be fetched by other_result. */
static void other_later(long after_us, int (*call)(void *), void *object)
{
	struct order o = {call, object, after_us};

	if (write(to_other[1], &o, sizeof(o)) != sizeof(o))
		abort();
}

static int other_result(void)
{
	int result;
	ssize_t size;

	do {
		size = read(from_other[0], &result, sizeof(result));
	} while (size < 0 && errno == EINTR);
	if (size != sizeof(result))
		abort();
	return result;
}

static UNUSED int by_other(int (*call)(void *), void *object)
{
	other_later(0, call, object);
	return other_result();
}

static void *call_and_end(void *order)
{
	struct order *o = order;
	void *result = (void *)(long)o->call(o->object);

	rest(o->after_us);
	return result;
}

/* A thread of its own does it, and ends. */
static UNUSED int by_mortal(int (*call)(void *), void *object)
{
	struct order o = {call, object, 0};
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, call_and_end, &o))
		abort();
	pthread_join(thread, &result);
	return (int)(long)result;
}

static void other_start(void)
{
	if (pipe(to_other) || pipe(from_other) || pthread_create(&other, NULL, other_loop, NULL))
		abort();
	has_other = 1;
}

static void other_stop(void)
{
	close(to_other[1]);
	pthread_join(other, NULL);
	close(to_other[0]);
	close(from_other[0]);
	close(from_other[1]);
}

static const char *code(int error)
{
	static char text[4][16];
	static int n;
	const char *name = error > 0 ? strerrorname_np(error) : NULL;

	if (name)
		return name;
	n = (n + 1) % 4;
	snprintf(text[n], sizeof(text[n]), "%d", error);
	return text[n];
}

/* " NAME RESULT", and what became of errno, if anything. */
static void say(const char *name, int result)
{
	int error = errno;

	printf(" %s %s", name, SAY_RESULT(result));
	if (error != UNTOUCHED)
		printf("(%s)", code(error));
}
#define SAY(name, call) (errno = UNTOUCHED, say(name, call))

static int conformance(void (*run)(void))
{
	int status;
	pid_t child;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	puts("== alone");
	run();
	puts("== beside another thread");
	other_start();
	run();
	fflush(stdout);
	child = fork();
	if (!child) {
		puts("== in a child");
		other_start();
		run();
		other_stop();
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("== the child's status %d\n", status);
	other_stop();
	return 0;
}

#endif
