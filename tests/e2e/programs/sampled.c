/* SPDX-License-Identifier: MIT
 *
 * Sites whose figures are known: 64 functions, each of which allocates blocks of sizes of its own in a way of its own, two threads
 * that hand each other blocks to free, and a share that is never freed. Usage: sampled ROUNDS [fork]. Prints a line a site:
 * name, allocations, bytes, allocations not freed, bytes of those. With `fork` a child does the same, and frees what its parent made.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SITES 64
#define HELD 512

struct tally {
	unsigned long allocations, bytes, kept, kept_bytes;
};

struct worker {
	unsigned long random, rounds;
	struct tally tallies[SITES];
	void *held[HELD];
};

typedef void *make(size_t size);

#define SITE(n, call) \
	static __attribute__((noinline, noclone)) void *site_##n(size_t size) \
	{ \
		char *block = call; \
		__asm__ volatile("# " #n : "+r"(block)); \
		if (block) \
			block[0] = 1; \
		return block; \
	}
#define RESIZED(n) \
	static __attribute__((noinline, noclone)) void *site_##n(size_t size) \
	{ \
		char *block = malloc(size / 2 + 1); \
		__asm__ volatile("# " #n : "+r"(block)); \
		block = realloc(block, size); \
		__asm__ volatile("# " #n : "+r"(block)); \
		return block; \
	}
#define EIGHT(t) \
	SITE(t##0, malloc(size)) SITE(t##1, calloc(1, size)) SITE(t##2, aligned_alloc(64, size)) SITE(t##3, malloc(size)) \
	SITE(t##4, realloc(NULL, size)) RESIZED(t##5) SITE(t##6, calloc(size, 1)) SITE(t##7, memalign_of(size))

static void *memalign_of(size_t size)
{
	void *block = NULL;

	return posix_memalign(&block, 32, size) ? NULL : block;
}

EIGHT(0) EIGHT(1) EIGHT(2) EIGHT(3) EIGHT(4) EIGHT(5) EIGHT(6) EIGHT(7)
#define NAMES(t) site_##t##0, site_##t##1, site_##t##2, site_##t##3, site_##t##4, site_##t##5, site_##t##6, site_##t##7
static make *const sites[SITES] = { NAMES(0), NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6), NAMES(7) };

static unsigned long draw(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	return w->random ^= w->random << 17;
}

static void count(struct tally *t, size_t size, int kept)
{
	t->allocations++;
	t->bytes += size;
	t->kept += kept;
	t->kept_bytes += kept ? size : 0;
}

static void *_Atomic handed;

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned long i = 0; i < w->rounds; i++) {
		unsigned long r = draw(w), site = r % SITES, kept = r >> 8 & 15, at = r >> 16 & (HELD - 1);
		size_t size = 8 + (site * 37 % 29) * (1 + (r >> 32 & 15));
		char *block = sites[site](size);

		if (!block)
			exit(1);
		if (site % 8 == 5)
			count(&w->tallies[site], size / 2 + 1, 0);
		count(&w->tallies[site], size, !kept);
		if (!kept)
			continue;
		free(w->held[at]);
		w->held[at] = i % 64 ? block : __atomic_exchange_n(&handed, block, __ATOMIC_ACQ_REL);
	}
	for (int i = 0; i < HELD; i++)
		free(w->held[i]);
	memset(w->held, 0, sizeof(w->held));
	return NULL;
}

static void report(const struct worker *w)
{
	for (int i = 0; i < SITES; i++) {
		struct tally t = { 0 };

		for (int k = 0; k < 2; k++) {
			t.allocations += w[k].tallies[i].allocations;
			t.bytes += w[k].tallies[i].bytes;
			t.kept += w[k].tallies[i].kept;
			t.kept_bytes += w[k].tallies[i].kept_bytes;
		}
		printf("site_%d%d %lu %lu %lu %lu\n", i / 8, i % 8, t.allocations, t.bytes, t.kept, t.kept_bytes);
	}
}

int main(int argc, char **argv)
{
	static struct worker w[2];
	static char line[65536];
	pthread_t other;
	void *mine[1000];
	int forks = argc > 2 && !strcmp(argv[2], "fork");

	setvbuf(stdout, line, _IOFBF, sizeof(line));
	for (int i = 0; i < 1000; i++)
		mine[i] = malloc(100);
	for (int i = 0; i < 2; i++)
		w[i] = (struct worker){ .random = 88172645463325252ul + (unsigned long)i, .rounds = strtoul(argc > 1 ? argv[1] : "1000", NULL, 10) };
	pid_t child = forks ? fork() : 0;
	if (child < 0 || pthread_create(&other, NULL, work, &w[1]))
		return 1;
	work(&w[0]);
	pthread_join(other, NULL);
	free(__atomic_exchange_n(&handed, NULL, __ATOMIC_ACQ_REL));
	for (int i = 0; i < 1000; i++)
		free(mine[i]);
	if (child)
		return waitpid(child, NULL, 0) == child ? 0 : 1;
	report(w);
	return 0;
}
