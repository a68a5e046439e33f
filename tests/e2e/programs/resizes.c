/* SPDX-License-Identifier: MIT
 *
 * Blocks that are resized, and what is true of them: prints for each function that makes the last step of some
 * FUNCTION CHAINS STEPS MOST COPIED P50 P90. Sizes in the end are powers of two, so percentiles are exact.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 60
#define NOINLINE __attribute__((noinline, noclone))

struct truth {
	unsigned chains, steps, most;
	size_t copied, final[BLOCKS];
};

struct block {
	void *at;
	size_t size;
	unsigned steps;
	size_t copied;
};

static struct truth growing, trimming, handing;

/* Another size for a block, by the realloc of the caller, which is not folded with others like it. */
#define RESIZE(b, to)                                                           \
	do {                                                                    \
		__asm__ volatile("/* %0 */" : : "i"(__COUNTER__));              \
		uintptr_t before = (uintptr_t)(b)->at;                          \
		void *after = realloc((b)->at, to);                             \
		if (!after)                                                     \
			exit(1);                                                \
		memset(after, 1, to);                                           \
		if ((uintptr_t)after != before)                                 \
			(b)->copied += (b)->size < (to) ? (b)->size : (to);     \
		*(b) = (struct block){after, to, (b)->steps + 1, (b)->copied}; \
	} while (0)

static NOINLINE void grow(struct block *b, size_t to) { RESIZE(b, to); }
static NOINLINE void trim(struct block *b, size_t to) { RESIZE(b, to); }
static NOINLINE void hand_on(struct block *b, size_t to) { RESIZE(b, to); }

static struct block make(size_t size)
{
	struct block b = {.at = malloc(size), .size = size};

	if (!b.at)
		exit(1);
	memset(b.at, 1, size);
	return b;
}

static void over(struct truth *t, const struct block *b)
{
	t->steps += b->steps;
	t->most = b->steps > t->most ? b->steps : t->most;
	t->copied += b->copied;
	t->final[t->chains++] = b->size;
}

static int compare(const void *a, const void *b)
{
	return (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

static void tell(const char *name, struct truth *t)
{
	qsort(t->final, t->chains, sizeof(*t->final), compare);
	printf("%s %u %u %u %zu %zu %zu\n", name, t->chains, t->steps, t->most, t->copied, t->final[t->chains - t->chains / 2 - 1],
	       t->final[t->chains - t->chains / 10 - 1]);
}

static void *finish(void *blocks)
{
	struct block *b = blocks;

	for (unsigned i = 0; i < BLOCKS; i++) {
		grow(&b[i], 1000);
		hand_on(&b[i], 2048);
		over(&handing, &b[i]);
		free(b[i].at);
	}
	return NULL;
}

int main(void)
{
	struct block blocks[BLOCKS];
	pthread_t thread;

	for (unsigned i = 0; i < BLOCKS; i++) {
		struct block b = make(8), small;

		for (size_t size = 16; size <= (size_t)16 << (i % 12); size *= 2)
			grow(&b, size);
		over(&growing, &b);
		if (i % 2)
			free(b.at); /* others live to the end */
		if (realloc(b.at = malloc(10), PTRDIFF_MAX)) /* fails: no step */
			exit(1);
		free(b.at);
		b = make(100000);
		small = make(64); /* lies behind it */
		trim(&b, 4096);
		trim(&b, 32);
		over(&trimming, &b);
		free(small.at);
		free(b.at);
	}
	for (unsigned i = 0; i < BLOCKS; i++) {
		blocks[i] = make(100);
		grow(&blocks[i], 200 + i);
	}
	if (pthread_create(&thread, NULL, finish, blocks) || pthread_join(thread, NULL))
		return 1;
	free(realloc(NULL, 100)); /* no step either */
	tell("grow", &growing);
	tell("hand_on", &handing);
	tell("trim", &trimming);
	return 0;
}
