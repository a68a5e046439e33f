/* SPDX-License-Identifier: MIT
 *
 * What every request adds is remembered for ever. `healthy`: a cache that fills within moments and then throws out the oldest.
 *
 * culprit should say: unbounded-growth, in entry_new (with --threshold unbounded-growth.seconds=1, as this takes but 1.5 s);
 * healthy: nothing.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEPT 500

struct entry {
	struct entry *older;
	char text[120];
};

static __attribute__((noinline)) struct entry *entry_new(struct entry *older)
{
	struct entry *e = malloc(sizeof(*e));

	if (!e)
		exit(1);
	e->older = older;
	memset(e->text, 'x', sizeof(e->text));
	return e;
}

int main(int argc, char **argv)
{
	int healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	struct entry *cache[KEPT] = { NULL }, *newest = NULL;
	unsigned count = 0;

	for (int tick = 0; tick < 300; tick++) {
		struct timespec pause = { 0, 5000000 };

		for (int i = 0; i < 20; i++, count++) {
			newest = entry_new(healthy ? NULL : newest);
			if (healthy) {
				free(cache[count % KEPT]);
				cache[count % KEPT] = newest;
			}
		}
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < KEPT; i++)
		free(cache[i]);
	printf("%u\n", count);
	return 0;
}
