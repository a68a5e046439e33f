/* SPDX-License-Identifier: MIT
 *
 * Spin locks. Waiting for one is waiting, though the processor is busy with it.
 */
#include "preload/hook_lock.h"

HOOK int pthread_spin_init(pthread_spinlock_t *l, int shared)
{
	lock_ended((const void *)l, HOOK_FRAME);
	return THREADS(pthread_spin_init)(l, shared);
}

HOOK int pthread_spin_destroy(pthread_spinlock_t *l)
{
	lock_ended((const void *)l, HOOK_FRAME);
	return THREADS(pthread_spin_destroy)(l);
}

HOOK int pthread_spin_lock(pthread_spinlock_t *l)
{
	return LOCK_ACQUIRE((const void *)l, LOCK_SPIN, 0, 0, EBUSY, ETIMEDOUT, THREADS(pthread_spin_trylock)(l),
	                    THREADS(pthread_spin_lock)(l));
}

HOOK int pthread_spin_trylock(pthread_spinlock_t *l)
{
	return LOCK_TRY((const void *)l, LOCK_SPIN, 0, EBUSY, THREADS(pthread_spin_trylock)(l));
}

HOOK int pthread_spin_unlock(pthread_spinlock_t *l)
{
	return LOCK_RELEASE((const void *)l, THREADS(pthread_spin_unlock)(l));
}
