/* SPDX-License-Identifier: MIT
 *
 * Blocks that never leave the function that made them: once, in a loop, and in nested calls. One that lives through a
 * round of the loop into the next is the function's too, but the loop cannot be told from a new call of the
 * function: it is charged further out, as uncertain. So is one that realloc moved on from in a loop.
 *
 * truth:  site    class   owner   level  blocks  uncertain
 * truth:  once    local   once    0      50      0
 * truth:  rounds  local   rounds  0      500     0
 * truth:  carried caller  work    1      450     450
 * truth:  carried local   carried 0      50      0
 * truth:  grown   caller  work    1      200     200
 * truth:  grown   local   grown   0      50      0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static size_t once(int number)
{
	char *text = checked(malloc(64));
	size_t size = (size_t)snprintf(text, 64, "%d", number);

	free(text);
	return size;
}

static size_t rounds(int number)
{
	size_t size = 0;

	for (int i = 0; i < 10; i++) {
		char *text = checked(malloc(64));

		size += (size_t)snprintf(text, 64, "%d", number + i);
		free(text);
	}
	return size;
}

static size_t carried(int number)
{
	char *last = NULL;
	size_t size;

	for (int i = 0; i < 10; i++) {
		char *text = checked(malloc(64));

		snprintf(text, 64, "%d%s", number + i, last ? last + 1 : "");
		free(last);
		last = text;
	}
	size = strlen(last);
	free(last);
	return size;
}

static size_t grown(int number)
{
	char *text = NULL;
	size_t size = 0;

	for (int i = 0; i < 5; i++) {
		text = checked(realloc(text, size + 16));
		size += (size_t)snprintf(text + size, 16, "%d", number);
	}
	free(text);
	return size;
}

static size_t work(int number)
{
	return once(number) + rounds(number) + carried(number) + grown(number);
}

int main(void)
{
	size_t total = 0;

	for (int i = 0; i < 50; i++)
		total += work(i);
	printf("%zu\n", total);
	return 0;
}
