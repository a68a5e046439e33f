/* SPDX-License-Identifier: MIT
 *
 * Entries are made deep down, in a loop, and freed three callers up, when all of them have been looked at.
 *
 * truth:  site       class   owner  level  blocks  uncertain
 * truth:  entry_new  caller  load   3      300     0
 */
#include <stdio.h>
#include <stdlib.h>

struct entry {
	struct entry *next;
	int number;
};

static struct entry *entry_new(int number, struct entry *next)
{
	struct entry *e = malloc(sizeof(*e));

	if (!e)
		exit(1);
	e->number = number;
	e->next = next;
	return e;
}

static struct entry *section_read(int first)
{
	struct entry *list = NULL;

	for (int i = 0; i < 3; i++)
		list = entry_new(first + i, list);
	return list;
}

static struct entry *section_load(int first)
{
	struct entry *list = section_read(first);

	__asm__ volatile("" : : "r"(list) : "memory");
	return list;
}

static void list_free(struct entry *list)
{
	while (list) {
		struct entry *next = list->next;

		free(list);
		list = next;
	}
}

static int load(int first)
{
	struct entry *list = section_load(first);
	int sum = 0;

	for (struct entry *e = list; e; e = e->next)
		sum += e->number;
	list_free(list);
	return sum;
}

int main(void)
{
	int total = 0;

	for (int i = 0; i < 100; i++)
		total += load(i);
	printf("%d\n", total);
	return 0;
}
