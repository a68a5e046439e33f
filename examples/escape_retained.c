/* SPDX-License-Identifier: MIT
 *
 * A registry that is filled for good: its entries are never freed. Of the names, looked up one after the other, all but
 * the last are.
 *
 * truth:  site        class     owner    level  blocks  uncertain
 * truth:  entry_add   retained  -        0      300     0
 * truth:  name_make   caller    fill     1      299     0
 * truth:  name_make   retained  -        0      1       0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *next;
	size_t size;
};

static struct entry *entries;

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static char *name_make(int number)
{
	char *name = checked(malloc(32));

	snprintf(name, 32, "name %d", number);
	return name;
}

static void entry_add(size_t size)
{
	struct entry *e = checked(malloc(sizeof(*e)));

	e->next = entries;
	e->size = size;
	entries = e;
}

static void fill(int number)
{
	char *name = name_make(number);

	entry_add(strlen(name));
	if (number < 299)
		free(name);
}

int main(void)
{
	size_t total = 0;

	for (int i = 0; i < 300; i++)
		fill(i);
	for (struct entry *e = entries; e; e = e->next)
		total += e->size;
	printf("%zu\n", total);
	return 0;
}
