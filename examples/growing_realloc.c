/* SPDX-License-Identifier: MIT
 *
 * An array that grows by one element at a time, and one that doubles.
 *
 * culprit should say: append_one 4096 allocations of which 4095 are reallocations, 33 MB allocated for 32 KiB of use;
 * append_doubling does the same work with 13 allocations. Peak is 32768 + 32768 bytes at most, nothing leaked.
 */
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) long *append_one(long *array, size_t count, long value)
{
	long *grown = realloc(array, (count + 1) * sizeof(*grown));

	if (!grown)
		exit(1);
	grown[count] = value;
	return grown;
}

static __attribute__((noinline)) long *append_doubling(long *array, size_t count, long value)
{
	if (!(count & (count - 1))) {
		array = realloc(array, (count ? 2 * count : 1) * sizeof(*array));
		if (!array)
			exit(1);
	}
	array[count] = value;
	return array;
}

int main(void)
{
	long *a = NULL, *b = NULL;
	long sum = 0;

	for (size_t i = 0; i < 4096; i++) {
		a = append_one(a, i, (long)i);
		b = append_doubling(b, i, (long)i);
	}
	for (size_t i = 0; i < 4096; i++)
		sum += a[i] + b[i];
	free(a);
	free(b);
	printf("%ld\n", sum);
	return 0;
}
