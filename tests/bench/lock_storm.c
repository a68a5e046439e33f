/* SPDX-License-Identifier: MIT
 *
 * The lock storm: threads that do little but lock and unlock. Usage: lock_storm [OPTIONS] KIND
 *   KIND: mutex recursive errorcheck adaptive inherit try (until it succeeds) read write (of a rwlock) spin, or step, which
 *   locks nothing and is the loop alone
 *   -l N  locks, one chosen at random for each operation, a power of 2 (1)       -p  each thread has locks of its own
 * and those of tests/bench/crew.h, which also says what is printed. An operation is a lock and an unlock. Ends with 1 when
 * a lock did not keep threads apart.
 *
 * What is measured is the same machine code whoever is preloaded; it tells nothing about fairness.
 */
#include <errno.h>
#include "crew.h"

union lock {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;
};

struct guarded { /* a lock and what it guards, a cache line together */
	union lock lock;
	uint64_t count;
};

struct kind {
	const char *name;
	void (*init)(union lock *lock, int type, int protocol);
	int type, protocol;
	void (*batch)(struct worker *w);
	int exclusive;
};

static unsigned locks = 1;

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
	static NOINLINE void name(struct worker *w) \
	{ \
		uint64_t x = w->result; \
		unsigned mask = locks - 1, inside = w->crew->inside, outside = w->crew->outside; \
		struct guarded *g = w->own; \
		for (unsigned i = 0; i < CREW_BATCH; i++) { \
			if (mask) \
				g = (struct guarded *)w->own + (crew_draw(w) >> 32 & mask); \
			if (lock_it) \
				abort(); \
			if (counts) \
				g->count++; \
			x = crew_work(x, inside); \
			if (unlock_it) \
				abort(); \
			x = crew_work(x, outside); \
		} \
		w->result = x; \
		crew_count(w, CREW_BATCH); \
	}
LOCK_BATCH(mutex_batch, pthread_mutex_lock(&g->lock.mutex), pthread_mutex_unlock(&g->lock.mutex), 1)
LOCK_BATCH(try_batch, mutex_try(&g->lock.mutex), pthread_mutex_unlock(&g->lock.mutex), 1)
LOCK_BATCH(read_batch, pthread_rwlock_rdlock(&g->lock.rwlock), pthread_rwlock_unlock(&g->lock.rwlock), 0)
LOCK_BATCH(write_batch, pthread_rwlock_wrlock(&g->lock.rwlock), pthread_rwlock_unlock(&g->lock.rwlock), 1)
LOCK_BATCH(spin_batch, pthread_spin_lock(&g->lock.spin), pthread_spin_unlock(&g->lock.spin), 1)
LOCK_BATCH(step_batch, 0, 0, 0)

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
	{ "step", rwlock_init, 0, 0, step_batch, 0 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; name && i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static struct guarded *locks_make(const struct kind *kind)
{
	struct guarded *g = crew_memory(locks * sizeof(*g));

	for (unsigned i = 0; i < locks; i++)
		kind->init(&g[i].lock, kind->type, kind->protocol);
	return g;
}

/* Of one thread's locks, or of those that all share: how often they were held. */
static uint64_t locks_count(const struct guarded *g)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < locks; i++)
		sum += g[i].count;
	return sum;
}

int main(int argc, char **argv)
{
	static struct crew crew = { .threads = 1, .seconds = 1 };
	const struct kind *kind;
	uint64_t held = 0;
	int c, own = 0;

	while ((c = getopt(argc, argv, CREW_OPTIONS "l:p")) != -1) {
		if (c == 'l')
			locks = (unsigned)atoi(optarg);
		else if (c == 'p')
			own = 1;
		else if (!crew_option(&crew, c, optarg))
			return 2;
	}
	kind = kind_of(argv[optind]);
	if (!kind || !crew_possible(&crew) || !locks || locks & (locks - 1))
		return 2;
	crew.batch = kind->batch;
	crew_prepare(&crew);
	for (unsigned i = 0; i < crew.threads; i++)
		crew.worker[i].own = i && !own ? crew.worker[0].own : locks_make(kind);
	crew_run(&crew);
	crew_print(&crew);
	for (unsigned i = 0; i < (own ? crew.threads : 1); i++)
		held += locks_count(crew.worker[i].own);
	if (!kind->exclusive || held == crew_operations(&crew))
		return 0;
	fprintf(stderr, "lock_storm: the counters behind the locks are at %llu\n", (unsigned long long)held);
	return 1;
}
