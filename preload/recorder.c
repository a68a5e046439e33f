/* SPDX-License-Identifier: MIT
 *
 * Recording an event: take the stack, fill a cell, publish it. Beginning in a slot, noticing a fork
 * and telling a stale guard are here too, out of the way of the fast path.
 */
#include "preload/recorder.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "preload/intern.h"
#include "preload/lock_use.h"
#include "preload/module.h"
#include "preload/real.h"
#include "preload/slow.h"
#include "preload/stack.h"
#include "preload/sys.h"
#include "preload/thread_slot.h"

struct recorder {
	struct ring ring;
	struct stack stack;
	uint32_t rare;         /* enum rare: what makes an event more than usual work */
	uint32_t least_shared; /* by stacks taken since the last event of the heap; with RARE_CHAIN */
	uint32_t countdown;    /* allocations until the allocator is asked again what it gave */
	uint32_t answers;
	uint64_t allocations;  /* ever, once the countdown is over; but for those that were left out of the sample */
	uint64_t sample_bytes; /* from one point of the sample to the next, on average; with RARE_SAMPLE */
	uint64_t random;
	uint32_t index;        /* of the slot */
};

enum rare {
	RARE_CHECK = 1,      /* stacks are compared with libunwind's */
	RARE_BARE_FREES = 2, /* frees have no stacks */
	RARE_CHAIN = 4,      /* a stack was taken for something else since the last event of the heap */
	RARE_SAMPLE = 8,     /* not all blocks are recorded */
};

/* What lies in a slot's `own`. */
struct recorder_room {
	struct recorder recorder;
	struct stack_room stack;
};

_Static_assert(sizeof(struct recorder_room) <= sizeof(((struct segment_thread *)0)->own), "the recorder fits into its slot");

/* Allocations from one question to the next, at first and after so many answers; primes, for loops to show all that they allocate. */
#define USABLE_EVERY 127u
#define USABLE_MANY 1000u
#define USABLE_RARELY 1021u
/* Between a hook and one within it: so near it is an allocator's own, so far on another stack; in between the system is asked. */
#define NEAR_STACK (2u << 10)
#define FAR_STACK (64u << 10)
#define RETRY 256 /* a thread that found no slot looks again after so many events */

__thread struct recorder_thread recorder_thread = {.key = ~0ull, .turn = 1, .locks_turn = 1};

/* Where the segment says so, only a sample of blocks is recorded. */
static void begin_sample(struct recorder *r, uint64_t bytes)
{
	recorder_thread.until = recorder_thread.left_out = 0;
	if (!bytes)
		return;
	r->rare |= RARE_SAMPLE;
	r->sample_bytes = bytes < SEGMENT_SAMPLE_MOST ? bytes : SEGMENT_SAMPLE_MOST;
	r->random = arch_stamp() ^ (uint64_t)sys_tid() << 40;
	recorder_thread.until = sample_gap(&r->random, r->sample_bytes);
}

static struct recorder *new_recorder(struct segment *s)
{
	uint32_t index;
	struct segment_thread *slot = thread_slot_claim(s, process_slot()->image, &index);
	if (!slot)
		return NULL;
	struct recorder_room *room = (struct recorder_room *)slot->own;
	struct recorder *r = &room->recorder;
	memset(r, 0, sizeof *r);
	r->index = index;
	slot->process = process_slot_index();
	slot->image = process_slot()->image;
	slot->tid = thread_slot_tid();
	slot->self = arch_thread_pointer();
	slot->start_stamp = arch_stamp();
	atomic_thread_fence(memory_order_seq_cst); /* who names us from here on finds the slot, who did before is heard now */
	if (SYS2(SYS_prctl, PR_GET_NAME, slot->name) < 0)
		memcpy(slot->name, process_slot()->comm, sizeof slot->name);
	ring_init(&r->ring, s, slot);
	r->rare = (s->flags & SEGMENT_CHECK_STACKS ? RARE_CHECK : 0) | (s->flags & SEGMENT_NO_FREE_STACKS ? RARE_BARE_FREES : 0);
	r->allocations = r->countdown = 1;
	begin_sample(r, s->sample_bytes);
	stack_init(&r->stack, s, &room->stack);
	atomic_store_explicit(&s->thread_states[index], SLOT_LIVE, memory_order_release);
	return r;
}

