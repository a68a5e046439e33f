/* SPDX-License-Identifier: MIT
 *
 * A small block for every message, freed by the function that made it. `healthy`: an array on the stack.
 *
 * culprit should say: stack, in message_print. healthy: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((noinline)) size_t message_print(int n)
{
	char *text = malloc(64);
	size_t size;

	if (!text)
		exit(1);
	size = (size_t)snprintf(text, 64, "message %d", n);
	free(text);
	return size;
}

static __attribute__((noinline)) size_t message_print_local(int n)
{
	char text[64];

	return (size_t)snprintf(text, sizeof(text), "message %d", n);
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	size_t total = 0;

	for (int i = 0; i < 20000; i++)
		total += healthy ? message_print_local(i) : message_print(i);
	printf("%zu\n", total);
	return 0;
}
