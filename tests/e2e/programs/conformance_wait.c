/* SPDX-License-Identifier: MIT
 *
 * What the calls return that wait for work: condition variables with every kind of mutex, semaphores, barriers, joins.
 * See conformance.h.
 */
#include "conformance.h"
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <signal.h>

#define BAD ((struct timespec){2000000000, 1000000000})
#define BAD_NEGATIVE ((struct timespec){2000000000, -1})
#define PAST ((struct timespec){1, 0})

struct pair {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int went; /* the signal was given */
};

static int take(void *p) { return pthread_mutex_lock(&((struct pair *)p)->mutex); }
static int give(void *p) { return pthread_mutex_unlock(&((struct pair *)p)->mutex); }
static int try(void *p) { return pthread_mutex_trylock(&((struct pair *)p)->mutex); }

static int signal_one(void *object)
{
	struct pair *p = object;
	int error = pthread_mutex_lock(&p->mutex), signalled;

	p->went = 1;
	signalled = pthread_cond_signal(&p->cond);
	return error ? error : signalled + pthread_mutex_unlock(&p->mutex);
}

static int signal_and_die(void *object)
{
	struct pair *p = object;
	int error = pthread_mutex_lock(&p->mutex);

	p->went = 1;
	pthread_cond_broadcast(&p->cond);
	return error;
}

static void after(struct pair *p)
{
	if (has_other)
		SAY("| the other's trylock", by_other(try, p));
	SAY("| unlock", give(p));
	SAY("unlock", give(p));
	putchar('\n');
}

#define TIMED(t) (ts = (t), pthread_cond_timedwait(&p->cond, &p->mutex, &ts))
#define CLOCKED(c, t) (ts = (t), pthread_cond_clockwait(&p->cond, &p->mutex, c, &ts))

static void cond_of(int type, int robust, int protocol, int shared, int monotonic)
{
	struct timespec ts;
	pthread_mutexattr_t ma;
	pthread_condattr_t ca;
	struct pair *p = calloc(1, sizeof(*p));

	pthread_mutexattr_init(&ma);
	pthread_mutexattr_settype(&ma, type);
	pthread_mutexattr_setrobust(&ma, robust);
	pthread_mutexattr_setprotocol(&ma, protocol);
	pthread_mutexattr_setpshared(&ma, shared);
	pthread_condattr_init(&ca);
	pthread_condattr_setpshared(&ca, shared);
	pthread_condattr_setclock(&ca, monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME);
	printf("cond, mutex of type %d%s%s%s%s\n  nobody:", type, robust ? " robust" : "", protocol ? " inherit" : "",
	       shared ? " shared" : "", monotonic ? " monotonic" : "");
	SAY("init", pthread_mutex_init(&p->mutex, &ma));
	SAY("init", pthread_cond_init(&p->cond, &ca));
	SAY("signal", pthread_cond_signal(&p->cond));
	SAY("broadcast", pthread_cond_broadcast(&p->cond));
	if (type == PTHREAD_MUTEX_ERRORCHECK || robust) {
		SAY("wait, not mine", pthread_cond_wait(&p->cond, &p->mutex));
		SAY("timedwait, not mine", TIMED(on(CLOCK_REALTIME, 300)));
		SAY("clockwait, not mine", CLOCKED(CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 300)));
	}
	printf("\n  mine:");
	take(p);
	SAY("timedwait", TIMED(on(monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, 300)));
	SAY("past", TIMED(PAST));
	SAY("negative", TIMED(never));
	SAY("bad", TIMED(BAD));
	SAY("bad, negative", TIMED(BAD_NEGATIVE));
	SAY("clockwait", CLOCKED(CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 300)));
	SAY("past", CLOCKED(CLOCK_MONOTONIC, ((struct timespec){0, 1})));
	SAY("real", CLOCKED(CLOCK_REALTIME, on(CLOCK_REALTIME, 300)));
	SAY("no clock", CLOCKED(99, on(CLOCK_REALTIME, 300)));
	SAY("cpu clock", CLOCKED(CLOCK_PROCESS_CPUTIME_ID, on(CLOCK_REALTIME, 300)));
	SAY("bad", CLOCKED(CLOCK_MONOTONIC, BAD));
	after(p);
	if (type == PTHREAD_MUTEX_RECURSIVE) {
		printf("  mine twice:");
		take(p);
		take(p);
		SAY("clockwait", CLOCKED(CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 300)));
		after(p);
	}
	if (has_other) {
		printf("  signalled:");
		take(p);
		other_later(500, signal_one, p);
		while (!p->went)
			SAY("wait", pthread_cond_wait(&p->cond, &p->mutex));
		SAY("the other's signal", other_result());
		p->went = 0;
		other_later(500, signal_one, p);
		while (!p->went)
			SAY("timedwait", TIMED(on(monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, 5000000)));
		SAY("the other's signal", other_result());
		p->went = 0;
		other_later(500, signal_one, p);
		while (!p->went)
			SAY("clockwait", CLOCKED(CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 5000000)));
		SAY("the other's signal", other_result());
		after(p);
	}
	if (has_other && robust) {
		struct order order = {signal_and_die, p, 500};
		pthread_t mortal;
		int result = 0;

		printf("  signalled by one who dies:");
		p->went = 0;
		take(p);
		if (pthread_create(&mortal, NULL, call_and_end, &order))
			abort();
		while (!p->went)
			SAY("wait", result = pthread_cond_wait(&p->cond, &p->mutex));
		pthread_join(mortal, NULL);
		if (result == EOWNERDEAD)
			SAY("consistent", pthread_mutex_consistent(&p->mutex));
		after(p);
	}
	printf("  at last:");
	SAY("destroy", pthread_cond_destroy(&p->cond));
	SAY("destroy", pthread_mutex_destroy(&p->mutex));
	putchar('\n');
}

