/* SPDX-License-Identifier: MIT
 *
 * What every call on a mutex returns, for every kind of mutex in every state: see conformance.h. After each call it
 * says what became of the mutex: whether the other thread could have it, and whether it was ours to unlock.
 */
#include "conformance.h"

enum state { FREE, MINE, MINE_TWICE, OTHERS, SOON_FREE, DEAD, SOON_DEAD, LOST, DESTROYED, STATES };
static const char *const state_names[] = {"free", "mine", "mine twice", "another's", "soon free", "owner dead",
	"owner soon dead", "not recoverable", "destroyed"};

enum when { WAITS_AT_ONCE = 1, WAITS = 2 }; /* a call that may wait for ever; that waits for long enough */

static int lock(void *m) { return pthread_mutex_lock(m); }
static int trylock(void *m) { return pthread_mutex_trylock(m); }
static int unlock(void *m) { return pthread_mutex_unlock(m); }
static int destroy(void *m) { return pthread_mutex_destroy(m); }
static int consistent(void *m) { return pthread_mutex_consistent(m); }
static int ceiling(void *m)
{
	int level = 0, error = pthread_mutex_getprioceiling(m, &level);

	return error ? error : -level;
}

static int timed(void *m, struct timespec t) { return pthread_mutex_timedlock(m, &t); }
static int clocked(void *m, clockid_t clock, struct timespec t) { return pthread_mutex_clocklock(m, clock, &t); }
static int timed_long(void *m) { return timed(m, on(CLOCK_REALTIME, 5000000)); }
static int timed_short(void *m) { return timed(m, on(CLOCK_REALTIME, 300)); }
static int timed_past(void *m) { return timed(m, (struct timespec){1, 0}); }
static int timed_negative(void *m) { return timed(m, never); }
static int timed_bad(void *m) { return timed(m, (struct timespec){2000000000, 1000000000}); }
static int timed_bad_negative(void *m) { return timed(m, (struct timespec){2000000000, -1}); }
static int clock_long(void *m) { return clocked(m, CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 5000000)); }
static int clock_short(void *m) { return clocked(m, CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 300)); }
static int clock_past(void *m) { return clocked(m, CLOCK_MONOTONIC, (struct timespec){0, 1}); }
static int clock_real(void *m) { return clocked(m, CLOCK_REALTIME, on(CLOCK_REALTIME, 300)); }
static int clock_none(void *m) { return clocked(m, 99, on(CLOCK_MONOTONIC, 300)); }
static int clock_cpu(void *m) { return clocked(m, CLOCK_PROCESS_CPUTIME_ID, on(CLOCK_MONOTONIC, 300)); }
static int clock_bad(void *m) { return clocked(m, CLOCK_MONOTONIC, (struct timespec){2000000000, 1000000000}); }

static const struct op {
	const char *name;
	int (*call)(void *);
	enum when when;
} ops[] = {
	{"lock", lock, WAITS_AT_ONCE}, {"trylock", trylock, 0}, {"unlock", unlock, 0}, {"destroy", destroy, 0},
	{"consistent", consistent, 0}, {"getprioceiling", ceiling, 0},
	{"timedlock", timed_long, WAITS}, {"timedlock(short)", timed_short, 0}, {"timedlock(past)", timed_past, 0},
	{"timedlock(negative)", timed_negative, 0}, {"timedlock(bad)", timed_bad, 0}, {"timedlock(bad, negative)", timed_bad_negative, 0},
	{"clocklock", clock_long, WAITS}, {"clocklock(short)", clock_short, 0}, {"clocklock(past)", clock_past, 0},
	{"clocklock(real)", clock_real, 0}, {"clocklock(no clock)", clock_none, 0}, {"clocklock(cpu clock)", clock_cpu, 0},
	{"clocklock(bad)", clock_bad, 0},
};
#define OPS (sizeof(ops) / sizeof(ops[0]))

static const struct { const char *name; int value; } types[] = {{"normal", PTHREAD_MUTEX_NORMAL},
	{"recursive", PTHREAD_MUTEX_RECURSIVE}, {"errorcheck", PTHREAD_MUTEX_ERRORCHECK}, {"adaptive", PTHREAD_MUTEX_ADAPTIVE_NP}};
