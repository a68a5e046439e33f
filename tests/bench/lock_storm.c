/* SPDX-License-Identifier: MIT
 *
 * The lock storm: threads that do little but lock and unlock, or hand each other work. Usage: lock_storm [OPTIONS] KIND
 *   mutex recursive errorcheck adaptive inherit read write spin try   lock and unlock of such a lock
 *   queue      half the threads put items into a bounded queue, half take them (a mutex, two condition variables)
 *   handover   two threads take turns: one waits on a condition variable while the other is at it
 *   step       no lock at all: the work alone
 *   -t N  threads that storm, the main thread among them (1)      -i N  others, that sleep all the time (0)
 *   -s S  seconds (1)                                             -l N  locks, chosen at random, a power of 2 (1)
 *   -p    each thread has locks of its own                        -r N  items the queue holds (64)
 *   -w N  steps of work inside the critical section (0)           -o N  and outside of it (0)
 *
 * Prints one line: operations a second; nanoseconds an operation (time x min(threads, processors) / operations); the
 * lower quartile, median and upper quartile of that over slices of 1/32 of the time; nanoseconds of processor time an
 * operation; voluntary context switches for 1000 operations; operations. Ends with 1 when a lock did not keep threads
 * apart. An operation is a lock and an unlock, an item, or a turn. A storm on one lock has several steady states (threads
 * take turns at sleeping, or one runs through while the others sleep) and may stay in one for long: hence the slices, and
 * hence many short runs tell more than a long one.
 *
 * Invariant: what is measured is the same machine code whoever is preloaded; nothing is shared between threads but the locks
 * and what they guard.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define THREADS 64
#define SLICES 32
#define BATCH 256
#define NOINLINE __attribute__((noinline, noclone))

union lock {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;
};

struct guarded { /* a lock and what it guards, a cache line together */
	union lock lock;
	uint64_t count;
};

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t room, items;
	uint64_t *item;
	unsigned first, count, closed;
	int turn;
};

struct storm;
struct kind {
	const char *name;
	void (*init)(union lock *lock, int type, int protocol);
	int type, protocol;
	void (*batch)(struct storm *s, unsigned index); /* BATCH operations, or until the end where they may block */
	int exclusive;
};

struct worker {
	_Alignas(128) _Atomic uint64_t operations;
	struct guarded *locks;
	uint64_t random, result;
	int over;
};

struct storm {
	const struct kind *kind;
	unsigned threads, idle, locks, own, inside, outside, capacity;
	double seconds;
	uint64_t begin, deadline;
	_Atomic int go;
	struct queue queue;
	struct worker worker[THREADS];
	uint64_t slice_time[SLICES + 1], slice_operations[SLICES + 1];
	unsigned slices;
};

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t work(uint64_t x, unsigned steps)
{
	while (steps--) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

static inline struct guarded *choose(struct worker *w, unsigned locks)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return &w->locks[w->random >> 32 & (locks - 1)];
}

/* --- locks ---------------------------------------------------------------------------------------------------------- */

static void mutex_init(union lock *lock, int type, int protocol)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutex_init(&lock->mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static void rwlock_init(union lock *lock, int type, int protocol)
{
	(void)type;
	(void)protocol;
	pthread_rwlock_init(&lock->rwlock, NULL);
}

static void spin_init(union lock *lock, int type, int protocol)
{
	(void)type;
	(void)protocol;
	pthread_spin_init(&lock->spin, PTHREAD_PROCESS_PRIVATE);
}

static inline int mutex_try(pthread_mutex_t *mutex)
{
	int r;

	while ((r = pthread_mutex_trylock(mutex)) == EBUSY)
		sched_yield();
	return r;
}

#define LOCK_BATCH(name, lock_it, unlock_it, counts) \
	static NOINLINE void name(struct storm *s, unsigned index) \
	{ \
		struct worker *w = &s->worker[index]; \
		uint64_t x = w->result; \
		unsigned locks = s->locks, inside = s->inside, outside = s->outside; \
		struct guarded *g = w->locks; \
		for (unsigned i = 0; i < BATCH; i++) { \
			if (locks > 1) \
				g = choose(w, locks); \
			if (lock_it) \
				abort(); \
			if (counts) \
				g->count++; \
			x = work(x, inside); \
			if (unlock_it) \
				abort(); \
			x = work(x, outside); \
		} \
		w->result = x; \
		atomic_fetch_add_explicit(&w->operations, BATCH, memory_order_relaxed); \
	}
LOCK_BATCH(mutex_batch, pthread_mutex_lock(&g->lock.mutex), pthread_mutex_unlock(&g->lock.mutex), 1)
LOCK_BATCH(try_batch, mutex_try(&g->lock.mutex), pthread_mutex_unlock(&g->lock.mutex), 1)
LOCK_BATCH(read_batch, pthread_rwlock_rdlock(&g->lock.rwlock), pthread_rwlock_unlock(&g->lock.rwlock), 0)
LOCK_BATCH(write_batch, pthread_rwlock_wrlock(&g->lock.rwlock), pthread_rwlock_unlock(&g->lock.rwlock), 1)
LOCK_BATCH(spin_batch, pthread_spin_lock(&g->lock.spin), pthread_spin_unlock(&g->lock.spin), 1)
LOCK_BATCH(step_batch, 0, 0, 0)

/* --- work handed over ----------------------------------------------------------------------------------------------- */

static void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->mutex);
	q->closed = 1;
	pthread_cond_broadcast(&q->room);
	pthread_cond_broadcast(&q->items);
	pthread_mutex_unlock(&q->mutex);
}

