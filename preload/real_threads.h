/* SPDX-License-Identifier: MIT
 *
 * The originals of the functions of threads and processes: one line each, THREADS_REAL(result, name, parameters). All are in libc
 * since 2.34; the condition variables have an old form of the same name on x86-64, which is not to be had by accident.
 */
#ifndef PRELOAD_REAL_THREADS_H
#define PRELOAD_REAL_THREADS_H

#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>

#define THREADS_REAL(X)                                                                                               \
	X(int, pthread_mutex_init, (pthread_mutex_t *, const pthread_mutexattr_t *))                                  \
	X(int, pthread_mutex_destroy, (pthread_mutex_t *))                                                            \
	X(int, pthread_mutex_lock, (pthread_mutex_t *))                                                               \
	X(int, pthread_mutex_trylock, (pthread_mutex_t *))                                                            \
	X(int, pthread_mutex_timedlock, (pthread_mutex_t *, const struct timespec *))                                 \
	X(int, pthread_mutex_clocklock, (pthread_mutex_t *, clockid_t, const struct timespec *))                      \
	X(int, pthread_mutex_unlock, (pthread_mutex_t *))                                                             \
	X(int, pthread_rwlock_init, (pthread_rwlock_t *, const pthread_rwlockattr_t *))                               \
	X(int, pthread_rwlock_destroy, (pthread_rwlock_t *))                                                          \
	X(int, pthread_rwlock_rdlock, (pthread_rwlock_t *))                                                           \
	X(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t *))                                                        \
	X(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t *, const struct timespec *))                             \
	X(int, pthread_rwlock_clockrdlock, (pthread_rwlock_t *, clockid_t, const struct timespec *))                  \
	X(int, pthread_rwlock_wrlock, (pthread_rwlock_t *))                                                           \
	X(int, pthread_rwlock_trywrlock, (pthread_rwlock_t *))                                                        \
	X(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t *, const struct timespec *))                             \
	X(int, pthread_rwlock_clockwrlock, (pthread_rwlock_t *, clockid_t, const struct timespec *))                  \
	X(int, pthread_rwlock_unlock, (pthread_rwlock_t *))                                                           \
	X(int, pthread_spin_init, (pthread_spinlock_t *, int))                                                        \
	X(int, pthread_spin_destroy, (pthread_spinlock_t *))                                                          \
	X(int, pthread_spin_lock, (pthread_spinlock_t *))                                                             \
	X(int, pthread_spin_trylock, (pthread_spinlock_t *))                                                          \
	X(int, pthread_spin_unlock, (pthread_spinlock_t *))                                                           \
	X(int, pthread_cond_init, (pthread_cond_t *, const pthread_condattr_t *))                                     \
	X(int, pthread_cond_destroy, (pthread_cond_t *))                                                              \
	X(int, pthread_cond_wait, (pthread_cond_t *, pthread_mutex_t *))                                              \
	X(int, pthread_cond_timedwait, (pthread_cond_t *, pthread_mutex_t *, const struct timespec *))                \
	X(int, pthread_cond_clockwait, (pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *))     \
	X(int, pthread_cond_signal, (pthread_cond_t *))                                                               \
	X(int, pthread_cond_broadcast, (pthread_cond_t *))                                                            \
	X(int, sem_init, (sem_t *, int, unsigned))                                                                    \
	X(int, sem_destroy, (sem_t *))                                                                                \
	X(int, sem_wait, (sem_t *))                                                                                   \
	X(int, sem_trywait, (sem_t *))                                                                                \
	X(int, sem_timedwait, (sem_t *, const struct timespec *))                                                     \
	X(int, sem_clockwait, (sem_t *, clockid_t, const struct timespec *))                                          \
	X(int, pthread_barrier_init, (pthread_barrier_t *, const pthread_barrierattr_t *, unsigned))                  \
	X(int, pthread_barrier_destroy, (pthread_barrier_t *))                                                        \
	X(int, pthread_barrier_wait, (pthread_barrier_t *))                                                           \
	X(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))                      \
	X(int, pthread_join, (pthread_t, void **))                                                                    \
	X(int, pthread_timedjoin_np, (pthread_t, void **, const struct timespec *))                                   \
	X(int, pthread_clockjoin_np, (pthread_t, void **, clockid_t, const struct timespec *))                        \
	X(int, pthread_detach, (pthread_t))                                                                           \
	X(int, pthread_setname_np, (pthread_t, const char *))                                                         \
	X(int, pthread_key_create, (pthread_key_t *, void (*)(void *)))                                               \
	X(int, pthread_setspecific, (pthread_key_t, const void *))                                                    \
	X(int, mtx_init, (mtx_t *, int))                                                                              \
	X(void, mtx_destroy, (mtx_t *))                                                                               \
	X(int, mtx_lock, (mtx_t *))                                                                                   \
	X(int, mtx_trylock, (mtx_t *))                                                                                \
	X(int, mtx_timedlock, (mtx_t *, const struct timespec *))                                                     \
	X(int, mtx_unlock, (mtx_t *))                                                                                 \
	X(int, cnd_init, (cnd_t *))                                                                                   \
	X(void, cnd_destroy, (cnd_t *))                                                                               \
	X(int, cnd_wait, (cnd_t *, mtx_t *))                                                                          \
	X(int, cnd_timedwait, (cnd_t *, mtx_t *, const struct timespec *))                                            \
	X(int, cnd_signal, (cnd_t *))                                                                                 \
	X(int, cnd_broadcast, (cnd_t *))                                                                              \
	X(int, thrd_create, (thrd_t *, thrd_start_t, void *))                                                         \
	X(int, thrd_join, (thrd_t, int *))                                                                            \
	X(int, thrd_detach, (thrd_t))                                                                                 \
	X(pid_t, wait, (int *))                                                                                       \
	X(pid_t, waitpid, (pid_t, int *, int))                                                                        \
	X(pid_t, wait3, (int *, int, struct rusage *))                                                                \
	X(pid_t, wait4, (pid_t, int *, int, struct rusage *))                                                         \
	X(int, waitid, (idtype_t, id_t, siginfo_t *, int))                                                            \
	X(int, prctl, (int, ...))                                                                                     \
	X(long, syscall, (long, ...))

#define THREADS_MEMBER(result, name, parameters) result(*name) parameters;

struct real_threads {
	THREADS_REAL(THREADS_MEMBER)
};

/* All NULL before real_threads_resolve. */
extern struct real_threads real_threads;

/* Fills it, if it is not. Any thread. */
void real_threads_resolve(void);

/* The original: THREADS(pthread_mutex_lock)(m). */
#define THREADS(name) (__builtin_expect(real_threads.name != 0, 1) ? real_threads.name : (real_threads_resolve(), real_threads.name))

#endif
