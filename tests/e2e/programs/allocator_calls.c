/* SPDX-License-Identifier: MIT
 *
 * Every call of the C heap that all allocators serve, by several threads at once which also free what others made; checks alignment,
 * contents and usable sizes, and prints what it knows: FUNCTION ALLOCATIONS BYTES LEFT; and errno of what was refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define ROUNDS 120
#define NOINLINE __attribute__((noinline, noclone))

struct made {
	unsigned long allocations, bytes, left;
};

enum { PLAIN, CLEARED, RESIZED, ALIGNED, HANDED, KEPT, FUNCTIONS };
static const char *const names[FUNCTIONS] = {"plain", "cleared", "resized", "aligned", "handed", "kept"};

struct thread {
	pthread_t id;
	unsigned number;
	struct made made[FUNCTIONS];
	void *for_next[ROUNDS];
};

static struct thread threads[THREADS];
static pthread_barrier_t all;
static int wrong;
static __thread int refusals[2]; /* errno */

static void expect(int condition, const char *what)
{
	if (!condition) {
		printf("wrong: %s\n", what);
		__atomic_store_n(&wrong, 1, __ATOMIC_RELAXED);
	}
}

static void add(struct made *m, size_t size)
{
	m->allocations++;
	m->bytes += size;
}

/* All of what can be used is the block's own, and as it was left. */
static void use(void *block, size_t size, unsigned char with)
{
	size_t usable = malloc_usable_size(block);

	expect(usable >= size, "malloc_usable_size");
	memset(block, with, usable);
}

static int holds(const unsigned char *block, size_t size, unsigned char with)
{
	while (size && block[size - 1] == with)
		size--;
	return size == 0;
}

static NOINLINE void plain(struct thread *t, unsigned round)
{
	static const size_t sizes[] = {0, 1, 24, 130, 1000, 5000, 40000, 300000, 3000000};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes) - (round % 50 != 0); i++) {
		unsigned char *block = malloc(sizes[i]), with = (unsigned char)(t->number * 16 + i);

		add(&t->made[PLAIN], sizes[i]);
		use(block, sizes[i], with);
		expect(holds(block, malloc_usable_size(block), with), "what malloc gave keeps its contents");
		free(block);
	}
}

static NOINLINE void cleared(struct thread *t, unsigned round)
{
	for (unsigned i = 1; i < 40; i += 3) {
		unsigned char *block = calloc(i, 17 + round);

		add(&t->made[CLEARED], i * (17 + round));
		expect(holds(block, i * (17 + round), 0), "calloc clears");
		use(block, i * (17 + round), 7);
		free(block);
	}
	volatile size_t many = SIZE_MAX / 2;
	errno = 0;
	expect(!calloc(many, 4), "calloc that overflows");
	refusals[0] = errno;
}

static NOINLINE void resized(struct thread *t, unsigned round)
{
	unsigned char *block = realloc(NULL, 8), with = (unsigned char)(1 + t->number);

	add(&t->made[RESIZED], 8);
	use(block, 8, with);
	for (size_t size = 16; size < 100000; size = size * 3 / 2) {
		block = realloc(block, size);
		add(&t->made[RESIZED], size);
		expect(holds(block, 8, with), "realloc keeps the contents");
		memset(block, with, size);
	}
	if (round % 40 == 0) { /* some allocators write a line for each */
		volatile size_t much = PTRDIFF_MAX;
		errno = 0;
		expect(!realloc(block, much), "realloc of too much");
		refusals[1] = errno;
	}
	volatile size_t many = SIZE_MAX / 2;
	expect(!reallocarray(block, many, 4), "reallocarray that overflows");
	expect(holds(block, 8, with), "a realloc that fails leaves the block");
	block = reallocarray(block, 100, 1 + round % 9);
	add(&t->made[RESIZED], 100 * (1 + round % 9));
	expect(holds(block, 100, with), "reallocarray keeps the contents");
	block = realloc(block, 0); /* some allocators free it, others give an empty one */
	if (block)
		add(&t->made[RESIZED], 0);
	free(block);
}

static NOINLINE void aligned(struct thread *t, unsigned round)
{
	for (size_t alignment = 16; alignment <= 65536; alignment *= 4) {
		size_t size = (55 + round) | 1; /* mimalloc 2.0 gives multiples of an alignment none */
		void *blocks[4] = {memalign(alignment, size), aligned_alloc(alignment, alignment * 3), NULL, valloc(size)};

		expect(posix_memalign(&blocks[2], alignment, size) == 0, "posix_memalign");
		for (unsigned i = 0; i < 4; i++) {
			expect((uintptr_t)blocks[i] % (i == 3 ? 4096 : alignment) == 0, "alignment");
			add(&t->made[ALIGNED], i == 1 ? alignment * 3 : size);
			use(blocks[i], i == 1 ? alignment * 3 : size, 9);
			free(blocks[i]);
		}
	}
	void *none = &wrong;
	expect(posix_memalign(&none, 3, 8) == EINVAL && none == &wrong, "posix_memalign refuses 3");
}

/* Made here, freed by the thread after this one. */
static NOINLINE void handed(struct thread *t, unsigned round)
{
	size_t size = 10 + round % 100 * 10;

	t->for_next[round] = malloc(size);
	add(&t->made[HANDED], size);
	use(t->for_next[round], size, 3);
}

static NOINLINE void *kept(struct thread *t, unsigned round)
{
	char *block = malloc(33);

	snprintf(block, 33, "round %u", round);
	add(&t->made[KEPT], 33);
	t->made[KEPT].left++;
	return block;
}

static void *volatile keep;
static int refused[2];

static void *run(void *of)
{
	struct thread *t = of, *before = &threads[(t->number + THREADS - 1) % THREADS];

	for (unsigned round = 0; round < ROUNDS; round++) {
		plain(t, round);
		cleared(t, round);
		resized(t, round);
		aligned(t, round);
		handed(t, round);
		if (round % 40 == 0)
			keep = kept(t, round);
	}
	if (t->number == 0)
		memcpy(refused, refusals, sizeof(refused));
	pthread_barrier_wait(&all);
	for (unsigned round = 0; round < ROUNDS; round++) {
		expect(holds(before->for_next[round], 10 + round % 100 * 10, 3), "what another thread made");
		free(before->for_next[round]);
	}
	return NULL;
}

int main(void)
{
	pthread_barrier_init(&all, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		threads[i].number = i;
		if (pthread_create(&threads[i].id, NULL, run, &threads[i]))
			return 2;
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	for (unsigned f = 0; f < FUNCTIONS; f++) {
		struct made sum = {0};

		for (unsigned i = 0; i < THREADS; i++) {
			sum.allocations += threads[i].made[f].allocations;
			sum.bytes += threads[i].made[f].bytes;
			sum.left += threads[i].made[f].left;
		}
		printf("%s %lu %lu %lu\n", names[f], sum.allocations, sum.bytes, sum.left);
	}
	printf("errno %d %d\n", refused[0], refused[1]);
	return wrong;
}
