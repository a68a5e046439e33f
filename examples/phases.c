/* SPDX-License-Identifier: MIT
 *
 * Three phases with a rest between them: a thousand blocks that come and go, blocks that stay, and a thread that waits for a lock.
 *
 * culprit should say, asked for one phase alone (--from, --to): of the first that churn made 1000 blocks of 100 bytes and
 * freed them all, of the second that keep leaked 200 of 64 bytes, of the third that its waits for `gate` took `waited_ns`;
 * and nothing of the others. The times of the phases (of the clock of day) are printed.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BLOCKS 1000
#define KEPT 200
#define TURNS 20

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t turn;
static uint64_t times[4], waited_ns;
static void *volatile blocks[BLOCKS];

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void rest(long ms)
{
	nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

__attribute__((noinline)) static void churn(void)
{
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(100);
	rest(20);
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
}

__attribute__((noinline)) static void keep(void)
{
	for (int i = 0; i < KEPT; i++)
		blocks[i] = malloc(64);
}

static void *hold_the_gate(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "gatekeeper");
	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&gate);
		pthread_barrier_wait(&turn);
		rest(3);
		pthread_mutex_unlock(&gate);
		pthread_barrier_wait(&turn);
	}
	return NULL;
}

__attribute__((noinline)) static void wait_at_the_gate(void)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_barrier_wait(&turn);
		uint64_t began = now(CLOCK_MONOTONIC);
		pthread_mutex_lock(&gate);
		waited_ns += now(CLOCK_MONOTONIC) - began;
		pthread_mutex_unlock(&gate);
		pthread_barrier_wait(&turn);
	}
}

/* Between two phases: the middle of a rest. */
static void pause_between(int phase)
{
	rest(40);
	times[phase] = now(CLOCK_REALTIME);
	rest(40);
}

int main(void)
{
	pthread_t keeper;

	pthread_barrier_init(&turn, NULL, 2);
	rest(40);
	churn();
	pause_between(1);
	keep();
	pause_between(2);
	pthread_create(&keeper, NULL, hold_the_gate, NULL);
	wait_at_the_gate();
	pthread_join(keeper, NULL);

	char line[200];
	int size = snprintf(line, sizeof(line), "first_ends %llu\nsecond_ends %llu\nwaited_ns %llu\n", (unsigned long long)times[1],
	                    (unsigned long long)times[2], (unsigned long long)waited_ns);
	return write(STDOUT_FILENO, line, (size_t)size) != size;
}
