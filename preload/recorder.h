/* SPDX-License-Identifier: MIT
 *
 * A thread's recorder: the guard against re-entrancy, the stack cache, and the way into its ring.
 * It lives in the thread's slot of the segment (`own`), so that nothing need be freed when the
 * thread ends; the thread's static TLS holds only what every hook looks at.
 *
 * A hook:
 *
 *     if (!recorder_enter(frame)) return real.f(...);    re-entered, off, or before the start
 *     result = real.f(...);
 *     recorder_event(EVENT_..., address, size, frame);
 *     recorder_leave();
 *
 * The guard is shut around the real call as well: what an allocator does inside is not the program's.
 *
 * In a sampled recording most blocks are left out, here and at once: a comparison and a subtraction for an allocation, a
 * load for a free, no stack, no stamp. Where everything is recorded `until` is 0, and all of that is one comparison.
 */
#ifndef PRELOAD_RECORDER_H
#define PRELOAD_RECORDER_H

#include <stdint.h>

#include "preload/arch.h"
#include "preload/lock_cell.h"
#include "preload/process.h"
#include "preload/ring.h"
#include "preload/sample.h"
#include "trace/event.h"

struct recorder;
struct lock_thread;

struct recorder_thread {
	uint64_t key;          /* process_live.key this thread's recorder is for */
	const uint64_t *guard; /* frame address of the hook we are in; NULL: in none */
	uint32_t turn;         /* *process_live.turn when we last looked: even */
	uint32_t locks_turn;   /* the same for `locks`; odd: they are nobody's, or another process's */
	uint64_t guard_return; /* that hook's return address, to tell a dead frame from a live one */
	struct recorder *recorder;
	struct lock_thread *locks; /* NULL: not needed yet, or not to be had; see lock.h */
	uint64_t until;    /* bytes to the next point of the sample (sample.h); 0: everything is recorded */
	uint64_t left_out; /* allocations that no point fell on */
	uint32_t refusals; /* times it found no slot */
	uint32_t missed;   /* events of handlers that came while it looked for one */
};

extern HERE __thread struct recorder_thread recorder_thread;

/* The frame a hook hands on: where its return address and its caller's frame pointer are. */
#define HOOK_FRAME ((const uint64_t *)__builtin_frame_address(0))

/* Not the fast path: a guard that may be stale, a process to start, a fork noticed. 1: go on and record. */
int recorder_enter_slow(const uint64_t *frame);

/* 1: the guard is shut now, the hook records and leaves. 0: it passes through. Any thread. */
static inline __attribute__((always_inline)) int recorder_enter(const uint64_t *frame)
{
	struct recorder_thread *t = &recorder_thread;
	const _Atomic uint32_t *at = atomic_load_explicit(&process_live.turn, memory_order_relaxed);
	if (__builtin_expect(!at, 0))
		return recorder_enter_slow(frame);
	uint32_t turn = atomic_load_explicit(at, memory_order_relaxed);
	if (__builtin_expect(turn & 1, 0))
		return 0;
	if (__builtin_expect(t->turn == turn && t->key == atomic_load_explicit(&process_live.key, memory_order_relaxed) && !t->guard,
	                     1)) {
		t->guard = frame;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		t->guard_return = frame[1];
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		t->guard = frame; /* again: a handler between the two stores took it for stale, and left it open */
		return 1;
	}
	return recorder_enter_slow(frame);
}

static inline __attribute__((always_inline)) void recorder_leave(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	recorder_thread.guard = 0;
}

/* Events that are recorded; the inline functions below decide which are. */
void recorder_record(enum event_kind kind, const void *address, uint64_t size, const uint64_t *frame);
void recorder_record_realloc(const void *old, uint64_t old_stamp, const void *new, uint64_t size, const uint64_t *frame);
/* A block that is left out has taken the place of one in the sample whose end was not seen, or perhaps of locks. `moved` 0:
 * it was there before. */
