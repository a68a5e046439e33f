/* SPDX-License-Identifier: MIT
 *
 * What every call on a read-write lock and on a spin lock returns, for every kind in every state: see conformance.h.
 */
#include "conformance.h"

enum state { FREE, READ, READ_TWICE, WRITTEN, OTHER_READS, OTHER_WRITES, SOON_READABLE, SOON_FREE, STATES };
static const char *const state_names[] = {"free", "read by me", "read twice", "written by me", "read by another",
	"written by another", "readable soon", "free soon"};

enum wants { NOTHING, TO_READ, TO_WRITE };

static int rdlock(void *l) { return pthread_rwlock_rdlock(l); }
static int wrlock(void *l) { return pthread_rwlock_wrlock(l); }
static int tryrdlock(void *l) { return pthread_rwlock_tryrdlock(l); }
static int trywrlock(void *l) { return pthread_rwlock_trywrlock(l); }
static int unlock(void *l) { return pthread_rwlock_unlock(l); }
static int destroy(void *l) { return pthread_rwlock_destroy(l); }

static int timedrd(void *l, struct timespec t) { return pthread_rwlock_timedrdlock(l, &t); }
static int timedwr(void *l, struct timespec t) { return pthread_rwlock_timedwrlock(l, &t); }
static int clockrd(void *l, clockid_t c, struct timespec t) { return pthread_rwlock_clockrdlock(l, c, &t); }
static int clockwr(void *l, clockid_t c, struct timespec t) { return pthread_rwlock_clockwrlock(l, c, &t); }
#define BAD ((struct timespec){2000000000, 1000000000})
#define BAD_NEGATIVE ((struct timespec){2000000000, -1})
#define PAST ((struct timespec){1, 0})

/* The timed forms of both kinds. */
#define FORMS(k) \
	static int k##_long(void *l) { return timed##k(l, on(CLOCK_REALTIME, 5000000)); } \
	static int k##_short(void *l) { return timed##k(l, on(CLOCK_REALTIME, 300)); } \
	static int k##_past(void *l) { return timed##k(l, PAST); } \
	static int k##_negative(void *l) { return timed##k(l, never); } \
	static int k##_bad(void *l) { return timed##k(l, BAD); } \
	static int k##_bad_negative(void *l) { return timed##k(l, BAD_NEGATIVE); } \
	static int k##_clock_long(void *l) { return clock##k(l, CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 5000000)); } \
	static int k##_clock_short(void *l) { return clock##k(l, CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 300)); } \
	static int k##_clock_real(void *l) { return clock##k(l, CLOCK_REALTIME, on(CLOCK_REALTIME, 300)); } \
	static int k##_clock_none(void *l) { return clock##k(l, 99, on(CLOCK_MONOTONIC, 300)); } \
	static int k##_clock_cpu(void *l) { return clock##k(l, CLOCK_THREAD_CPUTIME_ID, on(CLOCK_MONOTONIC, 300)); } \
	static int k##_clock_bad(void *l) { return clock##k(l, CLOCK_MONOTONIC, BAD); }
