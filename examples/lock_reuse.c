/* SPDX-License-Identifier: MIT
 *
 * Locks in memory that is used again: every connection has its own, and most of them lie where an earlier one lay.
 * Nobody destroys a lock that needs no destroying.
 *
 * culprit should say: a lock for every connection, allocated in connection_new, each with its own acquisitions: those of
 * the nth as printed; `slot`, which is initialised anew for every user, has five lives in the same way.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECTIONS 20
#define USERS 5

struct connection {
	int number;
	pthread_mutex_t lock;
	pthread_rwlock_t fields;
};

struct buffer {
	char bytes[sizeof(struct connection)]; /* the same size: the allocator hands out the same address */
};

pthread_mutex_t slot;

static __attribute__((noinline)) struct connection *connection_new(int number)
{
	struct connection *c = malloc(sizeof(*c));

	if (!c)
		exit(1);
	*c = (struct connection){number, PTHREAD_MUTEX_INITIALIZER, PTHREAD_RWLOCK_INITIALIZER};
	return c;
}

static __attribute__((noinline)) void connection_use(struct connection *c)
{
	for (int i = 0; i < 10 + c->number; i++) {
		pthread_mutex_lock(&c->lock);
		pthread_mutex_unlock(&c->lock);
	}
	for (int i = 0; i < c->number; i++) {
		pthread_rwlock_rdlock(&c->fields);
		pthread_rwlock_unlock(&c->fields);
	}
	pthread_rwlock_wrlock(&c->fields);
	pthread_rwlock_unlock(&c->fields);
}

int main(void)
{
	uintptr_t first = 0;
	int same = 0;

	for (int n = 0; n < CONNECTIONS; n++) {
		struct connection *c = connection_new(n);
		struct buffer *b;

		first = first ? first : (uintptr_t)c;
		same += first == (uintptr_t)c;
		connection_use(c);
		free(c);
		b = malloc(sizeof(*b)); /* something else lies there meanwhile */
		if (!b)
			return 1;
		b->bytes[n] = 1;
		free(b);
		printf("connection %d mutex %d read %d write 1\n", n, 10 + n, n);
	}
	printf("at the same address %d\n", same);
	for (int n = 0; n < USERS; n++) {
		pthread_mutex_init(&slot, NULL);
		for (int i = 0; i < 100 * (n + 1); i++) {
			pthread_mutex_lock(&slot);
			pthread_mutex_unlock(&slot);
		}
		if (n != 2) /* one is initialised over what was there */
			pthread_mutex_destroy(&slot);
		printf("slot %d mutex %d\n", n, 100 * (n + 1));
	}
	return 0;
}
