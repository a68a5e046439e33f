/* SPDX-License-Identifier: MIT
 *
 * Texts of all sizes that the caller frees at once. `healthy`: one buffer that grows to the largest.
 *
 * culprit should say: temporary, in text_new. healthy: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((noinline)) char *text_new(size_t size)
{
	char *text = malloc(size);

	if (!text)
		exit(1);
	memset(text, 'x', size);
	return text;
}

static __attribute__((noinline)) size_t line_write(size_t size)
{
	char *text = text_new(size);

	size += (size_t)text[size - 1];
	free(text);
	return size;
}

static __attribute__((noinline)) size_t line_write_kept(size_t size)
{
	static char text[4096];

	memset(text, 'x', size);
	return size + (size_t)text[size - 1];
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	size_t total = 0;

	for (unsigned i = 0; i < 50000; i++) {
		size_t size = (i * 2654435761u >> 8) % 4000 >> i % 7;

		total += healthy ? line_write_kept(size + 1) : line_write(size + 1);
	}
	printf("%zu\n", total);
	return 0;
}
