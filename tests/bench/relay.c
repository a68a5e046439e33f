/* SPDX-License-Identifier: MIT
 *
 * Threads that hand each other work through a mutex and condition variables. Usage: relay [OPTIONS] KIND
 *   queue   the even threads put items into a bounded queue, the odd ones take them; an operation is an item taken
 *   turns   two threads take turns, one waits while the other is at it; an operation is a turn
 *   -r N    items that the queue holds (64)
 * and those of tests/bench/crew.h, which also says what is printed. The work "inside" is what is done with an item taken,
 * the work "outside" is done to make one, or in a turn; none of it with the mutex held. Ends with 1 when items were lost.
 */
#include "crew.h"

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t room, items;
	uint64_t put, taken;
	unsigned capacity, first, count, closed, turn;
	uint64_t item[];
};

static void queue_close(struct crew *c)
{
	struct queue *q = c->shared;

	pthread_mutex_lock(&q->mutex);
	q->closed = 1;
	pthread_cond_broadcast(&q->room);
	pthread_cond_broadcast(&q->items);
	pthread_mutex_unlock(&q->mutex);
}

static NOINLINE int queue_put(struct queue *q, uint64_t item)
{
	int open;

	pthread_mutex_lock(&q->mutex);
	while (q->count == q->capacity && !q->closed)
		pthread_cond_wait(&q->room, &q->mutex);
	open = !q->closed;
	if (open) {
		q->item[(q->first + q->count++) % q->capacity] = item;
		q->put++;
		pthread_cond_signal(&q->items);
	}
	pthread_mutex_unlock(&q->mutex);
	return open;
}

static NOINLINE int queue_take(struct queue *q, uint64_t *item)
{
	int took = 0;

	pthread_mutex_lock(&q->mutex);
	while (!q->count && !q->closed)
		pthread_cond_wait(&q->items, &q->mutex);
	if (q->count) {
		*item = q->item[q->first];
		q->first = (q->first + 1) % q->capacity;
		q->count--;
		q->taken++;
		took = 1;
		pthread_cond_signal(&q->room);
	}
	pthread_mutex_unlock(&q->mutex);
	return took;
}

static NOINLINE void queue_batch(struct worker *w)
{
	struct crew *c = w->crew;

	for (unsigned i = 0; i < CREW_BATCH && !w->over; i++) {
		if (w->index % 2) {
			w->over = !queue_take(c->shared, &w->result);
			crew_count(w, (uint64_t)!w->over);
			w->result = crew_work(w->result, c->inside);
		} else {
			w->result = crew_work(w->result, c->outside);
			w->over = !queue_put(c->shared, w->result);
		}
	}
}

static NOINLINE void turns_batch(struct worker *w)
{
	struct queue *q = w->crew->shared;

	for (unsigned i = 0; i < CREW_BATCH && !w->over; i++) {
		pthread_mutex_lock(&q->mutex);
		while (q->turn != w->index && !q->closed)
			pthread_cond_wait(&q->items, &q->mutex);
		w->over = (int)q->closed;
		q->turn = !w->index;
		pthread_cond_signal(&q->items);
		pthread_mutex_unlock(&q->mutex);
		w->result = crew_work(w->result, w->crew->outside);
		crew_count(w, 1);
	}
}

int main(int argc, char **argv)
{
	static struct crew crew = { .threads = 2, .seconds = 1, .end = queue_close };
	struct queue *q;
	unsigned capacity = 64;
	int c;

	while ((c = getopt(argc, argv, CREW_OPTIONS "r:")) != -1) {
		if (c == 'r')
			capacity = (unsigned)atoi(optarg);
		else if (!crew_option(&crew, c, optarg))
			return 2;
	}
	if (optind < argc)
		crew.batch = strcmp(argv[optind], "queue") == 0 ? queue_batch : strcmp(argv[optind], "turns") == 0 ? turns_batch : NULL;
	if (!crew.batch || !crew_possible(&crew) || crew.threads % 2 || !capacity || capacity > 1 << 20 ||
	    (crew.batch == turns_batch && crew.threads != 2))
		return 2;
	q = crew.shared = crew_memory(sizeof(*q) + capacity * sizeof(q->item[0]));
	q->capacity = capacity;
	pthread_mutex_init(&q->mutex, NULL);
	pthread_cond_init(&q->room, NULL);
	pthread_cond_init(&q->items, NULL);
	crew_prepare(&crew);
	crew_run(&crew);
	crew_print(&crew);
	if (q->put == q->taken + q->count)
		return 0;
	fprintf(stderr, "relay: %llu items put, %llu taken, %u left\n", (unsigned long long)q->put,
		(unsigned long long)q->taken, q->count);
	return 1;
}
