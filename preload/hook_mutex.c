/* SPDX-License-Identifier: MIT
 *
 * Mutexes. What kind a mutex is and who owns it stands in glibc's object; static initialisers make no call.
 */
#include <sys/single_threaded.h>

#include "preload/hook_lock.h"

#define PROCESS_SHARED 128 /* in __kind */

static inline uint32_t owner_of(const pthread_mutex_t *m)
{
	return (uint32_t)__atomic_load_n(&m->__data.__owner, __ATOMIC_RELAXED);
}

HOOK int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attributes)
{
	lock_ended(m, HOOK_FRAME);
	return THREADS(pthread_mutex_init)(m, attributes);
}

HOOK int pthread_mutex_destroy(pthread_mutex_t *m)
{
	const uint64_t *frame = HOOK_FRAME;
	int r = THREADS(pthread_mutex_destroy)(m);
	if (r == 0)
		lock_ended(m, frame);
	return r;
}

/* Nobody can hold it but this thread itself or another process. The C library takes it without an atomic instruction then. */
static inline int alone(const pthread_mutex_t *m)
{
	return __libc_single_threaded && !(m->__data.__kind & PROCESS_SHARED);
}

HOOK int pthread_mutex_lock(pthread_mutex_t *m)
{
	return LOCK_ACQUIRE(m, LOCK_MUTEX, 0, owner_of(m), EBUSY, ETIMEDOUT,
	                    alone(m) ? THREADS(pthread_mutex_lock)(m) : THREADS(pthread_mutex_trylock)(m),
	                    THREADS(pthread_mutex_lock)(m));
}

HOOK int pthread_mutex_trylock(pthread_mutex_t *m)
{
	return LOCK_TRY(m, LOCK_MUTEX, 0, EBUSY, THREADS(pthread_mutex_trylock)(m));
}

HOOK int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
	return LOCK_ACQUIRE(m, LOCK_MUTEX, WAIT_TIMED, owner_of(m), EBUSY, ETIMEDOUT, THREADS(pthread_mutex_trylock)(m),
	                    THREADS(pthread_mutex_timedlock)(m, until));
}

HOOK int pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return THREADS(pthread_mutex_clocklock)(m, clock, until);
	return LOCK_ACQUIRE(m, LOCK_MUTEX, WAIT_TIMED, owner_of(m), EBUSY, ETIMEDOUT, THREADS(pthread_mutex_trylock)(m),
	                    THREADS(pthread_mutex_clocklock)(m, clock, until));
}

HOOK int pthread_mutex_unlock(pthread_mutex_t *m)
{
	return LOCK_RELEASE(m, THREADS(pthread_mutex_unlock)(m));
}
