/* SPDX-License-Identifier: MIT
 *
 * Births lie in a fixed table: a stack of free ones without a lock, and those never used yet. One is given up by both its
 * owners, the creator and the created, whoever is last. The end of a thread is a thread-specific key's destructor: it is
 * called for return, pthread_exit and cancellation alike; it asks to be called a second time, so that the first round of the
 * program's own destructors lies before the end.
 */
#include "preload/birth.h"

#include <stdatomic.h>
#include <stddef.h>

#include "preload/arch_entry.h"
#include "preload/hook.h"
#include "preload/real_threads.h"
#include "preload/wait.h"

#define BIRTHS 4096u /* threads created but not yet running, at once */

enum { BEGUN = 1, LEFT = 2 }; /* the thread runs; its creator has gone on */

struct birth {
	const void *start;
	void *argument;
	pthread_t self; /* once BEGUN */
	_Atomic uint32_t state;
	_Atomic uint32_t next; /* number of the next free one */
};

static struct birth births[BIRTHS + 1]; /* [0] is none */
static _Atomic uint64_t free_births;    /* number of the first free one | changes << 32 */
static _Atomic uint32_t used_births;    /* those behind were never used */

static _Atomic uint32_t end_key; /* + 1; 0: not made */

static void give_back(struct birth *b)
{
	uint64_t top = atomic_load_explicit(&free_births, memory_order_relaxed), next;
	do {
		atomic_store_explicit(&b->next, (uint32_t)top, memory_order_relaxed);
		next = (((top >> 32) + 1) << 32) | (uint64_t)(b - births);
	} while (!atomic_compare_exchange_weak_explicit(&free_births, &top, next, memory_order_release, memory_order_relaxed));
}

static struct birth *take(void)
{
	uint64_t top = atomic_load_explicit(&free_births, memory_order_acquire), next;
	uint32_t used = atomic_load_explicit(&used_births, memory_order_relaxed);
	while ((uint32_t)top) {
		next = (((top >> 32) + 1) << 32) | atomic_load_explicit(&births[(uint32_t)top].next, memory_order_relaxed);
		if (atomic_compare_exchange_weak_explicit(&free_births, &top, next, memory_order_acquire, memory_order_acquire))
			return &births[(uint32_t)top];
	}
	while (used < BIRTHS)
		if (atomic_compare_exchange_weak_explicit(&used_births, &used, used + 1, memory_order_relaxed, memory_order_relaxed))
			return &births[used + 1];
	return NULL;
}

struct birth *birth_new(const void *start, void *argument)
{
	struct birth *b = take();
	if (!b)
		return NULL;
	b->start = start;
	b->argument = argument;
	atomic_store_explicit(&b->state, 0, memory_order_relaxed); /* the real create publishes it to the thread */
	return b;
}

pthread_t birth_done(struct birth *b, const pthread_t *thread)
{
	pthread_t made = 0;
	if (!(atomic_load_explicit(&b->state, memory_order_acquire) & BEGUN))
		made = *(const volatile pthread_t *)thread; /* the thread may free that memory, but it has not begun */
	if (atomic_fetch_or_explicit(&b->state, LEFT, memory_order_acq_rel) & BEGUN) {
		made = b->self;
		give_back(b);
	}
	return made;
}

void birth_undo(struct birth *b)
{
	give_back(b);
}

void birth_event(enum event_kind kind, pthread_t thread, uint64_t stamp, uint64_t size, uint32_t stack)
{
	struct event e = {.stamp = stamp, .address = (uint64_t)thread, .kind = kind, .size = size, .stack = stack};
	recorder_cells(&e, 1);
}

/* --- in the new thread ------------------------------------------------------------------------ */

static __attribute__((noinline)) void end(void *again)
{
	const uint64_t *frame = HOOK_FRAME;
	uint32_t key = atomic_load_explicit(&end_key, memory_order_relaxed);
	if (again != &end_key) {
		THREADS(pthread_setspecific)(key - 1, &end_key);
		return;
	}
	if (!recorder_enter(frame))
		return;
	struct recorder_thread *t = &recorder_thread;
	if (t->locks)
		wait_flush(t->locks);
	birth_event(EVENT_THREAD_END, pthread_self(), arch_stamp(), 0, 0);
	recorder_slot()->self = 0; /* the pthread_t may be another's soon */
	recorder_leave();
}

/* Two threads may make it at once: one of them has it made in vain. */
static uint32_t make_key(void)
{
	pthread_key_t key = 0;
	uint32_t made = atomic_load_explicit(&end_key, memory_order_relaxed);
	if (made || THREADS(pthread_key_create)(&key, end) != 0)
		return made;
	if (!atomic_compare_exchange_strong(&end_key, &made, key + 1)) {
		pthread_key_delete(key);
		return made;
	}
	return key + 1;
}

/* Early, so that it is one of the keys whose values need no memory. */
static __attribute__((constructor)) void start(void)
{
	make_key();
}

struct birth_call {
	const void *start;
	void *argument;
};

void birth_begin(struct birth *b, struct birth_call *call);

/* Called by birth_start alone. Its frame is gone before the program's start routine is entered. */
__attribute__((noinline, used)) void birth_begin(struct birth *b, struct birth_call *call)
{
	const uint64_t *frame = HOOK_FRAME;
	call->start = b->start;
	call->argument = b->argument;
	b->self = pthread_self();
	if (atomic_fetch_or_explicit(&b->state, BEGUN, memory_order_acq_rel) & LEFT)
		give_back(b);
	if (!recorder_enter(frame))
		return;
	birth_event(EVENT_THREAD_BEGIN, pthread_self(), arch_stamp(), 0, 0);
	uint32_t key = make_key();
	if (key)
		THREADS(pthread_setspecific)(key - 1, births); /* not NULL */
	recorder_leave();
}

__attribute__((naked)) void *birth_start(__attribute__((unused)) void *birth)
{
	__asm__(ARCH_ENTRY_THREAD);
}
