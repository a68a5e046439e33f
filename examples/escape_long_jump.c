/* SPDX-License-Identifier: MIT
 *
 * A parser gives up by longjmp, out of any depth. What it had made is freed by the function that set the jump: it
 * never saw the parser's calls return. What it makes when it does not give up, it frees itself.
 *
 * truth:  site    class   owner  level  blocks  uncertain
 * truth:  nested  caller  parse  1      50      0
 * truth:  nested  caller  parse  2      50      0
 * truth:  nested  caller  parse  3      50      0
 * truth:  nested  caller  parse  4      50      0
 * truth:  nested  local   nested 0      200     0
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH 4

static jmp_buf given_up;
static void *made[DEPTH];
static int made_count;

static __attribute__((noinline)) void nested(int depth, int wrong) /* the depth of the calls is the point */
{
	char *mark = malloc(24);

	if (!mark)
		exit(1);
	mark[0] = (char)depth;
	made[made_count++] = mark;
	if (depth > 1)
		nested(depth - 1, wrong);
	else if (wrong)
		longjmp(given_up, 1);
	made_count--;
	free(mark);
	__asm__ volatile("");
}

static int made_free(void)
{
	int freed = 0;

	while (made_count) {
		free(made[--made_count]);
		freed++;
	}
	return freed;
}

static int parse(int wrong)
{
	made_count = 0;
	if (setjmp(given_up) == 0)
		nested(DEPTH, wrong);
	return made_free();
}

int main(void)
{
	int total = 0;

	for (int i = 0; i < 100; i++)
		total += parse(i % 2);
	printf("%d\n", total);
	return 0;
}