/* Whether we are in a handler on the signal stack, and the guard's frame is not: the two addresses say nothing. */
static int apart_by_signal(uintptr_t guard)
{
	stack_t now = {.ss_flags = SS_DISABLE};
	SYS2(SYS_sigaltstack, NULL, &now);
	return now.ss_flags & SS_ONSTACK && guard - (uintptr_t)now.ss_sp >= now.ss_size;
}

/* Whether the hook whose frame the guard names is still running: an exception, a longjmp or a signal
 * handler may have left it. On one stack a live frame lies below its callees' and keeps its return address. */
static int guard_is_stale(const struct recorder_thread *t, const uint64_t *frame)
{
	uintptr_t guard = (uintptr_t)t->guard, here = (uintptr_t)frame, top = arch_thread_pointer();
	int other_stack = guard < top && here >= top;
	if (here >= guard && !other_stack && !apart_by_signal(guard))
		return 1;
	return t->guard[1] != t->guard_return;
}

/* Not at each event. What a child of vfork claimed would be given back with it. */
static void look_for_slot(struct recorder_thread *t, struct segment *s)
{
	if (t->refusals % RETRY == 0) {
		if (process_is_other())
			return;
		t->recorder = new_recorder(s);
	}
	t->refusals++;
}

/* A recorder for this thread, its stack unwound whole next time. `left`: a hook was left in the middle, and the
 * stack perhaps while it changed. 0: there is no slot. */
static int renew(struct recorder_thread *t, uint64_t key, int left)
{
	struct segment *s = process_segment();
	if (process_key_image(t->key) != process_key_image(key) && t->recorder) {
		t->recorder = NULL; /* the parent's */
		t->locks = NULL;
		t->locks_turn = 1;
		t->refusals = 0;
	}
	if (t->recorder && left)
		stack_init(&t->recorder->stack, s, &((struct recorder_room *)t->recorder)->stack);
	if (!t->recorder)
		look_for_slot(t, s);
	if (!t->recorder) {
		atomic_fetch_add_explicit(&s->slots_refused, 1, memory_order_relaxed);
		return 0;
	}
	t->key = key;
	for (; t->missed; t->missed--)
		ring_count_drop(&t->recorder->ring);
	stack_forget(&t->recorder->stack, intern_node(s, 0, NODE_ROOT | process_epoch()), process_key_generation(key));
	module_catch_up();
	return 1;
}

/* A hook within a hook is mostly an allocator's own. A signal handler's on another stack is the program's, but what is under
 * way there cannot be interrupted by an event: it is lost. */
static void count_interruption(struct recorder_thread *t, uint64_t key, const uint64_t *frame)
{
	uintptr_t guard = (uintptr_t)t->guard, here = (uintptr_t)frame;
	if (here <= guard && (guard - here <= NEAR_STACK || (guard - here <= FAR_STACK && !apart_by_signal(guard))))
		return;
	if (t->recorder && process_key_image(t->key) == process_key_image(key))
		ring_count_drop(&t->recorder->ring);
	else
		t->missed++; /* told once there is a recorder */
}

__attribute__((cold, noinline)) int recorder_enter_slow(const uint64_t *frame)
{
	struct recorder_thread *t = &recorder_thread;
	uint64_t key = atomic_load_explicit(&process_live.key, memory_order_acquire);
	if (key == PROCESS_OFF || key == PROCESS_STARTING)
		return 0;
	int left = t->guard != NULL;
	if (left && !guard_is_stale(t, frame)) {
		count_interruption(t, key, frame);
		return 0;
	}
	t->guard = frame; /* what follows may be interrupted by a handler that allocates */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->guard_return = frame[1];
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->guard = frame;
	if (key == PROCESS_UNKNOWN)
		key = process_start();
	const _Atomic uint32_t *at = atomic_load(&process_live.turn);
	uint32_t turn = at ? atomic_load(at) : 1;
	if (key > PROCESS_STARTING && !(turn & 1) && ((t->key == key && t->turn == turn && !left) || renew(t, key, left))) {
		t->turn = turn;
		return 1;
	}
	t->guard = 0;
	return 0;
}

