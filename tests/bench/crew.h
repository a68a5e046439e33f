/* SPDX-License-Identifier: MIT
 *
 * A crew of threads that do batches of operations until their time is over, and the figures of it: what the storms of locks
 * and of work handed over have in common.
 *
 * The main thread is worker 0, so that a crew of one is a process of one thread. It also notes, between its own batches,
 * how far all are: the time is cut into slices. A storm on one lock has several steady states (threads take turns at
 * sleeping, or one runs through while the others sleep) and may stay in one for long: hence the slices, and hence many
 * short runs tell more than a long one. Workers share nothing but what the storm itself shares.
 *
 * Options of every crew: -t N threads, the main thread among them; -i N others, that sleep all the time; -s S seconds; -w N
 * steps of work (about 1 ns each) inside the critical section; -o N and outside of it.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

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

#define CREW_THREADS 64
#define CREW_SLICES 32
#define CREW_BATCH 256
#define CREW_OPTIONS "t:i:s:w:o:"
#define NOINLINE __attribute__((noinline, noclone))

struct crew;

struct worker {
	_Alignas(128) _Atomic uint64_t operations; /* done; added to by the worker alone */
	struct crew *crew;
	unsigned index;
	int over; /* it need not go on, whatever the time is */
	uint64_t random, result;
	void *own; /* the storm's */
};

struct crew {
	unsigned threads, idle, inside, outside;
	double seconds;
	void (*batch)(struct worker *w); /* CREW_BATCH operations, fewer when it sets `over` */
	void (*end)(struct crew *c);     /* NULL, or called by every worker at its end: wake those who still wait */
	void *shared;                    /* the storm's */
	uint64_t begin, deadline, took;
	_Atomic int go;
	struct worker worker[CREW_THREADS];
	uint64_t slice_time[CREW_SLICES + 1], slice_processor[CREW_SLICES + 1], slice_operations[CREW_SLICES + 1];
	unsigned slices;
};

static inline uint64_t crew_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t crew_work(uint64_t x, unsigned steps)
{
	while (steps--) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

static inline uint64_t crew_draw(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	return w->random ^= w->random << 17;
}

static inline void crew_count(struct worker *w, uint64_t operations)
{
	atomic_fetch_add_explicit(&w->operations, operations, memory_order_relaxed);
}

/* `size` zero bytes, not sharing a page with others. */
static inline void *crew_memory(size_t size)
{
	void *p = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);

	if (!p)
		exit(1);
	return memset(p, 0, size);
}

/* Takes one of CREW_OPTIONS; 0 when it is none of them. */
static inline int crew_option(struct crew *c, int option, const char *value)
{
	switch (option) {
	case 't': c->threads = (unsigned)atoi(value); return 1;
	case 'i': c->idle = (unsigned)atoi(value); return 1;
	case 's': c->seconds = atof(value); return 1;
	case 'w': c->inside = (unsigned)atoi(value); return 1;
	case 'o': c->outside = (unsigned)atoi(value); return 1;
	default: return 0;
	}
}

static inline int crew_possible(const struct crew *c)
{
	return c->threads >= 1 && c->threads <= CREW_THREADS && c->seconds > 0 && c->seconds <= 600;
}

static inline uint64_t crew_operations(struct crew *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->threads; i++)
		sum += atomic_load_explicit(&c->worker[i].operations, memory_order_relaxed);
	return sum;
}

/* Of worker 0: notes how far all are whenever another slice of the time is over. */
static inline void crew_slice(struct crew *c, uint64_t time)
{
	uint64_t length = (c->deadline - c->begin) / CREW_SLICES;

	if (c->slices > CREW_SLICES || time < c->begin + c->slices * length)
		return;
	c->slice_time[c->slices] = time;
	c->slice_processor[c->slices] = crew_now(CLOCK_PROCESS_CPUTIME_ID);
	c->slice_operations[c->slices++] = crew_operations(c);
}

static inline void crew_worker(struct worker *w)
{
	struct crew *c = w->crew;
	uint64_t time;

	do {
		c->batch(w);
		time = crew_now(CLOCK_MONOTONIC);
		if (!w->index)
			crew_slice(c, time);
	} while (time < c->deadline && !w->over);
	if (c->end)
		c->end(c);
}

static inline void *crew_main(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&w->crew->go))
		sched_yield();
	crew_worker(w);
	return NULL;
}

static inline void *crew_idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* Before the storm gives workers what is their own. */
static inline void crew_prepare(struct crew *c)
{
	for (unsigned i = 0; i < c->threads; i++) {
		c->worker[i].crew = c;
		c->worker[i].index = i;
		c->worker[i].random = 88172645463325252u + i * 7919u;
		c->worker[i].result = i + 1;
	}
}

/* Lets them all work until the end. */
static inline void crew_run(struct crew *c)
{
	pthread_t thread[CREW_THREADS], idle;

	for (unsigned i = 0; i < c->idle; i++)
		if (pthread_create(&idle, NULL, crew_idle, NULL))
			exit(1);
	for (unsigned i = 1; i < c->threads; i++)
		if (pthread_create(&thread[i], NULL, crew_main, &c->worker[i]))
			exit(1);
	c->begin = crew_now(CLOCK_MONOTONIC);
	c->deadline = c->begin + (uint64_t)(c->seconds * 1e9);
	crew_slice(c, c->begin);
	atomic_store(&c->go, 1);
	crew_worker(&c->worker[0]);
	for (unsigned i = 1; i < c->threads; i++)
		pthread_join(thread[i], NULL);
	c->took = crew_now(CLOCK_MONOTONIC) - c->begin;
}

static inline int crew_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One line: operations a second; nanoseconds an operation (time x min(threads, processors) / operations); the lower
 * quartile, median and upper quartile of that over the slices; nanoseconds of processor time an operation, the median over
 * the slices; voluntary context switches for 1000 operations; operations. */
static inline void crew_print(struct crew *c)
{
	struct rusage usage;
	double ns[CREW_SLICES + 1] = { 0 }, processor[CREW_SLICES + 1] = { 0 };
	double count = (double)crew_operations(c), took = (double)c->took;
	double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
	double at_once = (double)c->threads < processors ? (double)c->threads : processors;
	unsigned n = 0;

	for (unsigned i = 1; i < c->slices; i++) {
		double done = (double)(c->slice_operations[i] - c->slice_operations[i - 1]);
		if (done < 1)
			continue;
		ns[n] = (double)(c->slice_time[i] - c->slice_time[i - 1]) * at_once / done;
		processor[n++] = (double)(c->slice_processor[i] - c->slice_processor[i - 1]) / done;
	}
	qsort(ns, n, sizeof(ns[0]), crew_by_value);
	qsort(processor, n, sizeof(processor[0]), crew_by_value);
	getrusage(RUSAGE_SELF, &usage);
	printf("%.0f %.2f %.2f %.2f %.2f %.2f %.3f %.0f\n", count * 1e9 / took, took * at_once / count, ns[n / 4], ns[n / 2],
	       ns[n * 3 / 4], processor[n / 2], (double)usage.ru_nvcsw * 1000 / count, count);
}

#endif
