/* SPDX-License-Identifier: MIT
 *
 * Each call of C's allocator that valgrind counts as we do, with the cases that are easy to get wrong: size 0, realloc
 * of NULL, a realloc that fails, alignment asked for and refused, free of NULL. Checks alignment, contents and errno,
 * and says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong;

static void expect(int condition, const char *what)
{
	if (!condition) {
		printf("wrong: %s\n", what);
		wrong++;
	}
}

static void plain(void)
{
	char *volatile zero = malloc(0);
	char *cleared = calloc(30, 7);
	int clear = 1;

	expect(zero != NULL, "malloc(0)");
	for (int i = 0; i < 210; i++)
		clear &= cleared[i] == 0;
	expect(clear, "calloc clears");
	free(zero);
	free(cleared);
	errno = 42;
	free(NULL);
	expect(errno == 42, "free keeps errno");
}

static void resized(void)
{
	char *block = realloc(NULL, 10);

	strcpy(block, "123456789");
	block = realloc(block, 100000);
	expect(strcmp(block, "123456789") == 0, "realloc keeps the contents");
	block = realloc(block, 20);
	expect(strcmp(block, "123456789") == 0, "shrinking keeps the contents");
	block = reallocarray(block, 30, 30);
	errno = 0;
	expect(reallocarray(block, SIZE_MAX / 2, 4) == NULL && errno == ENOMEM, "reallocarray that overflows");
	expect(strcmp(block, "123456789") == 0, "a failed realloc leaves the block");
	free(block);
}

static void aligned(void)
{
	void *block = NULL;

	for (size_t alignment = 16; alignment <= 4096; alignment *= 4) {
		void *a = aligned_alloc(alignment, alignment * 3), *m = memalign(alignment, 77);

		expect(posix_memalign(&block, alignment, 55) == 0, "posix_memalign");
		expect((uintptr_t)block % alignment == 0 && (uintptr_t)a % alignment == 0 && (uintptr_t)m % alignment == 0,
		       "alignment");
		free(a);
		free(block);
		free(m);
	}
	block = valloc(33);
	expect((uintptr_t)block % 4096 == 0, "valloc");
	free(block);
	block = &wrong;
	expect(posix_memalign(&block, 3, 8) == EINVAL && block == &wrong, "posix_memalign refuses 3");
}

static void strings(void)
{
	char *line = NULL, *text = strdup("a copy"), *printed = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&line, &size);

	expect(asprintf(&printed, "%s of %d", text, 5) == 11, "asprintf");
	for (int i = 0; i < 500; i++)
		fprintf(memory, "%d,", i);
	fclose(memory);
	expect(size == 1890, "open_memstream");
	expect(malloc_usable_size(printed) >= 12, "malloc_usable_size");
	free(line);
	free(printed);
	free(text);
}

int main(void)
{
	for (int i = 0; i < 50; i++) {
		plain();
		resized();
		aligned();
		strings();
	}
	puts(wrong ? "not as it should be" : "all as it should be");
	return wrong != 0;
}
