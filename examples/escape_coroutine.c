/* SPDX-License-Identifier: MIT
 *
 * A coroutine on a stack of its own hands items to main and is switched away from in between. No frame of the one stack
 * is a frame of the other, so a switch between two events of the heap hides whether the functions left behind still
 * run. culprit does not guess: a block that lived over such a switch died with somebody unknown, though for `state`
 * and `total` below a person can see who. What begins and ends between two switches is known.
 *
 * truth:  site      class   owner     level  blocks  uncertain
 * truth:  item_new  caller  -         0      100     100
 * truth:  generate  caller  -         0      1       1
 * truth:  generate  local   generate  0      100     0
 * truth:  collect   caller  -         0      1       1
 */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

static ucontext_t outside, inside;
static int *item;
static char stack[256 * 1024];

static void *checked(void *block)
{
	if (!block)
		exit(1);
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static int *item_new(int value)
{
	int *i = checked(malloc(sizeof(*i)));

	*i = value;
	return i;
}

static void generate(void)
{
	int *state = checked(malloc(64));

	*state = 0;
	for (int i = 0; i < 100; i++) {
		int *work = checked(malloc(16));

		*work = i;
		*state += *work;
		free(work);
		item = item_new(*state);
		swapcontext(&inside, &outside);
	}
	free(state);
	item = NULL;
	swapcontext(&inside, &outside);
}

static int collect(void)
{
	int *total = checked(malloc(32)), result;

	for (*total = 0; swapcontext(&outside, &inside) == 0 && item;) {
		*total += *item;
		free(item);
	}
	result = *total;
	free(total);
	return result;
}

int main(void)
{
	if (getcontext(&inside))
		return 1;
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = sizeof(stack);
	inside.uc_link = &outside;
	makecontext(&inside, generate, 0);
	printf("%d\n", collect());
	return 0;
}
