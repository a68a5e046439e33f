/* SPDX-License-Identifier: MIT
 *
 * Threads in crowds. Usage: crowd AT_ONCE WAVES: that many that are alive at the same time, so many times over; each
 * allocates ten blocks in a function of a known name.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_barrier_t all;

static __attribute__((noipa)) void known(void)
{
	void *block[10];

	for (int i = 0; i < 10; i++)
		block[i] = malloc(16 + (size_t)i);
	for (int i = 0; i < 10; i++)
		free(block[i]);
}

static void *member(void *arg)
{
	known();
	pthread_barrier_wait(&all);
	return arg;
}

int main(int argc, char **argv)
{
	int at_once = argc > 1 ? atoi(argv[1]) : 10, waves = argc > 2 ? atoi(argv[2]) : 1, started = 0;
	pthread_t *threads = calloc((size_t)at_once, sizeof(*threads));
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int w = 0; w < waves; w++) {
		pthread_barrier_init(&all, NULL, (unsigned)at_once);
		for (int i = 0; i < at_once; i++, started++)
			if (pthread_create(&threads[i], &small, member, NULL))
				return 1;
		for (int i = 0; i < at_once; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&all);
	}
	free(threads);
	printf("%d threads\n", started);
	return 0;
}
