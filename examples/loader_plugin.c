/* SPDX-License-Identifier: MIT
 *
 * The library loader.c loads: it allocates, frees nearly everything, and leaks one block each time.
 */
#include <stdlib.h>

int plugin_work(int turn);

static void *volatile kept;

__attribute__((noinline)) int plugin_work(int turn)
{
	int done = 0;

	for (int i = 0; i < 99; i++) {
		void *volatile block = malloc((size_t)(turn + i + 1));

		done += block != NULL;
		free(block);
	}
	kept = malloc(10);
	return done + (kept != NULL);
}
