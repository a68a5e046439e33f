/* SPDX-License-Identifier: MIT
 *
 * A signal handler on its own stack that allocates. It is raised from plain code (raise), and by a timer only while the
 * program computes, so that it never interrupts malloc itself.
 *
 * culprit should say: on_signal made 2000 allocations and freed them; its stacks lead through the signal frame down
 * to work and main.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
	char *block = malloc(64);

	(void)number;
	if (block)
		memset(block, 0, 64);
	free(block);
	handled++;
}

static __attribute__((noinline)) long work(int depth)
{
	volatile long sum = 0;

	if (depth)
		return work(depth - 1) + 1;
	for (int i = 0; i < 100; i++)
		sum += i;
	raise(SIGUSR1);
	return sum;
}

int main(void)
{
	stack_t stack = { .ss_size = 65536 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	long sum = 0;

	stack.ss_sp = malloc(stack.ss_size);
	if (!stack.ss_sp || sigaltstack(&stack, NULL) || sigaction(SIGUSR1, &action, NULL))
		return 1;
	for (int i = 0; i < 1000; i++) {
		char *volatile block = malloc(32);

		sum += work(i % 20);
		free(block);
		raise(SIGUSR1);
	}
	printf("%d handled, %ld\n", (int)handled, sum);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	free(stack.ss_sp);
	return 0;
}