static __attribute__((cold, noinline)) void check(struct recorder *r, const uint64_t *frame)
{
	int agrees = slow_agrees(&r->stack, frame);
	struct segment_process *p = process_slot();
	if (agrees >= 0)
		atomic_fetch_add_explicit(&p->stacks_checked, 1, memory_order_relaxed);
	if (agrees == 0)
		atomic_fetch_add_explicit(&p->stack_differences, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&p->slow_frames, r->stack.slow_frames, memory_order_relaxed);
	r->stack.slow_frames = 0;
}

static inline void put(struct recorder *r, uint64_t stamp, enum event_kind kind, const void *address, uint64_t size,
                       struct stack_result stack)
{
	struct event *e = ring_reserve(&r->ring);
	if (!e)
		return;
	*e = (struct event){
		.stamp = stamp,
		.address = (uint64_t)address,
		.kind = kind,
		.size = size,
		.stack = stack.node,
		.shared = stack.shared,
	};
	ring_publish(&r->ring, 1);
}

static __attribute__((noinline)) struct stack_result take_rarely(struct recorder *r, enum event_kind kind,
                                                                 const uint64_t *frame)
{
	if (r->rare & RARE_BARE_FREES && !event_is_alloc(kind))
		return (struct stack_result){0, 0};
	struct stack_result stack = stack_take(&r->stack, frame);
	if (r->rare & RARE_CHECK)
		check(r, frame);
	if (r->rare & RARE_CHAIN && r->least_shared < stack.shared)
		stack.shared = (uint16_t)r->least_shared;
	r->rare &= ~(uint32_t)RARE_CHAIN;
	return stack;
}

/* The block at hand is in the sample: the next point is drawn. 0: the sample has no room for it, and it is lost. */
static __attribute__((cold, noinline)) int enter_sample(struct recorder *r, const void *block)
{
	if (!(r->rare & RARE_SAMPLE))
		return 1;
	recorder_thread.until = sample_gap(&r->random, r->sample_bytes);
	if (sample_add((uint64_t)block))
		return 1;
	recorder_thread.left_out++;
	ring_count_drop(&r->ring);
	return 0;
}

/* The stack of an event of a block. Events of the heap are a chain: each says what it shares with the one before, whatever
 * was looked at in between. 0: the event is lost. */
static inline int take(struct recorder *r, enum event_kind kind, const void *block, const uint64_t *frame,
                       struct stack_result *stack)
{
	if (__builtin_expect(!r->rare, 1)) {
		*stack = stack_take(&r->stack, frame);
		return 1;
	}
	if (event_is_alloc(kind) && !enter_sample(r, block))
		return 0;
	*stack = take_rarely(r, kind, frame);
	return 1;
}

__attribute__((cold, noinline)) void recorder_found(uint64_t address, uint64_t size, int moved)
{
	if (sample_may_hold(address) && sample_remove(address))
		put(recorder_thread.recorder, arch_stamp(), EVENT_FREE, (const void *)address, 0, (struct stack_result){0, 0});
	if (moved)
		lock_memory_allocated(address, size);
}

/* Of C's own calls only: operator new may be an allocator's of its own. The answer is no event of the program's, and none is
 * lost where it finds no room. */
static __attribute__((cold, noinline)) void tell_usable(struct recorder *r, enum event_kind kind, const void *address)
{
	int asks = kind == EVENT_MALLOC || kind == EVENT_CALLOC || kind == EVENT_REALLOC_ALLOC;
	r->answers += asks != 0;
	r->countdown = !asks ? 1 : r->answers < USABLE_MANY ? USABLE_EVERY : USABLE_RARELY;
	r->allocations += r->countdown;
	if (!asks || !real.malloc_usable_size || ring_seems_full(&r->ring))
		return;
	struct event e = {
		.stamp = arch_stamp(),
		.address = (uint64_t)address,
		.kind = EVENT_USABLE,
		.size = real.malloc_usable_size((void *)(uintptr_t)address),
	};
	recorder_cells(&e, 1);
}

