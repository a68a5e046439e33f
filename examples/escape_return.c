/* SPDX-License-Identifier: MIT
 *
 * A value is returned on the heap and freed by the caller: it outlives the call that made it by one frame.
 *
 * truth:  site       class   owner  level  blocks  uncertain
 * truth:  name_make  caller  greet  1      100     0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *name_make(int number)
{
	char *name = malloc(32);

	if (!name)
		exit(1);
	snprintf(name, 32, "name %d", number);
	return name;
}

static size_t greet(int number)
{
	char *name = name_make(number);
	size_t size;

	__asm__ volatile("" : : "r"(name) : "memory"); /* the compiler must not make the block go away */
	size = strlen(name);
	free(name);
	return size;
}

int main(void)
{
	size_t total = 0;

	for (int i = 0; i < 100; i++)
		total += greet(i);
	printf("%zu\n", total);
	return 0;
}
