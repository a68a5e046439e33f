/* SPDX-License-Identifier: MIT
 *
 * Cooperative fibers by makecontext: each has a stack of its own, and they take turns in the middle of their work.
 *
 * culprit should say: fiber_step 8 x 500 allocations, each freed by the same fiber one turn later; the stacks start at
 * fiber_main, not at main.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define FIBERS 8
#define TURNS 500

static ucontext_t main_context, context[FIBERS];
static int running[FIBERS];

static __attribute__((noinline)) void *fiber_step(int id, int turn, int depth)
{
	void *block;

	if (depth)
		return fiber_step(id, turn, depth - 1);
	block = malloc((size_t)(id + 1) * 16 + (size_t)(turn % 7));
	if (!block)
		exit(1);
	swapcontext(&context[id], &main_context);
	return block;
}

static void fiber_main(int id)
{
	void *last = NULL;

	for (int turn = 0; turn < TURNS; turn++) {
		void *next = fiber_step(id, turn, turn % 9);

		free(last);
		last = next;
	}
	free(last);
	running[id] = 0;
	swapcontext(&context[id], &main_context);
}

int main(void)
{
	char *stacks = malloc((size_t)FIBERS * 65536);
	int alive = FIBERS;

	if (!stacks)
		return 1;
	for (int id = 0; id < FIBERS; id++) {
		getcontext(&context[id]);
		context[id].uc_stack.ss_sp = stacks + (size_t)id * 65536;
		context[id].uc_stack.ss_size = 65536;
		context[id].uc_link = &main_context;
		makecontext(&context[id], (void (*)(void))fiber_main, 1, id);
		running[id] = 1;
	}
	while (alive) {
		alive = 0;
		for (int id = 0; id < FIBERS; id++) {
			if (running[id])
				swapcontext(&main_context, &context[id]);
			alive += running[id];
		}
	}
	free(stacks);
	puts("all fibers done");
	return 0;
}
