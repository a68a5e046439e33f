/* SPDX-License-Identifier: MIT
 *
 * As many threads at once as are said, with small stacks; each allocates and locks. Prints how many could be made, and what they did.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 200, TIMES = 500 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all;
static long done;

static void *work(void *arg)
{
	for (int i = 0; i < TIMES; i++) {
		void *volatile p = malloc(100);
		free(p);
		pthread_mutex_lock(&lock);
		done++;
		pthread_mutex_unlock(&lock);
	}
	pthread_barrier_wait(&all);
	return arg;
}

int main(int argc, char **argv)
{
	int wanted = argc > 1 ? atoi(argv[1]) : 10, made = 0;
	pthread_t threads[MOST];
	pthread_attr_t small;
	if (wanted > MOST)
		return 2;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	pthread_barrier_init(&all, NULL, (unsigned)wanted);
	while (made < wanted && pthread_create(&threads[made], &small, work, NULL) == 0)
		made++;
	for (int i = 0; made == wanted && i < made; i++)
		pthread_join(threads[i], NULL);
	printf("%d threads, %ld\n", made, done);
	return made != wanted;
}
