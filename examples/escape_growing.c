/* SPDX-License-Identifier: MIT
 *
 * A list that grows in one call and again in a later one: the old array was made by another call than the one that frees it,
 * though both look the same, down into xrealloc. Nothing here is local; the last array dies in main for certain.
 *
 * truth:            site         class   owner      level  blocks  uncertain
 * truth:            add          caller  main       1      8       7
 */
#include <stdio.h>
#include <stdlib.h>

static int *items;
static size_t count, room;

static void *xrealloc(void *block, size_t size)
{
	block = realloc(block, size);
	if (!block)
		exit(1);
	return block;
}

static __attribute__((noinline)) void add(int item)
{
	if (count == room) {
		room = room ? room * 2 : 8;
		items = xrealloc(items, room * sizeof(*items));
	}
	items[count++] = item;
}

int main(void)
{
	for (int i = 0; i < 1000; i++)
		add(i);
	printf("%d\n", items[count - 1]);
	free(items);
	return 0;
}
