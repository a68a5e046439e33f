/* SPDX-License-Identifier: MIT
 *
 * Mutexes. What kind a mutex is and who owns it stands in glibc's object; static initialisers make no call.
 */
#include <linux/futex.h>
#include <sys/single_threaded.h>

#include "preload/hook_lock.h"

/* In __kind. */
#define ROBUST 16
#define PROCESS_SHARED 128

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

/* Of robust mutexes the word is only looked at: the C library's trylock, on one that cannot be recovered any more, fails and
 * leaves it locked. Who comes in between is waited for unseen. */
static inline int robust_busy(const struct lock_thread *t, const pthread_mutex_t *m)
{
	uint32_t word = (uint32_t)__atomic_load_n(&m->__data.__lock, __ATOMIC_RELAXED);
	uint32_t owner = word & FUTEX_TID_MASK;
	return owner && owner != t->tid && !(word & FUTEX_OWNER_DIED);
}

#define MUTEX_ACQUIRE(mode, blocking)                                                                         \
	LOCK_ACQUIRE(m, LOCK_MUTEX, mode, owner_of(m), EBUSY, ETIMEDOUT,                                       \
	             __builtin_expect(m->__data.__kind & ROBUST, 0) ? (robust_busy(t_, m) ? EBUSY : (blocking)) \
	             : alone(m)                                     ? (blocking)                               \
	                                                            : THREADS(pthread_mutex_trylock)(m),      \
	             blocking)

HOOK int pthread_mutex_lock(pthread_mutex_t *m)
{
	return MUTEX_ACQUIRE(0, THREADS(pthread_mutex_lock)(m));
}

HOOK int pthread_mutex_trylock(pthread_mutex_t *m)
{
	return LOCK_TRY(m, LOCK_MUTEX, 0, EBUSY, THREADS(pthread_mutex_trylock)(m));
}

HOOK int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
	return MUTEX_ACQUIRE(WAIT_TIMED, THREADS(pthread_mutex_timedlock)(m, until));
}

HOOK int pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clock, const struct timespec *until)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return THREADS(pthread_mutex_clocklock)(m, clock, until);
	return MUTEX_ACQUIRE(WAIT_TIMED, THREADS(pthread_mutex_clocklock)(m, clock, until));
}

HOOK int pthread_mutex_unlock(pthread_mutex_t *m)
{
	return LOCK_RELEASE(m, THREADS(pthread_mutex_unlock)(m));
}
