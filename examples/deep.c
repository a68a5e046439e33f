/* SPDX-License-Identifier: MIT
 *
 * A recursion of 300 frames and more that allocates on its way down and frees on its way up.
 *
 * culprit should say: down 20 x 310 allocations, all freed, the deepest of them with more than 310 frames above main.
 */
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) long down(int depth)
{
	long *block = malloc(sizeof(*block) * 2);
	long sum;

	if (!block)
		exit(1);
	block[0] = depth;
	sum = depth > 1 ? down(depth - 1) : 0;
	sum += block[0];
	free(block);
	return sum;
}

int main(void)
{
	long sum = 0;

	for (int i = 0; i < 20; i++)
		sum += down(310);
	printf("%ld\n", sum);
	return 0;
}