static int post(void *s)
{
	return sem_post(s) ? errno : 0;
}

static void nothing(int signal)
{
	(void)signal;
}

static volatile int come_back;

/* Again until it has been of use: the first one may come before the wait begins. */
static int interrupt(void *thread)
{
	while (!come_back) {
		pthread_kill(*(pthread_t *)thread, SIGUSR1);
		rest(1000);
	}
	return 0;
}

static int interrupt_and_post(void *s)
{
	for (int i = 0; i < 3; i++) {
		kill(getpid(), SIGUSR1);
		rest(500);
	}
	return post(s);
}

#define SEM_TIMED(t) (ts = (t), sem_timedwait(s, &ts))
#define SEM_CLOCKED(c, t) (ts = (t), sem_clockwait(s, c, &ts))

static void sem_timeouts(sem_t *s)
{
	struct timespec ts;
	int value;

	SAY("timedwait", SEM_TIMED(on(CLOCK_REALTIME, 300)));
	SAY("past", SEM_TIMED(PAST));
	SAY("negative", SEM_TIMED(never));
	SAY("bad", SEM_TIMED(BAD));
	SAY("bad, negative", SEM_TIMED(BAD_NEGATIVE));
	SAY("clockwait", SEM_CLOCKED(CLOCK_MONOTONIC, on(CLOCK_MONOTONIC, 300)));
	SAY("no clock", SEM_CLOCKED(99, on(CLOCK_MONOTONIC, 300)));
	SAY("cpu clock", SEM_CLOCKED(CLOCK_PROCESS_CPUTIME_ID, on(CLOCK_MONOTONIC, 300)));
	SAY("bad", SEM_CLOCKED(CLOCK_MONOTONIC, BAD));
	sem_getvalue(s, &value);
	printf(" value %d\n", value);
}

static void sem_of(int shared)
{
	sem_t *s = calloc(1, sizeof(*s));
	pthread_t me = pthread_self();
	struct sigaction action = {.sa_handler = nothing};
	int value = 0;

	printf("sem%s:", shared ? " shared" : "");
	SAY("init too much", sem_init(s, shared, SEM_VALUE_MAX + 1u));
	SAY("init", sem_init(s, shared, 2));
	SAY("wait", sem_wait(s));
	SAY("trywait", sem_trywait(s));
	SAY("trywait", sem_trywait(s));
	SAY("post", sem_post(s));
	SAY("getvalue", sem_getvalue(s, &value));
	printf(" value %d\n  free:", value);
	for (int i = 0; i < 8; i++)
		sem_post(s);
	sem_timeouts(s);
	while (!sem_trywait(s))
		;
	printf("  taken:");
	sem_timeouts(s);
	if (has_other) {
		printf("  posted:");
		other_later(1000, post, s);
		SAY("wait", sem_wait(s));
		SAY("the other's post", other_result());
		sigaction(SIGUSR1, &action, NULL);
		come_back = 0;
		other_later(1000, interrupt, &me);
		SAY("interrupted", sem_wait(s));
		come_back = 1;
		SAY("the other's kill", other_result());
		action.sa_flags = SA_RESTART;
		sigaction(SIGUSR1, &action, NULL);
		other_later(1000, interrupt_and_post, s);
		SAY("restarted", sem_wait(s));
		SAY("the other's kill", other_result());
		putchar('\n');
	}
	SAY("init", sem_init(s, shared, SEM_VALUE_MAX));
	SAY("overflow", sem_post(s));
	SAY("destroy", sem_destroy(s));
	putchar('\n');
}

