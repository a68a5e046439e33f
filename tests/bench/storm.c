/* SPDX-License-Identifier: MIT
 *
 * The allocation storm: threads that do nothing but allocate and free, from stacks of 4 to 24 frames. Usage:
 * storm THREADS SECONDS [BURST]. Prints: nanoseconds a pair (wall time x min(threads, processors) / pairs), nanoseconds of
 * processor time a pair, pairs, and the process's memory at the end in KiB: anonymous, file and shared.
 *
 * Each thread descends again and again through real calls, none inlined: twelve functions call each other, at every
 * level from one of two places. Which one is decided by a path; there are 16, and the path changes at every fourth
 * descent or so, the depth at every one. At the bottom BURST pairs are done (8): one random block of the thread's 256 is
 * freed and another allocated in its place, from functions of their own; sizes are 8, 16 to 512 bytes, one in 64 of 1 to
 * 8 KiB. So a recorder sees some 670 different stacks, mostly near the last one, and 24000 pairs of stack and size. (Many
 * more of those, and heaptrack 1.4's interpreter runs out of memory.) With 8 pairs, two or three frames differ from event
 * to event, as they do in redis-server; with 1, every pair comes from a stack that has nothing to do with the last.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 256
#define THREADS 64
#define NOINLINE __attribute__((noinline, noclone))

struct storm {
	void *slot[SLOTS];
	uint64_t random, pairs, deadline;
	uint32_t path, depth, size, at, burst;
};

typedef void step(struct storm *s, unsigned level);
static step step0, step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11;

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static NOINLINE void block_release(struct storm *s)
{
	free(s->slot[s->at]);
	__asm__ volatile("");
}

static NOINLINE void block_make(struct storm *s)
{
	char *block = malloc(s->size);

	if (!block)
		exit(1);
	*block = 1;
	s->slot[s->at] = block;
}

static inline uint64_t draw(struct storm *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	return s->random ^= s->random << 17;
}

static NOINLINE void bottom(struct storm *s)
{
	for (uint32_t i = 0; i < s->burst; i++) {
		uint64_t r = draw(s);
		s->at = r & (SLOTS - 1);
		s->size = r >> 20 & 63 ? 8 + (uint32_t)(r >> 8 & 0x1f8) : 1024 + (uint32_t)(r >> 8 & 0x1c00);
		block_release(s);
		block_make(s);
	}
	__asm__ volatile("");
}

/* The comments in the assembly keep the compiler from merging calls, or functions, that look alike. */
#define STEP(name, next) \
	static NOINLINE void name(struct storm *s, unsigned level) \
	{ \
		if (level == s->depth) { \
			bottom(s); \
		} else if (s->path >> level & 1) { \
			next(s, level + 1); \
			__asm__ volatile("# " #name " one" ::: "memory"); \
		} else { \
			next(s, level + 1); \
			__asm__ volatile("# " #name " other" ::: "memory"); \
		} \
		__asm__ volatile("# " #name ::: "memory"); \
	}
STEP(step0, step1) STEP(step1, step2) STEP(step2, step3) STEP(step3, step4) STEP(step4, step5) STEP(step5, step6)
STEP(step6, step7) STEP(step7, step8) STEP(step8, step9) STEP(step9, step10) STEP(step10, step11) STEP(step11, step0)

static void *run(void *arg)
{
	struct storm *s = arg;
	uint32_t paths[16];

	for (int i = 0; i < 16; i++)
		paths[i] = (uint32_t)((i + 1) * 2654435761u) >> 8;
	do {
		for (uint32_t i = 0; i < 4096 / s->burst; i++) {
			uint64_t r = draw(s);
			if (!(r >> 60 & 3))
				s->path = paths[r >> 56 & 15];
			s->depth = (uint32_t)(r >> 32 & 0xffff) * 21 >> 16;
			step0(s, 0);
		}
		s->pairs += 4096 / s->burst * s->burst;
	} while (now(CLOCK_MONOTONIC) < s->deadline);
	for (int i = 0; i < SLOTS; i++)
		free(s->slot[i]);
	return NULL;
}

static long memory(const char *key)
{
	char line[128];
	long value = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			value = atol(line + strlen(key) + 1);
	if (f)
		fclose(f);
	return value;
}

int main(int argc, char **argv)
{
	static struct storm storm[THREADS];
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	double seconds = argc > 2 ? atof(argv[2]) : 2;
	int burst = argc > 3 ? atoi(argv[3]) : 8;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread[THREADS];
	uint64_t begin, pairs = 0;

	if (threads < 1 || threads > THREADS || burst < 1 || burst > 4096)
		return 2;
	begin = now(CLOCK_MONOTONIC);
	for (int i = 0; i < threads; i++) {
		storm[i].random = 88172645463325252u + (uint64_t)i * 7919;
		storm[i].burst = (uint32_t)burst;
		storm[i].deadline = begin + (uint64_t)(seconds * 1e9);
		if (i && pthread_create(&thread[i], NULL, run, &storm[i]))
			return 1;
	}
	run(&storm[0]);
	for (int i = 1; i < threads; i++)
		pthread_join(thread[i], NULL);
	begin = now(CLOCK_MONOTONIC) - begin;
	for (int i = 0; i < threads; i++)
		pairs += storm[i].pairs;
	printf("%.2f %.2f %llu %ld %ld %ld\n", (double)begin * (double)(threads < processors ? threads : processors) / (double)pairs,
	       (double)now(CLOCK_PROCESS_CPUTIME_ID) / (double)pairs, (unsigned long long)pairs, memory("RssAnon:"),
	       memory("RssFile:"), memory("RssShmem:"));
	return 0;
}