void recorder_found(uint64_t address, uint64_t size, int moved);

/* 1: no point of the sample has fallen on this block. */
static inline __attribute__((always_inline)) int recorder_leaves_out(const void *block, uint64_t size, int moved)
{
	struct recorder_thread *t = &recorder_thread;
	uint64_t address = (uint64_t)block, weight = size + !size; /* a block of no bytes would never be in the sample */
	if (__builtin_expect(weight >= t->until, 1))
		return 0;
	t->until -= weight;
	t->left_out++;
	if (__builtin_expect(sample_may_hold(address), 0) ||
	    __builtin_expect(address < atomic_load_explicit(&lock_heap_high, memory_order_relaxed) &&
	                             address + size > atomic_load_explicit(&lock_heap_low, memory_order_relaxed), 0))
		recorder_found(address, size, moved);
	return 1;
}

/* 1: this block, being freed, is not in the sample. */
static inline __attribute__((always_inline)) int recorder_left_out(const void *block)
{
	uint64_t address = (uint64_t)block;
	return __builtin_expect(recorder_thread.until != 0, 0) && (!sample_may_hold(address) || !sample_remove(address));
}

/* Records an event of the heap, stamped now, if its block is one to be recorded. Inside the guard. */
static inline __attribute__((always_inline)) void recorder_event(enum event_kind kind, const void *address, uint64_t size,
                                                                 const uint64_t *frame)
{
	if (event_is_alloc(kind) ? !recorder_leaves_out(address, size, 1) : !recorder_left_out(address))
		recorder_record(kind, address, size, frame);
}

/* Before a block (NULL: none) is resized: the time of its end, 0 if that is not to be recorded. Inside the guard. */
static inline __attribute__((always_inline)) uint64_t recorder_resize(const void *old)
{
	return recorder_thread.until && (!old || recorder_left_out(old)) ? 0 : arch_stamp();
}

/* It was not resized, and lives on. */
static inline __attribute__((always_inline)) void recorder_resize_failed(const void *old, uint64_t old_stamp)
{
	if (__builtin_expect(recorder_thread.until != 0, 0) && old_stamp)
		sample_add((uint64_t)old); /* its place is free, or was taken by another in the sample: then its end is not seen */
}

/* Records a reallocation: the end of `old`, if there was one, and the start of `new` unless it is NULL. One stack for both. */
static inline __attribute__((always_inline)) void recorder_realloc(const void *old, uint64_t old_stamp, const void *new,
                                                                   uint64_t size, const uint64_t *frame)
{
	if (new && recorder_leaves_out(new, size, new != old)) {
		if (old_stamp)
			recorder_record_realloc(old, old_stamp, NULL, 0, frame);
	} else if (new || old_stamp) {
		recorder_record_realloc(old, old_stamp, new, size, frame);
	}
}

/* --- for locks, waits and threads; inside the guard unless it says otherwise --- */

/* The caller's stack, for an event that may be recorded later or not at all. */
uint32_t recorder_stack(const uint64_t *frame);
/* Which of the frames of the last stack taken holds this address: 1 is the outermost, 0: none. */
uint32_t recorder_frame_around(uint64_t address);
/* Writes a group of events as they are. */
void recorder_cells(const struct event *cells, unsigned n);
/* Allocations of this thread so far. Guard open or shut. */
uint64_t recorder_allocations(void);
/* The thread's slot, and its number, from 1. */
struct segment_thread *recorder_slot(void);
uint32_t recorder_slot_number(void);

/* Addresses have changed their meaning while the stack is taken: it is taken again, from its beginning. Inside the guard. */
void recorder_stack_is_old(void);

/* A message to the collector (trace/segment.h); its payload is the parts, one after the other. Inside the guard. */
void recorder_message(enum event_kind kind, uint64_t address, uint64_t size, uint32_t epoch,
                      const struct message_part *parts, unsigned part_count);

#endif
