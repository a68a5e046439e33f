/* SPDX-License-Identifier: MIT
 *
 * Events of one size class that are made, wait in a short queue and are freed. `healthy`: they go back to a free list.
 *
 * culprit should say: pool, in event_new. healthy: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUED 16

struct event {
	struct event *next;
	long number;
	char text[24];
};

static struct event *unused;
static int healthy;

static __attribute__((noinline)) struct event *event_new(long number)
{
	struct event *e = unused;

	if (e)
		unused = e->next;
	else
		e = malloc(sizeof(*e) + (size_t)(number % 3) * 8);
	if (!e)
		exit(1);
	e->number = number;
	return e;
}

static __attribute__((noinline)) long event_done(struct event *e)
{
	long number = e->number;

	if (healthy) {
		e->next = unused;
		unused = e;
	} else {
		free(e);
	}
	return number;
}

int main(int argc, char **argv)
{
	struct event *queue[QUEUED] = { NULL };
	long total = 0;

	healthy = argc > 1 && strcmp(argv[1], "healthy") == 0;
	for (long i = 0; i < 50000; i++) {
		if (queue[i % QUEUED])
			total += event_done(queue[i % QUEUED]);
		queue[i % QUEUED] = event_new(i);
	}
	for (int i = 0; i < QUEUED; i++)
		total += event_done(queue[i]);
	while (unused) {
		struct event *e = unused;

		unused = e->next;
		free(e);
	}
	printf("%ld\n", total);
	return 0;
}