/* A block has begun. */
static inline void begin(struct recorder *r, enum event_kind kind, const void *address)
{
	if (__builtin_expect(--r->countdown == 0, 0))
		tell_usable(r, kind, address);
}

void recorder_record(enum event_kind kind, const void *address, uint64_t size, const uint64_t *frame)
{
	struct recorder *r = recorder_thread.recorder;
	uint64_t stamp = arch_stamp();
	struct stack_result stack;
	if (event_is_alloc(kind))
		lock_memory_allocated((uintptr_t)address, size);
	if (!take(r, kind, address, frame, &stack))
		return;
	put(r, stamp, kind, address, size, stack);
	if (event_is_alloc(kind))
		begin(r, kind, address);
}

void recorder_record_realloc(const void *old, uint64_t old_stamp, const void *new, uint64_t size, const uint64_t *frame)
{
	struct recorder *r = recorder_thread.recorder;
	uint64_t stamp = arch_stamp();
	struct stack_result stack;
	if (new && new != old)
		lock_memory_allocated((uintptr_t)new, size);
	if (!take(r, new ? EVENT_REALLOC_ALLOC : EVENT_FREE, new, frame, &stack)) {
		new = NULL;
		stack = take_rarely(r, EVENT_FREE, frame);
	}
	if (old && old_stamp) {
		int bare = r->rare & RARE_BARE_FREES;
		put(r, old_stamp, new ? EVENT_REALLOC_FREE : EVENT_FREE, old, 0, bare ? (struct stack_result){0, 0} : stack);
		stack.shared = (uint16_t)(r->stack.depth < 0xffff ? r->stack.depth : 0xffff);
	}
	if (!new)
		return;
	put(r, stamp, old ? EVENT_REALLOC_ALLOC : EVENT_MALLOC, new, size, stack);
	begin(r, EVENT_REALLOC_ALLOC, new);
}

uint32_t recorder_stack(const uint64_t *frame)
{
	struct recorder *r = recorder_thread.recorder;
	struct stack_result stack = stack_take(&r->stack, frame);
	if (r->rare & RARE_CHECK)
		check(r, frame);
	if (!(r->rare & RARE_CHAIN) || stack.shared < r->least_shared)
		r->least_shared = stack.shared;
	r->rare |= RARE_CHAIN;
	return stack.node;
}

uint32_t recorder_frame_around(uint64_t address)
{
	const struct stack *s = &recorder_thread.recorder->stack;
	for (uint32_t i = 0; i < s->depth; i++)
		if (address >= s->frames[i]->sp && address < s->frames[i]->cfa)
			return i + 1;
	return 0;
}

void recorder_cells(const struct event *cells, unsigned n)
{
	struct recorder *r = recorder_thread.recorder;
	if (!ring_has_room(&r->ring, n))
		return;
	for (unsigned i = 0; i < n; i++)
		*ring_cell(&r->ring, i) = cells[i];
	ring_publish(&r->ring, n);
}

uint64_t recorder_allocations(void)
{
	const struct recorder *r = recorder_thread.recorder;
	return r->allocations - r->countdown + recorder_thread.left_out;
}
struct segment_thread *recorder_slot(void) { return recorder_thread.recorder->ring.slot; }
uint32_t recorder_slot_number(void) { return recorder_thread.recorder->index + 1; }

void recorder_stack_is_old(void)
{
	struct recorder *r = recorder_thread.recorder;
	if (!r)
		return;
	r->stack.next_generation = process_key_generation(atomic_load(&process_live.key));
	r->stack.next_root = intern_node(r->stack.segment, 0, NODE_ROOT | process_epoch());
}

void recorder_message(enum event_kind kind, uint64_t address, uint64_t size, uint32_t epoch,
                      const struct message_part *parts, unsigned part_count)
{
	struct recorder *r = recorder_thread.recorder;
	struct event head = {.stamp = arch_stamp(), .address = address, .kind = kind, .size = size, .stack = epoch};
	if (r) /* a unit test unwinds without one */
		ring_message(&r->ring, &head, parts, part_count);
}
