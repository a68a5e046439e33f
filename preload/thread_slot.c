/* SPDX-License-Identifier: MIT
 *
 * The first free slot is taken that can be mapped, so that slots of threads that have ended are used before new ones.
 */
#include "preload/thread_slot.h"

#include <pthread.h>

#include "preload/real_threads.h"
#include "preload/sys.h"
#include "preload/window.h"

struct segment_thread *thread_slot_claim(struct segment *s, uint32_t image, uint32_t *index)
{
	for (uint32_t i = 0; i < SEGMENT_THREADS; i++) {
		_Atomic uint32_t *state = &s->thread_states[i];
		uint32_t high = atomic_load(&s->thread_high), free = SLOT_FREE;
		if (!window_reachable(i))
			continue;
		while (high < i + 1 && !atomic_compare_exchange_weak(&s->thread_high, &high, i + 1))
			;
		if (!atomic_compare_exchange_strong(state, &free, slot_claimed(image)))
			continue;
		struct segment_thread *t = window_thread(s, i);
		if (!t)
			atomic_store_explicit(state, SLOT_FREE, memory_order_release);
		*index = i;
		return t;
	}
	return NULL;
}

/* It writes the one it keeps into locks. */
int32_t thread_slot_known_tid(void)
{
	pthread_mutex_t lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	if (THREADS(pthread_mutex_lock)(&lock) != 0)
		return 0;
	int32_t tid = lock.__data.__owner;
	THREADS(pthread_mutex_unlock)(&lock);
	return tid;
}

int32_t thread_slot_tid(void)
{
	int32_t tid = sys_tid();
	return tid > 0 ? tid : thread_slot_known_tid();
}