FORMS(rd)
FORMS(wr)
#define FORM_OPS(k, wants) \
	{"timed" #k, k##_long, wants, 1}, {"timed" #k "(short)", k##_short, wants, 0}, {"timed" #k "(past)", k##_past, wants, 0}, \
	{"timed" #k "(negative)", k##_negative, wants, 0}, {"timed" #k "(bad)", k##_bad, wants, 0}, \
	{"timed" #k "(bad, negative)", k##_bad_negative, wants, 0}, {"clock" #k, k##_clock_long, wants, 1}, \
	{"clock" #k "(short)", k##_clock_short, wants, 0}, {"clock" #k "(real)", k##_clock_real, wants, 0}, \
	{"clock" #k "(no clock)", k##_clock_none, wants, 0}, {"clock" #k "(cpu clock)", k##_clock_cpu, wants, 0}, \
	{"clock" #k "(bad)", k##_clock_bad, wants, 0}

static const struct op {
	const char *name;
	int (*call)(void *);
	enum wants wants;
	int waits; /* for ever, or for long enough */
} ops[] = {
	{"rdlock", rdlock, TO_READ, 1}, {"wrlock", wrlock, TO_WRITE, 1}, {"tryrdlock", tryrdlock, TO_READ, 0},
	{"trywrlock", trywrlock, TO_WRITE, 0}, {"unlock", unlock, NOTHING, 0}, {"destroy", destroy, NOTHING, 0},
	FORM_OPS(rd, TO_READ), FORM_OPS(wr, TO_WRITE),
};
#define OPS (sizeof(ops) / sizeof(ops[0]))

static const struct { const char *name; int kind; } kinds[] = {{"prefers readers", PTHREAD_RWLOCK_PREFER_READER_NP},
	{"prefers writers", PTHREAD_RWLOCK_PREFER_WRITER_NP}, {"prefers writers, not recursive", PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP}};

/* A call that may wait is made where it need not wait for ever: a reader with readers, or with itself as the writer. */
static int possible(enum state s, const struct op *op)
{
	if (!has_other && s >= OTHER_READS)
		return 0;
	if (s == SOON_READABLE || s == SOON_FREE)
		return op->waits && (s == SOON_READABLE || op->wants == TO_WRITE);
	if (s == OTHER_READS || s == OTHER_WRITES || s == READ || s == READ_TWICE)
		return !op->waits || (op->wants == TO_READ && s != OTHER_WRITES);
	return s != READ_TWICE || op->wants != TO_WRITE;
}

static void one(int kind, int shared, enum state s, const struct op *op)
{
	pthread_rwlock_t *l = calloc(1, sizeof(*l)); /* never freed: an address of its own */
	pthread_rwlockattr_t a;
	int error;

	pthread_rwlockattr_init(&a);
	pthread_rwlockattr_setkind_np(&a, kind);
	pthread_rwlockattr_setpshared(&a, shared);
	if (pthread_rwlock_init(l, &a))
		abort();
	if (s == READ || s == READ_TWICE)
		rdlock(l);
	if (s == READ_TWICE)
		rdlock(l);
	if (s == WRITTEN)
		wrlock(l);
	if (s == OTHER_READS || s == SOON_FREE)
		by_other(rdlock, l);
	if (s == OTHER_WRITES || s == SOON_READABLE)
		by_other(wrlock, l);
	printf("  %s:", state_names[s]);
	if (s == SOON_READABLE || s == SOON_FREE)
		other_later(1000, unlock, l);
	SAY(op->name, op->call(l));
	if (s == SOON_READABLE || s == SOON_FREE)
		SAY("the other's unlock", other_result());
	if (op->call != destroy && has_other) {
		SAY("| the other's tryrdlock", error = by_other(tryrdlock, l));
		if (!error)
			SAY("unlock", by_other(unlock, l));
		SAY("trywrlock", error = by_other(trywrlock, l));
		if (!error)
			SAY("unlock", by_other(unlock, l));
	}
	SAY("| tryrdlock", error = tryrdlock(l));
	if (!error)
		unlock(l);
	SAY("trywrlock", error = trywrlock(l));
	putchar('\n');
}

static void spin(void)
{
	static pthread_spinlock_t locks[3];
	static int n;
	pthread_spinlock_t *l = &locks[n++];

	printf("spin:");
	SAY("init", pthread_spin_init(l, PTHREAD_PROCESS_PRIVATE));
	SAY("lock", pthread_spin_lock(l));
	SAY("trylock", pthread_spin_trylock(l));
	if (has_other) {
		SAY("the other's trylock", by_other((int (*)(void *))pthread_spin_trylock, (void *)l));
		SAY("unlock", pthread_spin_unlock(l));
		SAY("the other's lock", by_other((int (*)(void *))pthread_spin_lock, (void *)l));
		SAY("trylock", pthread_spin_trylock(l));
		other_later(1000, (int (*)(void *))pthread_spin_unlock, (void *)l);
		SAY("lock", pthread_spin_lock(l));
		SAY("the other's unlock", other_result());
	}
	SAY("unlock", pthread_spin_unlock(l));
	SAY("trylock", pthread_spin_trylock(l));
	SAY("unlock", pthread_spin_unlock(l));
	SAY("unlock", pthread_spin_unlock(l));
	SAY("destroy", pthread_spin_destroy(l));
	putchar('\n');
}

static void run(void)
{
	for (int shared = 0; shared < 2; shared++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			printf("%s%s\n", kinds[k].name, shared ? ", shared" : "");
			for (size_t i = 0; i < OPS; i++) {
				for (enum state s = 0; s < STATES; s++) {
					if (possible(s, &ops[i]))
						one(kinds[k].kind, shared, s, &ops[i]);
				}
			}
		}
	}
	spin();
}

int main(void)
{
	return conformance(run);
}
