/* SPDX-License-Identifier: MIT
 *
 * Does what it is told, a line at a time, and says when it is done: phases of which a test knows every call. Usage: switched [THREADS]
 *
 *     pairs N      N allocations of 40 bytes, each freed
 *     keep N       N allocations of 56 bytes, kept
 *     drop         frees what is kept
 *     locks N      N times: two mutexes, one inside the other
 *     hold         takes the outer one; let go of by:
 *     release
 *     meet N       N more mutexes, each initialised by an assignment, locked and unlocked
 *     part         destroys them
 *     fork N       `pairs N` in a child
 *     thread N     `pairs N` in a new thread
 *     quit         is the end of input
 *
 * With THREADS so many threads allocate, write, check and free all the while, until standard input ends; then it prints a sum of
 * what they did, which is the same for the same number of rounds, whether anybody watches or not.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 1000000
#define SLOTS 64
#define ROUNDS 600000
#define MUTEXES 30000

static void *kept[MOST];
static long kept_count;
static pthread_mutex_t mutexes[MUTEXES];
static long met;
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void pairs(long n)
{
	for (long i = 0; i < n; i++) {
		void *volatile p = malloc(40);
		free(p);
	}
}

static __attribute__((noinline)) void keep(long n)
{
	for (long i = 0; i < n && kept_count < MOST; i++)
		kept[kept_count++] = malloc(56);
}

static __attribute__((noinline)) void meet(long n)
{
	for (met = 0; met < n && met < MUTEXES; met++) {
		mutexes[met] = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
		pthread_mutex_lock(&mutexes[met]);
		pthread_mutex_unlock(&mutexes[met]);
	}
}

static __attribute__((noinline)) void part(long n)
{
	(void)n;
	while (met)
		pthread_mutex_destroy(&mutexes[--met]);
}

static __attribute__((noinline)) void drop(long n)
{
	(void)n;
	while (kept_count)
		free(kept[--kept_count]);
}

static __attribute__((noinline)) void locks(long n)
{
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(&outer);
		pthread_mutex_lock(&inner);
		pthread_mutex_unlock(&inner);
		pthread_mutex_unlock(&outer);
	}
}

static void hold(long n) { (void)n; pthread_mutex_lock(&outer); }
static void release(long n) { (void)n; pthread_mutex_unlock(&outer); }

static void fork_one(long n)
{
	pid_t child = fork();
	if (child == 0) {
		pairs(n);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void *start(void *n)
{
	pairs((long)(intptr_t)n);
	return NULL;
}

static void thread(long n)
{
	pthread_t t;
	if (pthread_create(&t, NULL, start, (void *)(intptr_t)n) == 0)
		pthread_join(t, NULL);
}

/* Every block is filled with what its place and round give, and looked through before it goes. */
static void *storm(void *seed)
{
	unsigned char *slot[SLOTS] = { 0 };
	size_t size[SLOTS] = { 0 };
	uint64_t x = (uint64_t)(uintptr_t)seed * 0x9e3779b97f4a7c15ull | 1, sum = 0;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint32_t at = x % SLOTS;
		pthread_mutex_lock(&inner);
		pthread_mutex_unlock(&inner);
		for (size_t i = 0; i < size[at]; i++)
			sum = sum * 31 + slot[at][i];
		size[at] = 1 + (x >> 20) % 200;
		slot[at] = realloc(slot[at], size[at]);
		memset(slot[at], (int)(round & 255), size[at]);
	}
	for (unsigned i = 0; i < SLOTS; i++)
		free(slot[i]);
	return (void *)(uintptr_t)sum;
}

static const struct {
	const char *word;
	void (*run)(long n);
} commands[] = {
	{ "pairs", pairs }, { "keep", keep }, { "drop", drop }, { "locks", locks }, { "hold", hold }, { "release", release },
	{ "meet", meet }, { "part", part }, { "fork", fork_one }, { "thread", thread },
};

static void obey(const char *line)
{
	char word[32];
	long n = 0;
	if (sscanf(line, "%31s %ld", word, &n) < 1)
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].word, word) == 0)
			commands[i].run(n);
}

int main(int argc, char **argv)
{
	static char line[256], in[4096], out[4096];
	int count = argc > 1 ? atoi(argv[1]) : 0;
	pthread_t threads[64];
	uint64_t sum = 0;
	setvbuf(stdin, in, _IOFBF, sizeof(in)); /* so that stdio allocates nothing */
	setvbuf(stdout, out, _IOLBF, sizeof(out));
	for (int i = 0; i < count && i < 64; i++)
		pthread_create(&threads[i], NULL, storm, (void *)(intptr_t)(i + 1));
	printf("ready %d\n", (int)getpid());
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n") != 0) {
		obey(line);
		puts("done");
	}
	for (int i = 0; i < count && i < 64; i++) {
		void *result;
		pthread_join(threads[i], &result);
		sum += (uintptr_t)result;
	}
	printf("sum %llu\n", (unsigned long long)sum);
	return 0;
}
