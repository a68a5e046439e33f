/* SPDX-License-Identifier: MIT
 *
 * Semaphores and barriers: waiting for work. A semaphore is tried first, and only one that is not free is a wait;
 * what the real function would refuse even of a free one (a clock, a time that is none) goes straight to it.
 * sem_wait and sem_timedwait act on a pending cancellation before they look at the semaphore, sem_clockwait only when it blocks.
 */
#include "preload/hook.h"

#include <errno.h>

#include "preload/real_threads.h"
#include "preload/wait.h"

static inline int is_time(const struct timespec *t)
{
	return t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

/* 1: it was free, and is taken. errno stays. */
static inline int taken(sem_t *s)
{
	int saved = errno, done = THREADS(sem_trywait)(s) == 0;
	errno = saved;
	return done;
}

/* A wait that a handler interrupted was one; what was refused was none. */
static inline int sem_end(struct wait *w, int result)
{
	int why = result ? errno : 0;
	if (why == 0 || why == EINTR || why == ETIMEDOUT)
		wait_ended(w, why == ETIMEDOUT ? WAIT_TIMED_OUT : 0, 1);
	else
		wait_dropped(w);
	return result;
}

HOOK int sem_wait(sem_t *s)
{
	const uint64_t *frame = HOOK_FRAME;
	struct lock_thread *t = lock_ready(frame);
	if (!t)
		return THREADS(sem_wait)(s);
	pthread_testcancel();
	if (taken(s))
		return 0;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	wait_for_work(&w, t, s, LOCK_SEM, 0, frame);
	return sem_end(&w, THREADS(sem_wait)(s));
}

HOOK int sem_timedwait(sem_t *restrict s, const struct timespec *restrict until)
{
	const uint64_t *frame = HOOK_FRAME;
	struct lock_thread *t = lock_ready(frame);
	if (!t || !is_time(until))
		return THREADS(sem_timedwait)(s, until);
	pthread_testcancel();
	if (taken(s))
		return 0;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	wait_for_work(&w, t, s, LOCK_SEM, WAIT_TIMED, frame);
	return sem_end(&w, THREADS(sem_timedwait)(s, until));
}

HOOK int sem_clockwait(sem_t *restrict s, clockid_t clock, const struct timespec *restrict until)
{
	const uint64_t *frame = HOOK_FRAME;
	struct lock_thread *t = lock_ready(frame);
	if (!t || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || !is_time(until))
		return THREADS(sem_clockwait)(s, clock, until);
	if (taken(s))
		return 0;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	wait_for_work(&w, t, s, LOCK_SEM, WAIT_TIMED, frame);
	return sem_end(&w, THREADS(sem_clockwait)(s, clock, until));
}

/* The life ends before the real call: right after it the memory may be another's. */
HOOK int sem_init(sem_t *s, int shared, unsigned value)
{
	lock_ended(s, HOOK_FRAME);
	return THREADS(sem_init)(s, shared, value);
}

HOOK int sem_destroy(sem_t *s)
{
	lock_ended(s, HOOK_FRAME);
	return THREADS(sem_destroy)(s);
}

/* --- barriers ---------------------------------------------------------------------------------- */

/* The last to come is the one that is told so, and does not wait. */
HOOK int pthread_barrier_wait(pthread_barrier_t *b)
{
	const uint64_t *frame = HOOK_FRAME;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	wait_for_work(&w, lock_ready(frame), b, LOCK_BARRIER, 0, frame);
	int result = THREADS(pthread_barrier_wait)(b);
	if (result == 0)
		wait_ended(&w, 0, 1);
	else
		wait_dropped(&w);
	return result;
}

HOOK int pthread_barrier_init(pthread_barrier_t *restrict b, const pthread_barrierattr_t *restrict attr, unsigned count)
{
	lock_ended(b, HOOK_FRAME);
	return THREADS(pthread_barrier_init)(b, attr, count);
}

HOOK int pthread_barrier_destroy(pthread_barrier_t *b)
{
	lock_ended(b, HOOK_FRAME);
	return THREADS(pthread_barrier_destroy)(b);
}
