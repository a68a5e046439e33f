/* SPDX-License-Identifier: MIT
 *
 * A heap that nearly fills the address space that the program may have; nothing is written there. It limits itself and starts
 * again, as a limit is that of a process when it begins. `healthy`: a fifth of that.
 *
 * culprit should say: memory-limit. healthy: nothing.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LIMIT (64ul << 30)
#define PIECE (256ul << 20)

static __attribute__((noinline)) char *piece_new(void)
{
	char *piece = malloc(PIECE);

	if (!piece)
		exit(1);
	__asm__ volatile("" : : "r"(piece) : "memory");
	return piece;
}

int main(int argc, char **argv)
{
	static char *pieces[LIMIT / PIECE];
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	struct timespec while_being_looked_at = { 0, 300000000 };
	size_t count = LIMIT / PIECE * (healthy ? 17 : 83) / 100;

	if (!getenv("ADVICE_LIMITED")) {
		struct rlimit limit = { LIMIT, LIMIT };

		setrlimit(RLIMIT_AS, &limit);
		setenv("ADVICE_LIMITED", "1", 1);
		execv("/proc/self/exe", argv);
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		pieces[i] = piece_new();
	nanosleep(&while_being_looked_at, NULL);
	for (size_t i = 0; i < count; i++)
		free(pieces[i]);
	printf("%zu\n", count);
	return 0;
}
