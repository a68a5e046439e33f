/* SPDX-License-Identifier: MIT
 *
 * Eight functions that allocate blocks of one size each, in turn and all kept, and what the allocator gives for
 * them: prints for each NAME BLOCKS SIZE and the least and most of malloc_usable_size.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 2540

static struct given {
	const char *name;
	size_t size, least, most;
} given[8];

static void *blocks[ROUNDS][8];

/* Not a tail call: the function stays on the stack. */
#define SITE(n, bytes)                                                         \
	static __attribute__((noinline, noclone)) void *size_##bytes(void)     \
	{                                                                      \
		void *p = bytes % 2 ? malloc(bytes) : calloc(bytes, 1);        \
		__asm__ volatile("" : "+r"(p));                                \
		given[n].name = "size_" #bytes;                                \
		given[n].size = bytes;                                         \
		return p;                                                      \
	}
SITE(0, 1)
SITE(1, 24)
SITE(2, 25)
SITE(3, 100)
SITE(4, 513)
SITE(5, 1040)
SITE(6, 2500)
SITE(7, 4097)

int main(void)
{
	static void *(*const sites[8])(void) = {size_1, size_24, size_25, size_100, size_513, size_1040, size_2500, size_4097};

	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 8; i++) {
			void *p = blocks[round][i] = sites[i]();
			if (!p)
				return 1;
			size_t usable = malloc_usable_size(p);
			if (!given[i].least || usable < given[i].least)
				given[i].least = usable;
			if (usable > given[i].most)
				given[i].most = usable;
		}
	for (int i = 0; i < 8; i++)
		printf("%s %d %zu %zu %zu\n", given[i].name, ROUNDS, given[i].size, given[i].least, given[i].most);
	fflush(stdout);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 8; i++)
			free(blocks[round][i]);
	return 0;
}
