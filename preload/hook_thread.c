/* SPDX-License-Identifier: MIT
 *
 * Threads: created, joined, detached, named. The guard is open while the real functions run: what they allocate
 * and free (the table of a thread's thread-local blocks) is the program's heap as it is valgrind's. That a thread ends is recorded by
 * birth.c. A join is stamped after it is done, so that the next thread of the same pthread_t comes later.
 */
#include "preload/hook.h"

#include <errno.h>
#include <string.h>

#include "preload/birth.h"
#include "preload/real_threads.h"
#include "preload/wait.h"
#include "preload/window.h"

/* What is known of a creation before the call. */
struct creation {
	struct birth *birth; /* NULL: the thread starts unseen */
	uint64_t stamp;
	uint32_t stack;
};

static inline __attribute__((always_inline)) void create_begin(struct creation *c, const void *start, void *argument,
                                                               const uint64_t *frame)
{
	c->birth = NULL;
	if (!recorder_enter(frame))
		return;
	c->birth = birth_new(start, argument);
	c->stack = c->birth ? recorder_stack(frame) : 0;
	c->stamp = arch_stamp();
	recorder_leave();
}

static inline __attribute__((always_inline)) void create_end(const struct creation *c, int created, const pthread_t *thread,
                                                             const void *start, int detached, const uint64_t *frame)
{
	if (!c->birth)
		return;
	if (!created) {
		birth_undo(c->birth);
		return;
	}
	pthread_t made = birth_done(c->birth, thread);
	if (!recorder_enter(frame))
		return;
	birth_event(EVENT_THREAD_CREATE, made, c->stamp, (uintptr_t)start, c->stack);
	if (detached)
		birth_event(EVENT_THREAD_DETACH, made, arch_stamp(), 0, c->stack);
	recorder_leave();
}

static int is_detached(const pthread_attr_t *attr)
{
	int state = PTHREAD_CREATE_JOINABLE;
	return attr && pthread_attr_getdetachstate(attr, &state) == 0 && state == PTHREAD_CREATE_DETACHED;
}

HOOK int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *argument)
{
	const uint64_t *frame = HOOK_FRAME;
	struct creation c;
	create_begin(&c, start, argument, frame);
	int result = c.birth ? THREADS(pthread_create)(thread, attr, birth_start, c.birth)
	                     : THREADS(pthread_create)(thread, attr, start, argument);
	create_end(&c, result == 0, thread, start, is_detached(attr), frame);
	return result;
}

/* The start routine's result is an int, in a register that our start routine hands on as it is. */
HOOK int thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
	const uint64_t *frame = HOOK_FRAME;
	struct creation c;
	create_begin(&c, start, argument, frame);
	int result = c.birth ? THREADS(thrd_create)(thread, (thrd_start_t)(void (*)(void))birth_start, c.birth)
	                     : THREADS(thrd_create)(thread, start, argument);
	create_end(&c, result == thrd_success, thread, start, 0, frame);
	return result;
}

/* --- joining ----------------------------------------------------------------------------------- */

static inline void join_begin(struct wait *w, pthread_t thread, unsigned mode, const uint64_t *frame)
{
	wait_for_work(w, lock_ready(frame), (const void *)thread, LOCK_JOIN, mode, frame);
}

/* Other errors were found before there was anything to wait for. */
static inline int join_end(struct wait *w, int result)
{
	if (result == 0 || result == ETIMEDOUT)
		wait_ended(w, result ? WAIT_TIMED_OUT : 0, 1);
	else
		wait_dropped(w);
	return result;
}

HOOK int pthread_join(pthread_t thread, void **value)
{
	const uint64_t *frame = HOOK_FRAME;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	join_begin(&w, thread, 0, frame);
	return join_end(&w, THREADS(pthread_join)(thread, value));
}

HOOK int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *until)
{
	const uint64_t *frame = HOOK_FRAME;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	join_begin(&w, thread, until ? WAIT_TIMED : 0, frame);
	return join_end(&w, THREADS(pthread_timedjoin_np)(thread, value, until));
}

HOOK int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock, const struct timespec *until)
{
	const uint64_t *frame = HOOK_FRAME;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	join_begin(&w, thread, until ? WAIT_TIMED : 0, frame);
	return join_end(&w, THREADS(pthread_clockjoin_np)(thread, value, clock, until));
}

HOOK int thrd_join(thrd_t thread, int *value)
{
	const uint64_t *frame = HOOK_FRAME;
	struct wait w __attribute__((cleanup(wait_cancelled)));
	join_begin(&w, thread, 0, frame);
	int result = THREADS(thrd_join)(thread, value);
	join_end(&w, result == thrd_success ? 0 : EINVAL);
	return result;
}

/* --- detaching, naming ------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void detached(pthread_t thread, uint64_t stamp, const uint64_t *frame)
{
	if (!recorder_enter(frame))
		return;
	birth_event(EVENT_THREAD_DETACH, thread, stamp, 0, 0);
	recorder_leave();
}

/* Stamped before: right after it the thread may be over, and another have its pthread_t. */
HOOK int pthread_detach(pthread_t thread)
{
	const uint64_t *frame = HOOK_FRAME;
	uint64_t stamp = arch_stamp();
	int result = THREADS(pthread_detach)(thread);
	if (result == 0)
		detached(thread, stamp, frame);
	return result;
}

HOOK int thrd_detach(thrd_t thread)
{
	const uint64_t *frame = HOOK_FRAME;
	uint64_t stamp = arch_stamp();
	int result = THREADS(thrd_detach)(thread);
	if (result == thrd_success)
		detached(thread, stamp, frame);
	return result;
}

#define NAMED_SLOTS 256u /* that are looked through for the thread; the collector finds other names too, a second later */

/* The slot of a thread of this process, or NULL. */
static struct segment_thread *slot_of(pthread_t thread)
{
	struct segment_thread *own = recorder_slot();
	if (pthread_equal(thread, pthread_self()))
		return own;
	uint32_t count = atomic_load(&process_segment()->thread_high);
	for (uint32_t i = 0; i < count && i < NAMED_SLOTS; i++) {
		struct segment_thread *slot = window_mapped_thread(i);
		if (slot && atomic_load(&process_segment()->thread_states[i]) != SLOT_FREE && slot->image == own->image && slot->self == (uint64_t)thread)
			return slot;
	}
	return NULL;
}

HOOK int pthread_setname_np(pthread_t thread, const char *name)
{
	const uint64_t *frame = HOOK_FRAME;
	int result = THREADS(pthread_setname_np)(thread, name);
	if (result != 0 || !recorder_enter(frame))
		return result;
	struct segment_thread *slot = slot_of(thread);
	if (slot)
		strncpy(slot->name, name, sizeof slot->name - 1); /* it was short enough for the kernel */
	recorder_leave();
	return result;
}
