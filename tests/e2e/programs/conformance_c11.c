/* SPDX-License-Identifier: MIT
 *
 * What the calls of C11's threads return, for every kind of mutex in every state: see conformance.h.
 */
#define SAY_RESULT word
static const char *word(int result);
#include "conformance.h"
#include <threads.h>

static const char *word(int result)
{
	switch (result) {
	case thrd_success: return "success";
	case thrd_busy: return "busy";
	case thrd_error: return "error";
	case thrd_nomem: return "nomem";
	case thrd_timedout: return "timedout";
	default: return code(result);
	}
}

static int lock(void *m) { return mtx_lock(m); }
static int trylock(void *m) { return mtx_trylock(m); }
static int unlock(void *m) { return mtx_unlock(m); }

#define PAST (&(struct timespec){1, 0})
#define BAD (&(struct timespec){2000000000, 1000000000})

static void mutex_of(int type)
{
	mtx_t *m = calloc(1, sizeof(*m));
	struct timespec t;
	int made = mtx_init(m, type);

	printf("mtx %d: init %s", type, word(made));
	if (made != thrd_success) {
		putchar('\n');
		return;
	}
	SAY("trylock", mtx_trylock(m));
	SAY("trylock", mtx_trylock(m));
	if (type & mtx_recursive)
		SAY("lock", mtx_lock(m));
	SAY("timedlock", (t = on(CLOCK_REALTIME, 300), mtx_timedlock(m, &t)));
	SAY("past", mtx_timedlock(m, PAST));
	SAY("bad", mtx_timedlock(m, BAD));
	if (has_other) {
		SAY("the other's trylock", by_other(trylock, m));
		SAY("the other's unlock", by_other(unlock, m));
	}
	SAY("unlock", mtx_unlock(m));
	SAY("unlock", mtx_unlock(m));
	SAY("unlock", mtx_unlock(m));
	if (has_other) {
		mtx_init(m, type);
		SAY("| the other's lock", by_other(lock, m));
		SAY("trylock", mtx_trylock(m));
		SAY("timedlock", (t = on(CLOCK_REALTIME, 300), mtx_timedlock(m, &t)));
		SAY("bad", mtx_timedlock(m, BAD));
		other_later(1000, unlock, m);
		SAY("lock", mtx_lock(m));
		SAY("the other's unlock", other_result());
		SAY("unlock", mtx_unlock(m));
		by_other(lock, m);
		other_later(1000, unlock, m);
		SAY("timedlock", (t = on(CLOCK_REALTIME, 5000000), mtx_timedlock(m, &t)));
		SAY("the other's unlock", other_result());
		SAY("unlock", mtx_unlock(m));
	}
	mtx_destroy(m);
	putchar('\n');
}

static struct {
	mtx_t mutex;
	cnd_t cond;
	int went;
} gate;

static int signal_gate(void *unused)
{
	(void)unused;
	mtx_lock(&gate.mutex);
	gate.went = 1;
	cnd_signal(&gate.cond);
	return mtx_unlock(&gate.mutex);
}

static void conditions(void)
{
	struct timespec t;

	printf("cnd:");
	SAY("init", mtx_init(&gate.mutex, mtx_plain));
	SAY("init", cnd_init(&gate.cond));
	SAY("signal", cnd_signal(&gate.cond));
	SAY("broadcast", cnd_broadcast(&gate.cond));
	mtx_lock(&gate.mutex);
	SAY("timedwait", (t = on(CLOCK_REALTIME, 300), cnd_timedwait(&gate.cond, &gate.mutex, &t)));
	SAY("past", cnd_timedwait(&gate.cond, &gate.mutex, PAST));
	SAY("bad", cnd_timedwait(&gate.cond, &gate.mutex, BAD));
	for (int timed = 0; timed < 2 * has_other; timed++) {
		gate.went = 0;
		other_later(500, signal_gate, NULL);
		while (!gate.went) {
			if (timed)
				SAY("timedwait", (t = on(CLOCK_REALTIME, 5000000), cnd_timedwait(&gate.cond, &gate.mutex, &t)));
			else
				SAY("wait", cnd_wait(&gate.cond, &gate.mutex));
		}
		SAY("the other's signal", other_result());
	}
	SAY("trylock", mtx_trylock(&gate.mutex));
	SAY("unlock", mtx_unlock(&gate.mutex));
	cnd_destroy(&gate.cond);
	mtx_destroy(&gate.mutex);
	putchar('\n');
}

static int returns(void *arg) { return (int)(long)arg; }
static int exits(void *arg) { thrd_exit((int)(long)arg); }
static int joins_itself(void *unused) { (void)unused; return thrd_join(thrd_current(), NULL); }

static int ran;
static void run_once(void) { ran++; }

static void threads(void)
{
	static const thrd_start_t starts[] = {returns, exits, joins_itself};
	once_flag flag = ONCE_FLAG_INIT;
	thrd_t t;

	if (!has_other)
		return;
	printf("thrd:");
	for (size_t i = 0; i < 3; i++) {
		int result = -100;

		SAY("create", thrd_create(&t, starts[i], (void *)1234));
		SAY("join", thrd_join(t, &result));
		SAY("result", result);
	}
	SAY("create", thrd_create(&t, returns, NULL));
	SAY("detach", thrd_detach(t));
	SAY("equal", thrd_equal(thrd_current(), thrd_current()) != 0);
	SAY("sleep", thrd_sleep(&(struct timespec){0, 1000}, NULL));
	SAY("sleep bad", thrd_sleep(BAD, NULL));
	ran = 0;
	for (int i = 0; i < 3; i++)
		call_once(&flag, run_once);
	SAY("once", ran + 100);
	putchar('\n');
	rest(5000);
}

static void run(void)
{
	for (int type = 0; type < 4; type++)
		mutex_of(type);
	conditions();
	threads();
}

int main(void)
{
	return conformance(run);
}
