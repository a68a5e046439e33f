/* SPDX-License-Identifier: MIT
 *
 * A service before and after a change: record it without an argument, then with `new`, and compare.
 *
 * `culprit diff` should say, of 1000 requests each: reply_make asks for twice the bytes (64 to 128 KB), audit_note is new (1000
 * blocks of 48), legacy_parse is gone (1000 of 32), session_keep leaks no more (100 blocks of 100), config_read and
 * index_build do not change although they lie elsewhere in the later one, and counter_add began to wait for a lock
 * that stats_flush holds (20 times two milliseconds).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REQUESTS 1000
#define SESSIONS 100
#define FLUSHES 20

static pthread_mutex_t counters = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t round_begins, round_ends;
static int later;
static long counted;
static void *sessions[SESSIONS];

/* Keeps the frame of a function whose last call would be a jump. */
#define KEEP_FRAME() __asm__ volatile("")

static __attribute__((noinline)) char *reply_make(int request)
{
	char *reply = malloc(later ? 128 : 64);

	if (!reply)
		exit(1);
	snprintf(reply, 64, "reply %d", request);
	return reply;
}

static __attribute__((noinline)) char *audit_note(int request)
{
	char *note = malloc(48);

	if (!note)
		exit(1);
	snprintf(note, 48, "request %d", request);
	return note;
}

static __attribute__((noinline)) char *legacy_parse(int request)
{
	char *parsed = calloc(1, 32);

	if (!parsed)
		exit(1);
	parsed[0] = (char)request;
	return parsed;
}

static __attribute__((noinline)) void session_keep(int i)
{
	sessions[i] = malloc(100);
	KEEP_FRAME();
}

/* One function, another line: nothing that a comparison should make anything of. */
static __attribute__((noinline)) void *config_read(void)
{
	void *block;

	if (later) {
		block = malloc(4000);
		__asm__ volatile("# later"); /* keeps the two calls two */
	} else {
		block = malloc(4000);
		__asm__ volatile("# before");
	}
	return block;
}

/* Two lines in either: they are one row. */
static __attribute__((noinline)) void index_build(void **keys, void **values)
{
	*keys = malloc(3000);
	*values = malloc(5000);
	KEEP_FRAME();
}

static void rest(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}

static __attribute__((noinline)) void stats_flush(void)
{
	pthread_mutex_lock(&counters);
	pthread_barrier_wait(&round_begins);
	rest(2000);
	pthread_mutex_unlock(&counters);
	KEEP_FRAME();
}

static __attribute__((noinline)) void counter_add(void)
{
	pthread_barrier_wait(&round_begins);
	pthread_mutex_lock(&counters);
	counted++;
	pthread_mutex_unlock(&counters);
}

static void *flusher(void *unused)
{
	for (int i = 0; i < FLUSHES; i++) {
		stats_flush();
		pthread_barrier_wait(&round_ends);
	}
	return unused;
}

static void count_beside_a_flusher(void)
{
	pthread_t thread;

	pthread_barrier_init(&round_begins, NULL, 2);
	pthread_barrier_init(&round_ends, NULL, 2);
	if (pthread_create(&thread, NULL, flusher, NULL))
		exit(1);
	for (int i = 0; i < FLUSHES; i++) {
		counter_add();
		pthread_barrier_wait(&round_ends);
	}
	pthread_join(thread, NULL);
}

static __attribute__((noinline)) void serve(int request)
{
	char *reply = reply_make(request), *other = later ? audit_note(request) : legacy_parse(request);

	free(other);
	free(reply);
}

int main(int argc, char **argv)
{
	void *config, *keys, *values;

	later = argc > 1 && strcmp(argv[1], "new") == 0;
	config = config_read();
	index_build(&keys, &values);
	for (int i = 0; i < SESSIONS; i++)
		session_keep(i);
	for (int i = 0; i < REQUESTS; i++)
		serve(i);
	if (later)
		count_beside_a_flusher();
	for (int i = 0; later && i < SESSIONS; i++)
		free(sessions[i]);
	memset(sessions, 0, sizeof(sessions));
	free(values);
	free(keys);
	free(config);
	printf("%ld counted\n", counted);
	return 0;
}
