/* SPDX-License-Identifier: MIT
 *
 * C11's mutexes and condition variables. In glibc they are the POSIX ones under other names and with other results, but do
 * not pass through the POSIX names.
 */
#include "preload/hook_lock.h"

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t),
               "C11's objects are the POSIX ones");

static inline uint32_t owner_of(const mtx_t *m)
{
	return (uint32_t)__atomic_load_n(&((const pthread_mutex_t *)m)->__data.__owner, __ATOMIC_RELAXED);
}

HOOK int mtx_init(mtx_t *m, int type)
{
	lock_ended(m, HOOK_FRAME);
	return THREADS(mtx_init)(m, type);
}

HOOK void mtx_destroy(mtx_t *m)
{
	lock_ended(m, HOOK_FRAME);
	THREADS(mtx_destroy)(m);
}

HOOK int mtx_lock(mtx_t *m)
{
	return LOCK_ACQUIRE(m, LOCK_MUTEX, 0, owner_of(m), thrd_busy, thrd_timedout, THREADS(mtx_trylock)(m),
	                    THREADS(mtx_lock)(m));
}

HOOK int mtx_trylock(mtx_t *m)
{
	return LOCK_TRY(m, LOCK_MUTEX, 0, thrd_busy, THREADS(mtx_trylock)(m));
}

/* A mutex that is free is taken whatever the time says. */
HOOK int mtx_timedlock(mtx_t *restrict m, const struct timespec *restrict until)
{
	return LOCK_ACQUIRE(m, LOCK_MUTEX, WAIT_TIMED, owner_of(m), thrd_busy, thrd_timedout, THREADS(mtx_trylock)(m),
	                    THREADS(mtx_timedlock)(m, until));
}

HOOK int mtx_unlock(mtx_t *m)
{
	return LOCK_RELEASE(m, THREADS(mtx_unlock)(m));
}

HOOK int cnd_init(cnd_t *c)
{
	lock_ended(c, HOOK_FRAME);
	return THREADS(cnd_init)(c);
}

HOOK void cnd_destroy(cnd_t *c)
{
	lock_ended(c, HOOK_FRAME); /* before: it may wait for waiters to leave */
	THREADS(cnd_destroy)(c);
}

HOOK int cnd_wait(cnd_t *c, mtx_t *m)
{
	return LOCK_COND_WAIT(c, m, 0, thrd_timedout, THREADS(cnd_wait)(c, m));
}

HOOK int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict until)
{
	if (!lock_time_possible(CLOCK_REALTIME, until))
		return THREADS(cnd_timedwait)(c, m, until);
	return LOCK_COND_WAIT(c, m, WAIT_TIMED, thrd_timedout, THREADS(cnd_timedwait)(c, m, until));
}

HOOK int cnd_signal(cnd_t *c)
{
	lock_count_signal(c, HOOK_FRAME);
	return THREADS(cnd_signal)(c);
}

HOOK int cnd_broadcast(cnd_t *c)
{
	lock_count_broadcast(c, HOOK_FRAME);
	return THREADS(cnd_broadcast)(c);
}