static void named(void)
{
	char name[64];
	sem_t *s;

	snprintf(name, sizeof(name), "/culprit-conformance-%d", (int)getpid());
	printf("sem named:");
	SAY("open none", sem_open(name, 0) == SEM_FAILED ? errno : 0);
	s = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
	SAY("open", s == SEM_FAILED ? errno : 0);
	SAY("open again", sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED ? errno : 0);
	SAY("wait", sem_wait(s));
	SAY("trywait", sem_trywait(s));
	SAY("post", sem_post(s));
	SAY("close", sem_close(s));
	SAY("unlink", sem_unlink(name));
	SAY("unlink", sem_unlink(name));
	putchar('\n');
}

static int meet(void *barrier) { return pthread_barrier_wait(barrier); }

static void barriers(void)
{
	pthread_barrier_t *b = calloc(1, sizeof(*b));

	printf("barrier:");
	SAY("init 0", pthread_barrier_init(b, NULL, 0));
	SAY("init 1", pthread_barrier_init(b, NULL, 1));
	SAY("wait", pthread_barrier_wait(b));
	SAY("wait", pthread_barrier_wait(b));
	SAY("destroy", pthread_barrier_destroy(b));
	if (has_other) {
		SAY("init 2", pthread_barrier_init(b, NULL, 2));
		for (int i = 0; i < 3; i++) {
			int mine;

			other_later(300, meet, b);
			mine = pthread_barrier_wait(b);
			SAY("both", mine + other_result());
		}
		SAY("destroy", pthread_barrier_destroy(b));
	}
	putchar('\n');
}

static void *ends(void *arg)
{
	rest((long)arg);
	return arg;
}

static void *exits(void *arg) { pthread_exit(arg); }

static void *stays(void *fd)
{
	char c;

	return (void *)(long)read(*(int *)fd, &c, 1);
}

static void joins(void)
{
	struct timespec ts;
	int hold[2];
	pthread_attr_t attributes;
	pthread_t t;
	void *result = NULL;

	if (!has_other || pipe(hold))
		return;
	printf("join:");
	SAY("create", pthread_create(&t, NULL, ends, (void *)1000));
	SAY("join", pthread_join(t, &result));
	SAY("result", (int)(long)result);
	SAY("create", pthread_create(&t, NULL, exits, (void *)1005));
	SAY("join", pthread_join(t, &result));
	SAY("result", (int)(long)result);
	SAY("myself", pthread_join(pthread_self(), NULL));
	SAY("timed, myself", (ts = PAST, pthread_timedjoin_np(pthread_self(), NULL, &ts)));
	SAY("create", pthread_create(&t, NULL, stays, &hold[0]));
	SAY("tryjoin", pthread_tryjoin_np(t, NULL));
	SAY("timedjoin", (ts = on(CLOCK_REALTIME, 300), pthread_timedjoin_np(t, NULL, &ts)));
	SAY("past", (ts = PAST, pthread_timedjoin_np(t, NULL, &ts)));
	SAY("clockjoin", (ts = on(CLOCK_MONOTONIC, 300), pthread_clockjoin_np(t, NULL, CLOCK_MONOTONIC, &ts)));
	SAY("no clock", (ts = on(CLOCK_MONOTONIC, 300), pthread_clockjoin_np(t, NULL, 99, &ts)));
	SAY("setname", pthread_setname_np(t, "a name"));
	SAY("too long", pthread_setname_np(t, "a name that is too long"));
	SAY("detach", pthread_detach(t));
	SAY("detach", pthread_detach(t));
	SAY("join", pthread_join(t, NULL));
	close(hold[1]);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	SAY("create detached", pthread_create(&t, &attributes, ends, (void *)100));
	SAY("setstacksize", pthread_attr_setstacksize(&attributes, (size_t)1 << 46));
	SAY("create too large", pthread_create(&t, &attributes, ends, NULL));
	pthread_attr_destroy(&attributes);
	SAY("create", pthread_create(&t, NULL, ends, (void *)60000000));
	SAY("cancel", pthread_cancel(t));
	SAY("join", pthread_join(t, &result));
	SAY("cancelled", result == PTHREAD_CANCELED ? 0 : 1);
	close(hold[0]);
	putchar('\n');
}

static void run(void)
{
	static const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
		PTHREAD_MUTEX_ADAPTIVE_NP};

	for (int bits = 0; bits < 16; bits++) {
		for (int type = 0; type < 4; type++)
			cond_of(types[type], bits & 1, bits & 2 ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE, !!(bits & 4), !!(bits & 8));
	}
	sem_of(0);
	sem_of(1);
	named();
	barriers();
	joins();
}

int main(void)
{
	return conformance(run);
}
