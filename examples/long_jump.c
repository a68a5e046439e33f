/* SPDX-License-Identifier: MIT
 *
 * longjmp out of the depth of a recursion, and a comparison function of qsort that never returns.
 *
 * culprit should say: descend 18982 allocations, 6328 of them leaked with the frames that were jumped over, and qsort's
 * buffer with them; what comes after the jumps is counted as well as before: `after` 1000 allocations, all freed.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf out;

static __attribute__((noinline)) int descend(int depth, int turn)
{
	char *block = malloc((size_t)(depth + 1) * 8);
	int below;

	if (!block)
		exit(1);
	if (depth == 0) {
		if (turn % 3 == 0)
			longjmp(out, 1);
		free(block);
		return turn;
	}
	below = descend(depth - 1, turn);
	free(block);
	return below;
}

static int compare_and_jump(const void *a, const void *b)
{
	char *volatile block = malloc(32);

	(void)a;
	(void)b;
	free(block);
	longjmp(out, 2);
}

static __attribute__((noinline)) void after(void)
{
	for (int i = 0; i < 1000; i++) {
		char *volatile block = malloc(16);

		free(block);
	}
}

int main(void)
{
	volatile int jumps = 0;
	int unsorted[500];

	for (volatile int turn = 0; turn < 1000; turn++) {
		if (setjmp(out))
			jumps++;
		else
			descend(turn % 37, turn);
	}
	for (int i = 0; i < 500; i++)
		unsorted[i] = 500 - i;
	if (setjmp(out) == 0)
		qsort(unsorted, 500, sizeof(unsorted[0]), compare_and_jump);
	after();
	printf("%d jumps\n", jumps);
	return 0;
}