static NOINLINE int queue_put(struct queue *q, unsigned capacity, uint64_t item)
{
	int open;

	pthread_mutex_lock(&q->mutex);
	while (q->count == capacity && !q->closed)
		pthread_cond_wait(&q->room, &q->mutex);
	open = !q->closed;
	if (open) {
		q->item[(q->first + q->count++) % capacity] = item;
		pthread_cond_signal(&q->items);
	}
	pthread_mutex_unlock(&q->mutex);
	return open;
}

static NOINLINE int queue_take(struct queue *q, unsigned capacity, uint64_t *item)
{
	int took = 0;

	pthread_mutex_lock(&q->mutex);
	while (!q->count && !q->closed)
		pthread_cond_wait(&q->items, &q->mutex);
	if (q->count) {
		*item = q->item[q->first];
		q->first = (q->first + 1) % capacity;
		q->count--;
		took = 1;
		pthread_cond_signal(&q->room);
	}
	pthread_mutex_unlock(&q->mutex);
	return took;
}

/* The even threads produce, the main one (0) with them; what is taken counts. */
static NOINLINE void queue_batch(struct storm *s, unsigned index)
{
	struct worker *w = &s->worker[index];

	for (unsigned i = 0; i < BATCH && !w->over; i++) {
		if (index % 2) {
			w->over = !queue_take(&s->queue, s->capacity, &w->result);
			atomic_fetch_add_explicit(&w->operations, (uint64_t)!w->over, memory_order_relaxed);
			w->result = work(w->result, s->inside);
		} else {
			w->result = work(w->result, s->outside);
			w->over = !queue_put(&s->queue, s->capacity, w->result);
		}
	}
}

static NOINLINE void handover_batch(struct storm *s, unsigned index)
{
	struct queue *q = &s->queue;
	struct worker *w = &s->worker[index];
	int mine = (int)(index & 1);

	for (unsigned i = 0; i < BATCH && !w->over; i++) {
		pthread_mutex_lock(&q->mutex);
		while (q->turn != mine && !q->closed)
			pthread_cond_wait(&q->items, &q->mutex);
		w->over = (int)q->closed;
		q->turn = !mine;
		pthread_cond_signal(&q->items);
		pthread_mutex_unlock(&q->mutex);
		w->result = work(w->result, s->outside);
		atomic_fetch_add_explicit(&w->operations, 1, memory_order_relaxed);
	}
}

