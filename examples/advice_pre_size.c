/* SPDX-License-Identifier: MIT
 *
 * Lists that grow by one element at a time. `healthy`: they begin with room for what they will have.
 *
 * culprit should say: pre-size, in list_add. healthy: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTS 50
#define LENGTH 200

struct list {
	long *items;
	size_t count, room;
};

static __attribute__((noinline)) void list_add(struct list *l, long item)
{
	if (l->count == l->room) {
		l->room++;
		l->items = realloc(l->items, l->room * sizeof(*l->items));
		if (!l->items)
			exit(1);
	}
	l->items[l->count++] = item;
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	struct list lists[LISTS] = { { 0 } };
	long total = 0;

	for (int l = 0; healthy && l < LISTS; l++) {
		lists[l].room = LENGTH;
		lists[l].items = malloc(LENGTH * sizeof(*lists[l].items));
		if (!lists[l].items)
			return 1;
	}
	for (long i = 0; i < LENGTH; i++)
		for (int l = 0; l < LISTS; l++)
			list_add(&lists[l], i);
	for (int l = 0; l < LISTS; l++) {
		total += lists[l].items[LENGTH - 1];
		free(lists[l].items);
	}
	printf("%ld\n", total);
	return 0;
}