static const struct { const char *name; int value; } protocols[] = {{"", PTHREAD_PRIO_NONE}, {" inherit", PTHREAD_PRIO_INHERIT},
	{" protect", PTHREAD_PRIO_PROTECT}};

/* Every mutex has an address of its own: some of them stay held, and on the kernel's list. */
#define MUTEXES (4 * 3 * 4 * STATES * OPS * 3)
static pthread_mutex_t mutexes[MUTEXES];
static size_t used;

struct kind { int type, protocol, robust, shared; };

static int make(pthread_mutex_t *m, const struct kind *k)
{
	pthread_mutexattr_t a;
	int error;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, k->type);
	pthread_mutexattr_setprotocol(&a, k->protocol);
	pthread_mutexattr_setrobust(&a, k->robust);
	pthread_mutexattr_setpshared(&a, k->shared);
	error = pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
	return error;
}

/* What cannot be, or would never end, is left out. */
static int possible(const struct kind *k, enum state s, const struct op *op)
{
	int knows_itself = k->type == PTHREAD_MUTEX_RECURSIVE || k->type == PTHREAD_MUTEX_ERRORCHECK;

	if (!has_other && s >= OTHERS && s != DESTROYED)
		return 0;
	if ((s == DEAD || s == SOON_DEAD || s == LOST) && !k->robust)
		return 0;
	if ((s == SOON_FREE || s == SOON_DEAD) && op->when == 0)
		return 0;
	if (s == MINE_TWICE && k->type != PTHREAD_MUTEX_RECURSIVE)
		return 0;
	if (s == LOST && op->call == unlock)
		return 0;
	if (op->when && (s == OTHERS || (s == MINE && !knows_itself)))
		return 0;
	return 1;
}

static void bring_into(pthread_mutex_t *m, enum state s, pthread_t *mortal, struct order *order)
{
	switch (s) {
	case MINE_TWICE:
		lock(m); /* fall through */
	case MINE:
		lock(m);
		break;
	case OTHERS:
	case SOON_FREE:
		by_other(lock, m);
		break;
	case LOST:
	case DEAD:
		by_mortal(lock, m);
		if (s == LOST) {
			lock(m);
			unlock(m);
		}
		break;
	case SOON_DEAD:
		*order = (struct order){lock, m, 2000};
		if (pthread_create(mortal, NULL, call_and_end, order))
			abort();
		while (!*(volatile int *)m)
			rest(50);
		break;
	case DESTROYED:
		destroy(m);
		break;
	default:
		break;
	}
}

static void one(const struct kind *k, enum state s, const struct op *op)
{
	pthread_mutex_t *m = &mutexes[used++];
	struct order order;
	pthread_t mortal;
	int error = 0;

	if (used >= MUTEXES)
		abort();
	make(m, k);
	bring_into(m, s, &mortal, &order);
	printf("  %s:", state_names[s]);
	if (s == SOON_FREE)
		other_later(1000, unlock, m);
	SAY(op->name, op->call(m));
	if (s == SOON_FREE)
		SAY("the other's unlock", other_result());
	if (s == SOON_DEAD)
		pthread_join(mortal, NULL);
	if (has_other) {
		SAY("| the other's trylock", error = by_other(trylock, m));
		if (!error || error == EOWNERDEAD)
			SAY("unlock", by_other(unlock, m));
	}
	if (s != LOST) /* glibc dies of that one, with and without help */
		SAY("| unlock", unlock(m));
	putchar('\n');
	if (s == OTHERS)
		by_other(unlock, m);
}

static void all_of(const struct kind *k)
{
	for (size_t i = 0; i < OPS; i++) {
		for (enum state s = 0; s < STATES; s++) {
			if (possible(k, s, &ops[i]))
				one(k, s, &ops[i]);
		}
	}
}

static void run(void)
{
	for (int robust = 0; robust < 2; robust++)
	for (int shared = 0; shared < 2; shared++)
	for (int protocol = 0; protocol < 3; protocol++)
	for (int type = 0; type < 4; type++) {
		struct kind k = {types[type].value, protocols[protocol].value, robust, shared};
		pthread_mutex_t trial;
		int error = make(&trial, &k);

		printf("%s%s%s%s: init %s\n", types[type].name, protocols[protocol].name, robust ? " robust" : "",
		       shared ? " shared" : "", code(error));
		if (!error)
			all_of(&k);
	}
}

int main(void)
{
	return conformance(run);
}