static const struct kind kinds[] = {
	{ "mutex", mutex_init, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, mutex_batch, 1 },
	{ "recursive", mutex_init, PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE, mutex_batch, 1 },
	{ "errorcheck", mutex_init, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE, mutex_batch, 1 },
	{ "adaptive", mutex_init, PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_PRIO_NONE, mutex_batch, 1 },
	{ "inherit", mutex_init, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT, mutex_batch, 1 },
	{ "try", mutex_init, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, try_batch, 1 },
	{ "read", rwlock_init, 0, 0, read_batch, 0 },
	{ "write", rwlock_init, 0, 0, write_batch, 1 },
	{ "spin", spin_init, 0, 0, spin_batch, 1 },
	{ "queue", NULL, 0, 0, queue_batch, 0 },
	{ "handover", NULL, 0, 0, handover_batch, 0 },
	{ "step", rwlock_init, 0, 0, step_batch, 0 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* --- the storm ------------------------------------------------------------------------------------------------------ */

static uint64_t operations(struct storm *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->threads; i++)
		sum += atomic_load_explicit(&s->worker[i].operations, memory_order_relaxed);
	return sum;
}

/* Of the main thread: notes how far all are whenever another slice of the time is over. */
static void slice_note(struct storm *s, uint64_t time)
{
	uint64_t length = (s->deadline - s->begin) / SLICES;

	if (s->slices > SLICES || time < s->begin + s->slices * length)
		return;
	s->slice_time[s->slices] = time;
	s->slice_operations[s->slices++] = operations(s);
}

static void worker_run(struct storm *s, unsigned index)
{
	uint64_t time;

	do {
		s->kind->batch(s, index);
		time = now(CLOCK_MONOTONIC);
		if (!index)
			slice_note(s, time);
	} while (time < s->deadline && !s->worker[index].over);
	if (!s->kind->init)
		queue_close(&s->queue);
}

struct start {
	struct storm *storm;
	unsigned index;
};

static void *worker_main(void *arg)
{
	struct start start = *(struct start *)arg;

	while (!atomic_load(&start.storm->go))
		sched_yield();
	worker_run(start.storm, start.index);
	return NULL;
}

static void *idle_main(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *allocate(size_t count, size_t size)
{
	void *p = aligned_alloc(4096, (count * size + 4095) & ~(size_t)4095);

	if (!p)
		exit(1);
	return memset(p, 0, count * size);
}

static void storm_prepare(struct storm *s)
{
	for (unsigned i = 0; i < s->threads; i++) {
		struct worker *w = &s->worker[i];
		w->random = 88172645463325252u + i * 7919u;
		w->result = i + 1;
		w->locks = s->worker[0].locks;
		if (!s->kind->init || (i && !s->own))
			continue;
		w->locks = allocate(s->locks, sizeof(struct guarded));
		for (unsigned k = 0; k < s->locks; k++)
			s->kind->init(&w->locks[k].lock, s->kind->type, s->kind->protocol);
	}
	pthread_mutex_init(&s->queue.mutex, NULL);
	pthread_cond_init(&s->queue.room, NULL);
	pthread_cond_init(&s->queue.items, NULL);
	s->queue.item = allocate(s->capacity, sizeof(uint64_t));
}

static int storm_run(struct storm *s)
{
	pthread_t thread[THREADS], idle;
	struct start start[THREADS];

	for (unsigned i = 0; i < s->idle; i++)
		if (pthread_create(&idle, NULL, idle_main, NULL))
			return 1;
	for (unsigned i = 1; i < s->threads; i++) {
		start[i] = (struct start){ s, i };
		if (pthread_create(&thread[i], NULL, worker_main, &start[i]))
			return 1;
	}
	s->begin = now(CLOCK_MONOTONIC);
	s->deadline = s->begin + (uint64_t)(s->seconds * 1e9);
	slice_note(s, s->begin);
	atomic_store(&s->go, 1);
	worker_run(s, 0);
	for (unsigned i = 1; i < s->threads; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void storm_print(struct storm *s, uint64_t took)
{
	struct rusage usage;
	double ns[SLICES + 1] = { 0 }, count = (double)operations(s);
	double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
	double at_once = (double)s->threads < processors ? (double)s->threads : processors;
	unsigned n = 0;

	for (unsigned i = 1; i < s->slices; i++)
		if (s->slice_operations[i] > s->slice_operations[i - 1])
			ns[n++] = (double)(s->slice_time[i] - s->slice_time[i - 1]) * at_once /
				  (double)(s->slice_operations[i] - s->slice_operations[i - 1]);
	qsort(ns, n, sizeof(ns[0]), by_value);
	getrusage(RUSAGE_SELF, &usage);
	printf("%.0f %.2f %.2f %.2f %.2f %.2f %.3f %.0f\n", count * 1e9 / (double)took, (double)took * at_once / count,
	       ns[n / 4], ns[n / 2], ns[n * 3 / 4], (double)now(CLOCK_PROCESS_CPUTIME_ID) / count,
	       (double)usage.ru_nvcsw * 1000 / count, count);
}

static int storm_check(const struct storm *s, uint64_t count)
{
	if (!s->kind->exclusive || s->locks > 1 || s->own || s->worker[0].locks->count == count)
		return 0;
	fprintf(stderr, "lock_storm: %llu operations, but the counter is at %llu\n", (unsigned long long)count,
		(unsigned long long)s->worker[0].locks->count);
	return 1;
}

static int storm_options(struct storm *s, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:i:s:l:pr:w:o:")) != -1) {
		switch (c) {
		case 't': s->threads = (unsigned)atoi(optarg); break;
		case 'i': s->idle = (unsigned)atoi(optarg); break;
		case 's': s->seconds = atof(optarg); break;
		case 'l': s->locks = (unsigned)atoi(optarg); break;
		case 'p': s->own = 1; break;
		case 'r': s->capacity = (unsigned)atoi(optarg); break;
		case 'w': s->inside = (unsigned)atoi(optarg); break;
		case 'o': s->outside = (unsigned)atoi(optarg); break;
		default: return 2;
		}
	}
	for (size_t i = 0; i < KINDS && optind < argc; i++)
		if (strcmp(kinds[i].name, argv[optind]) == 0)
			s->kind = &kinds[i];
	if (!s->kind || s->threads < 1 || s->threads > THREADS || !s->locks || s->locks & (s->locks - 1) || !s->capacity)
		return 2;
	return s->kind->init || s->threads % 2 == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
	static struct storm storm = { .threads = 1, .locks = 1, .capacity = 64, .seconds = 1 };
	uint64_t begin;
	int status = storm_options(&storm, argc, argv);

	if (status)
		return status;
	storm_prepare(&storm);
	if (storm_run(&storm))
		return 1;
	begin = storm.begin;
	storm_print(&storm, now(CLOCK_MONOTONIC) - begin);
	return storm_check(&storm, operations(&storm));
}
