/* SPDX-License-Identifier: MIT
 *
 * More locks than any table holds: a hundred thousand in blocks of their own, a single address used by seventy thousand
 * locks after each other, and locks that one thread makes, two use, and another thread frees.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define NODES 100000
#define LIVES 70000
#define PASSED 3000

struct node {
	long value;
	pthread_mutex_t lock;
};

static struct node *nodes[NODES], *passed[PASSED];
static pthread_barrier_t turn;

static void use(struct node *n, int times)
{
	for (int i = 0; i < times; i++) {
		pthread_mutex_lock(&n->lock);
		n->value++;
		pthread_mutex_unlock(&n->lock);
	}
}

static struct node *made(struct node *n)
{
	if (!n)
		abort();
	pthread_mutex_init(&n->lock, NULL);
	n->value = 0;
	return n;
}

static __attribute__((noinline)) struct node *node_new(void) { struct node *n = malloc(sizeof(*n)); return made(n); }
static __attribute__((noinline)) struct node *again_new(void) { struct node *n = malloc(sizeof(*n) + 400); return made(n); }
static __attribute__((noinline)) struct node *passed_new(void) { struct node *n = malloc(sizeof(*n) + 200); return made(n); }

static void *second(void *unused)
{
	for (int round = 0; round < 3; round++) {
		pthread_barrier_wait(&turn);
		for (int i = 0; i < PASSED; i++) {
			use(passed[i], 2);
			free(passed[i]);
		}
		pthread_barrier_wait(&turn);
	}
	return unused;
}

int main(void)
{
	pthread_t thread;
	long sum = 0;

	for (int i = 0; i < NODES; i++) {
		nodes[i] = node_new();
		use(nodes[i], 1);
	}
	for (int i = 0; i < NODES; i++)
		use(nodes[i], 1);
	for (int i = 0; i < NODES; i++) {
		sum += nodes[i]->value;
		free(nodes[i]);
	}
	for (int i = 0; i < LIVES; i++) {
		struct node *n = again_new();

		use(n, 1 + i % 3);
		sum += n->value;
		free(n);
	}
	pthread_barrier_init(&turn, NULL, 2);
	pthread_create(&thread, NULL, second, NULL);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PASSED; i++) {
			passed[i] = passed_new();
			use(passed[i], 3);
		}
		pthread_barrier_wait(&turn);
		pthread_barrier_wait(&turn);
	}
	pthread_join(thread, NULL);
	printf("sum %ld\n", sum);
	return 0;
}
