/* SPDX-License-Identifier: MIT
 *
 * Read-write locks: readers and writers are counted apart and wait in one queue.
 */
#include "preload/hook_lock.h"

static inline uint32_t writer_of(const pthread_rwlock_t *l)
{
	return (uint32_t)__atomic_load_n(&l->__data.__cur_writer, __ATOMIC_RELAXED);
}

HOOK int pthread_rwlock_init(pthread_rwlock_t *l, const pthread_rwlockattr_t *attributes)
{
	lock_ended(l, HOOK_FRAME);
	return THREADS(pthread_rwlock_init)(l, attributes);
}

HOOK int pthread_rwlock_destroy(pthread_rwlock_t *l)
{
	const uint64_t *frame = HOOK_FRAME;
	int r = THREADS(pthread_rwlock_destroy)(l);
	if (r == 0)
		lock_ended(l, frame);
	return r;
}

#define READ_ACQUIRE(mode, blocking)                                                         \
	LOCK_ACQUIRE(l, LOCK_RWLOCK, WAIT_READ | (mode), writer_of(l), EBUSY, ETIMEDOUT, \
	             THREADS(pthread_rwlock_tryrdlock)(l), blocking)
#define WRITE_ACQUIRE(mode, blocking)                                                        \
	LOCK_ACQUIRE(l, LOCK_RWLOCK, mode, writer_of(l), EBUSY, ETIMEDOUT,               \
	             THREADS(pthread_rwlock_trywrlock)(l), blocking)

HOOK int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	return READ_ACQUIRE(0, THREADS(pthread_rwlock_rdlock)(l));
}

HOOK int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
	return WRITE_ACQUIRE(0, THREADS(pthread_rwlock_wrlock)(l));
}

HOOK int pthread_rwlock_tryrdlock(pthread_rwlock_t *l)
{
	return LOCK_TRY(l, LOCK_RWLOCK, WAIT_READ, EBUSY, THREADS(pthread_rwlock_tryrdlock)(l));
}

HOOK int pthread_rwlock_trywrlock(pthread_rwlock_t *l)
{
	return LOCK_TRY(l, LOCK_RWLOCK, 0, EBUSY, THREADS(pthread_rwlock_trywrlock)(l));
}

HOOK int pthread_rwlock_timedrdlock(pthread_rwlock_t *l, const struct timespec *until)
{
	if (!lock_time_possible(CLOCK_REALTIME, until))
		return THREADS(pthread_rwlock_timedrdlock)(l, until);
	return READ_ACQUIRE(WAIT_TIMED, THREADS(pthread_rwlock_timedrdlock)(l, until));
}

HOOK int pthread_rwlock_timedwrlock(pthread_rwlock_t *l, const struct timespec *until)
{
	if (!lock_time_possible(CLOCK_REALTIME, until))
		return THREADS(pthread_rwlock_timedwrlock)(l, until);
	return WRITE_ACQUIRE(WAIT_TIMED, THREADS(pthread_rwlock_timedwrlock)(l, until));
}

HOOK int pthread_rwlock_clockrdlock(pthread_rwlock_t *l, clockid_t clock, const struct timespec *until)
{
	if (!lock_time_possible(clock, until))
		return THREADS(pthread_rwlock_clockrdlock)(l, clock, until);
	return READ_ACQUIRE(WAIT_TIMED, THREADS(pthread_rwlock_clockrdlock)(l, clock, until));
}

HOOK int pthread_rwlock_clockwrlock(pthread_rwlock_t *l, clockid_t clock, const struct timespec *until)
{
	if (!lock_time_possible(clock, until))
		return THREADS(pthread_rwlock_clockwrlock)(l, clock, until);
	return WRITE_ACQUIRE(WAIT_TIMED, THREADS(pthread_rwlock_clockwrlock)(l, clock, until));
}

HOOK int pthread_rwlock_unlock(pthread_rwlock_t *l)
{
	return LOCK_RELEASE(l, THREADS(pthread_rwlock_unlock)(l));
}
