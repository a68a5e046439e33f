/* SPDX-License-Identifier: MIT
 *
 * Input for the compiler, the assembler and binutils: needs no header, and compiles to a few functions.
 */
struct item {
	int key;
	int value;
	struct item *next;
};

int list_sum(const struct item *list);
int list_find(const struct item *list, int key);
unsigned mix(unsigned x);

int list_sum(const struct item *list)
{
	int sum = 0;

	for (; list; list = list->next)
		sum += list->key * list->value;
	return sum;
}

int list_find(const struct item *list, int key)
{
	while (list && list->key != key)
		list = list->next;
	return list ? list->value : -1;
}

unsigned mix(unsigned x)
{
	for (int i = 0; i < 16; i++)
		x = (x ^ (x >> 7)) * 2654435761u + (unsigned)i;
	return x;
}
