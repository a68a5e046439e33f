/* SPDX-License-Identifier: MIT
 *
 * A callback with its state is handed to a function that calls it, then frees it for its caller: the maker still runs,
 * so the state is local to it, though somebody further in freed it.
 *
 * truth:  site      class  owner     level  blocks  uncertain
 * truth:  visit     local  visit     0      100     0
 */
#include <stdio.h>
#include <stdlib.h>

struct callback {
	int (*call)(struct callback *c, int value);
	void (*release)(struct callback *c);
	int factor;
};

static int scale(struct callback *c, int value)
{
	return c->factor * value;
}

static void callback_free(struct callback *c)
{
	free(c);
	__asm__ volatile("");
}

static int each(const int *values, int count, struct callback *c)
{
	int sum = 0;

	for (int i = 0; i < count; i++)
		sum += c->call(c, values[i]);
	c->release(c);
	return sum;
}

static int visit(int factor)
{
	static const int values[] = { 2, 3, 5, 7 };
	struct callback *c = malloc(sizeof(*c));

	if (!c)
		exit(1);
	*c = (struct callback){ scale, callback_free, factor };
	__asm__ volatile("" : : "r"(c) : "memory");
	return each(values, 4, c) + 1;
}

int main(void)
{
	int total = 0;

	for (int i = 0; i < 100; i++)
		total += visit(i);
	printf("%d\n", total);
	return 0;
}
