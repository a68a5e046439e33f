/* SPDX-License-Identifier: MIT
 *
 * Temporary churn: a buffer is allocated for every message and freed before anything else is asked for.
 *
 * culprit should say: message_format 50000 allocations, all of them temporary; message_keep 500 allocations, none of
 * them temporary but the last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((noinline)) size_t message_format(int n)
{
	char *buffer = malloc(256);
	size_t size;

	if (!buffer)
		exit(1);
	size = (size_t)snprintf(buffer, 256, "message %d of many", n);
	free(buffer);
	return size;
}

static __attribute__((noinline)) char *message_keep(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	if (!copy)
		exit(1);
	return strcpy(copy, text);
}

int main(void)
{
	char *kept[500];
	size_t total = 0;

	for (int i = 0; i < 500; i++)
		kept[i] = message_keep("kept for the whole run");
	for (int i = 0; i < 50000; i++)
		total += message_format(i);
	for (int i = 0; i < 500; i++)
		free(kept[i]);
	printf("%zu bytes\n", total);
	return 0;
}
