/* SPDX-License-Identifier: MIT
 *
 * Condition variables: the wait is for work, and the mutex is held by nobody of ours meanwhile. The C library takes the mutex
 * back by itself, so that waiting for it again is part of the time blocked. Signals are counted, not timed.
 */
#include "preload/hook_lock.h"

HOOK int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *attributes)
{
	lock_ended(c, HOOK_FRAME);
	return THREADS(pthread_cond_init)(c, attributes);
}

HOOK int pthread_cond_destroy(pthread_cond_t *c)
{
	lock_ended(c, HOOK_FRAME); /* before: it may wait for waiters to leave */
	return THREADS(pthread_cond_destroy)(c);
}

HOOK int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return LOCK_COND_WAIT(c, m, 0, ETIMEDOUT, THREADS(pthread_cond_wait)(c, m));
}

HOOK int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	if (!lock_time_possible(CLOCK_REALTIME, until))
		return THREADS(pthread_cond_timedwait)(c, m, until);
	return LOCK_COND_WAIT(c, m, WAIT_TIMED, ETIMEDOUT, THREADS(pthread_cond_timedwait)(c, m, until));
}

HOOK int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	if (!lock_time_possible(clock, until))
		return THREADS(pthread_cond_clockwait)(c, m, clock, until);
	return LOCK_COND_WAIT(c, m, WAIT_TIMED, ETIMEDOUT, THREADS(pthread_cond_clockwait)(c, m, clock, until));
}

HOOK int pthread_cond_signal(pthread_cond_t *c)
{
	lock_count_signal(c, HOOK_FRAME);
	return THREADS(pthread_cond_signal)(c);
}

HOOK int pthread_cond_broadcast(pthread_cond_t *c)
{
	lock_count_broadcast(c, HOOK_FRAME);
	return THREADS(pthread_cond_broadcast)(c);
}
