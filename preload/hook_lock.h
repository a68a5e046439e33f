/* SPDX-License-Identifier: MIT
 *
 * The sequences that all hooks of locks share. `tried` and `blocking` are calls of originals, evaluated at most once and in that
 * order; `busy` is what a failing try returns. Only `busy` leads to the blocking call: whatever else the try says, the
 * original would have said.
 */
#ifndef PRELOAD_HOOK_LOCK_H
#define PRELOAD_HOOK_LOCK_H

#include <errno.h>

#include "preload/hook.h"
#include "preload/lock_hold.h"
#include "preload/lock_order.h"
#include "preload/real_threads.h"
#include "preload/wait.h"

/* A call that gets a lock: 0, which C11 calls thrd_success, and the robust mutex whose owner died. */
static inline int lock_got(int r) { return r == 0 || r == EOWNERDEAD; }

/* What a failed wait was. `timed_out`: the result that says so. A result that is neither was no wait. */
static inline __attribute__((always_inline)) void lock_waited(struct wait *w, int r, int timed_out)
{
	if (lock_got(r))
		wait_ended(w, r ? WAIT_OWNER_DIED : 0, 0);
	else if (r == timed_out)
		wait_ended(w, WAIT_TIMED_OUT, 1);
	else
		wait_dropped(w);
}

/* mode: enum wait_mode bits; its WAIT_READ says which side. The value is the call's. */
#define LOCK_ACQUIRE(lock, kind, mode, owner, busy, timed_out, tried, blocking)                              \
	({                                                                                                    \
		const uint64_t *frame_ = HOOK_FRAME;                                                          \
		struct lock_thread *t_ = lock_ready(frame_);                                                  \
		struct segment_lock *l_ = t_ ? lock_use(t_, lock, (mode) & WAIT_READ ? LOCK_USE_READ : 0, kind, frame_) : NULL; \
		int r_;                                                                                       \
		if (!l_) {                                                                                    \
			r_ = blocking;                                                                        \
		} else {                                                                                      \
			lock_order(t_, l_, lock, frame_);                                                     \
			r_ = tried;                                                                           \
			if (__builtin_expect(r_ == (busy), 0)) {                                              \
				struct wait w_ __attribute__((cleanup(wait_cancelled)));                      \
				wait_for_lock(&w_, t_, l_, lock, mode, owner, frame_);                        \
				r_ = blocking;                                                                \
				lock_waited(&w_, r_, timed_out);                                              \
			} else if (__builtin_expect(lock_got(r_), 1)) {                                       \
				lock_acquired(t_, l_, lock, (mode) & WAIT_READ ? HELD_READ : 0);              \
			}                                                                                     \
		}                                                                                             \
		r_;                                                                                           \
	})

/* A trylock of the program's own. */
#define LOCK_TRY(lock, kind, mode, busy, tried)                                                              \
	({                                                                                                    \
		const uint64_t *frame_ = HOOK_FRAME;                                                          \
		struct lock_thread *t_ = lock_ready(frame_);                                                  \
		struct segment_lock *l_ = t_ ? lock_use(t_, lock, (mode) & WAIT_READ ? LOCK_USE_READ : 0, kind, frame_) : NULL; \
		int r_ = tried;                                                                               \
		if (l_)                                                                                       \
			t_->wanted = 0;                                                                       \
		if (l_ && lock_got(r_))                                                                       \
			lock_acquired(t_, l_, lock, (mode) & WAIT_READ ? HELD_READ : 0);                      \
		else if (l_ && r_ == (busy))                                                                  \
			lock_try_failed(t_, l_, frame_);                                                      \
		r_;                                                                                           \
	})

#define LOCK_RELEASE(lock, released)                                                                               \
	({                                                                                                    \
		const uint64_t *frame_ = HOOK_FRAME;                                                          \
		struct lock_thread *t_ = lock_ready(frame_);                                                  \
		int r_;                                                                                       \
		if (!t_) {                                                                                    \
			r_ = released;                                                                        \
		} else {                                                                                      \
			struct lock_release x_;                                                               \
			lock_release_begin(t_, lock, &x_);                                                          \
			r_ = released;                                                                        \
			lock_release_end(t_, &x_, r_ == 0, frame_);                                           \
		}                                                                                             \
		r_;                                                                                           \
	})

/* Whether a timed call looks at the lock before it looks at its arguments: on a clock or time that cannot be, the original
 * is to say so itself. */
static inline int lock_time_possible(clockid_t clock, const struct timespec *t)
{
	return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && t && t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

static inline __attribute__((always_inline)) void lock_count_signal(const void *c, const uint64_t *frame)
{
	struct lock_thread *t = lock_ready(frame);
	struct segment_lock *l = t ? lock_use(t, c, LOCK_USE_WORK, LOCK_COND, frame) : NULL;
	if (l)
		l->acquisitions++;
}

/* A wait on a condition variable, which lets go of `mutex`. waited: results after which the mutex was released and taken
 * back. */
#define LOCK_COND_WAIT(cond, mutex, mode, timed_out, blocking)                                               \
	({                                                                                                    \
		const uint64_t *frame_ = HOOK_FRAME;                                                          \
		struct wait w_ __attribute__((cleanup(wait_cancelled)));                                      \
		wait_for_work(&w_, lock_ready(frame_), cond, LOCK_COND, mode, frame_);                        \
		wait_lets_go(&w_, mutex);                                                                     \
		int r_ = blocking;                                                                            \
		if (lock_got(r_) || r_ == (timed_out))                                                        \
			wait_ended(&w_, r_ == (timed_out) ? WAIT_TIMED_OUT : 0, 0);                           \
		else                                                                                          \
			wait_dropped(&w_);                                                                    \
		wait_takes_back(&w_, mutex);                                                                  \
		r_;                                                                                           \
	})

#endif
