/* SPDX-License-Identifier: MIT
 *
 * What cannot be seen from the events of the heap (docs/escapes.md): "is" says what is true, "truth" what culprit says.
 * Each case runs in a loop of its own in main.
 *
 * A handler that does nothing with the heap but make an object in one call and free it, further down, in the next: from
 * event to event it only goes forward, so nothing betrays that it was left in between.
 * is:     kept_new     caller    kept_serve    2   50  -
 * truth:  kept_new     caller    kept_handle   1   50  0
 *
 * A function whose only event of the heap so far lies in a call that it makes again: that call is known to have been
 * repeated, but not whether by its caller or by its caller's. The first value comes to be charged to the handler; from the second
 * on, the handler itself is seen to go back.
 * is:     value_new    caller    value_serve   2   50  -
 * truth:  value_new    caller    value_handle  1   1   0
 * truth:  value_new    caller    value_serve   2   49  48
 *
 * A loop that lets go in the next round, or in a loop of its own, cannot be told from a function that is called again: the
 * blocks are charged to whoever is known to have run all the time, and counted as uncertain.
 * is:     gather       local     gather        0   150 -
 * truth:  gather       caller    main          1   150 150
 */
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static char *kept;

static char *kept_new(int number)
{
	char *k = checked(malloc(32));

	k[0] = (char)number;
	return k;
}

static int kept_handle(int number)
{
	int result = 0;

	if (number % 2 == 0)
		kept = kept_new(number);
	if (number % 2 == 1) {
		result = kept[0];
		free(kept);
	}
	return result;
}

static int kept_serve(void)
{
	int total = 0;

	for (int i = 0; i < 100; i++)
		total += kept_handle(i);
	return total;
}

static char *value;

static char *value_new(int number)
{
	char *v = checked(malloc(48));

	v[0] = (char)number;
	return v;
}

static void value_handle(int number)
{
	char *fresh = value_new(number);

	free(value);
	value = fresh;
}

static int value_serve(void)
{
	int result;

	for (int i = 0; i < 50; i++)
		value_handle(i);
	result = value[0];
	free(value);
	return result;
}

static int gather(int number)
{
	char *parts[3];
	int sum = 0;

	for (int i = 0; i < 3; i++) {
		parts[i] = checked(malloc(64));
		parts[i][0] = (char)(number + i);
	}
	for (int i = 0; i < 3; i++) {
		sum += parts[i][0];
		free(parts[i]);
	}
	return sum;
}

int main(void)
{
	int total = kept_serve();

	total += value_serve();
	for (int i = 0; i < 50; i++)
		total += gather(i);
	printf("%d\n", total);
	return 0;
}
