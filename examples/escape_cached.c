/* SPDX-License-Identifier: MIT
 *
 * A handler keeps what it made in a global and replaces it at the next call. It comes back at the same address, called from
 * the same place, but the call that freed a block is not the one that made it: the blocks belong to the loop around.
 * The handler could not be told from one that loops inside, so all but the last block, which the loop's function frees
 * itself, are uncertain. The key is looked up anew each time and dies in the call that made it.
 *
 * truth:  site          class   owner         level  blocks  uncertain
 * truth:  value_handle  caller  serve         1      200     199
 * truth:  key_new       caller  value_handle  1      200     0
 */
#include <stdio.h>
#include <stdlib.h>

static char *cached;

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static char *key_new(int number)
{
	char *key = checked(malloc(16));

	snprintf(key, 16, "%d", number);
	return key;
}

static void value_handle(int number)
{
	char *key = key_new(number);
	char *value = checked(malloc(64));

	snprintf(value, 64, "value of %s", key);
	free(cached);
	cached = value;
	free(key);
}

static int serve(void)
{
	int last;

	for (int i = 0; i < 200; i++)
		value_handle(i);
	last = cached[9];
	free(cached);
	return last;
}

int main(void)
{
	printf("%c\n", serve());
	return 0;
}
