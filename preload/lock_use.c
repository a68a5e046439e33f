/* SPDX-License-Identifier: MIT
 *
 * The slow side of a thread's locks: meeting one for the first time, counters beyond the first three, and giving up what the
 * tables cannot hold any more.
 */
#include "preload/lock_use.h"

#include <link.h>
#include <pthread.h>
#include <string.h>

#include "preload/module.h"
#include "preload/wait.h"

#define INDEX_MASK ((1u << LOCK_INDEX_BITS) - 1)
#define STATS_BY_CHANCE (SEGMENT_LOCK_STATS / 2) /* so many for locks of which only a sample of holds is known */

/* --- the thread ------------------------------------------------------------------------------ */

struct lock_thread *lock_thread_init(struct segment_thread *slot, uint32_t number)
{
	struct lock_thread *t = lock_room(number - 1);
	if (!t)
		return NULL;
	memset(t, 0, sizeof *t);
	t->table = &slot->locks;
	t->heartbeat = &process_segment()->heartbeat;
	t->tid = (uint32_t)slot->tid;
	t->me = number;
	for (uint32_t i = 0; i < HELD_MAX; i++)
		t->held[i].cell = lock_cells;
	t->countdown = t->period = 1;
	t->unseen = recorder_thread.turn ? HELD_MAX : 0;
	t->random = arch_stamp() | 1;
	atomic_store_explicit(&slot->locks.lock_count, 1, memory_order_release); /* locks[0] is no lock's */
	return t;
}

/* What was held may have been let go of unseen, and what will be let go of taken. */
__attribute__((cold, noinline)) void lock_resume(struct lock_thread *t)
{
	t->depth = 0;
	t->wanted = 0;
	t->unseen = HELD_MAX;
	wait_flush(t);
	recorder_thread.locks_turn = recorder_thread.turn;
}

__attribute__((cold, noinline)) struct lock_thread *lock_ready_slow(const uint64_t *frame)
{
	if (!recorder_enter(frame))
		return NULL;
	struct recorder_thread *t = &recorder_thread;
	if (!t->locks && lock_cells) {
		t->locks = lock_thread_init(recorder_slot(), recorder_slot_number());
		t->locks_turn = t->turn;
	} else if (t->locks) {
		lock_catch_up(t->locks);
	}
	recorder_leave();
	return t->locks;
}

/* --- the table ------------------------------------------------------------------------------- */

static uint64_t address_of(uint64_t key) { return key & 0xffffffffffffull; }
static uint16_t generation_of(uint64_t key) { return (uint16_t)(key >> 48); }
static uint64_t key_of(uint64_t address, const struct lock_cell *c)
{
	return address | (uint64_t)life_generation(lock_cell_life(c)) << 48;
}

static void tell_total(struct lock_thread *t, uint64_t key, enum lock_total total, uint64_t value)
{
	if (!value)
		return;
	struct event e = {
		.stamp = arch_stamp(),
		.address = address_of(key) & ~3ull,
		.kind = EVENT_LOCK_TOTAL,
		.size = (value & ((1ull << LOCK_ROUND_SHIFT) - 1)) |
		        (uint64_t)atomic_load_explicit(&t->table->round, memory_order_relaxed) << LOCK_ROUND_SHIFT,
		.stack = total,
		.shared = generation_of(key),
	};
	recorder_cells(&e, 1);
}

static void tell_lock(struct lock_thread *t, const struct segment_lock *l)
{
	uint64_t key = atomic_load_explicit(&l->key, memory_order_relaxed);
	tell_total(t, key, key & LOCK_USE_READ ? LOCK_READS : LOCK_ACQUISITIONS, l->acquisitions);
	tell_total(t, key, LOCK_OWNER_CHANGES, l->owner_changes);
}

static void tell_stats(struct lock_thread *t, const struct segment_lock_stats *s)
{
	for (unsigned i = 0; i < LOCK_TOTALS; i++)
		tell_total(t, atomic_load_explicit(&s->key, memory_order_relaxed), i, s->totals[i]);
}

/* Where in the index the address is, or belongs. */
static uint16_t *index_of(struct lock_thread *t, uint64_t address)
{
	uint32_t i = lock_hash(address);
	for (;; i = (i + 1) & INDEX_MASK) {
		uint16_t at = t->index[i];
		if (!at || address_of(atomic_load_explicit(&t->table->locks[at].key, memory_order_relaxed)) == address)
			return &t->index[i];
	}
}

static void fill(struct segment_lock *l, uint64_t key, uint32_t cell)
{
	atomic_store_explicit(&l->key, 0, memory_order_relaxed);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	l->acquisitions = l->owner_changes = 0;
	l->cell = cell & 0xfffff;
	l->stats = l->wanted = 0;
	atomic_store_explicit(&l->key, key, memory_order_release);
}

static struct segment_lock *add(struct lock_thread *t, uint16_t *index, uint64_t key, uint32_t cell)
{
	uint32_t at = atomic_load_explicit(&t->table->lock_count, memory_order_relaxed);
	struct segment_lock *l = &t->table->locks[at];
	fill(l, key, cell);
	*index = (uint16_t)at;
	atomic_store_explicit(&t->table->lock_count, at + 1, memory_order_release);
	return l;
}

/* A table is full: all counters are written out, and both begin anew, with the locks that are held. */
static void begin_round(struct lock_thread *t)
{
	struct segment_locks *table = t->table;
	uint32_t locks = atomic_load_explicit(&table->lock_count, memory_order_relaxed);
	uint32_t stats = atomic_load_explicit(&table->stats_count, memory_order_relaxed);
	for (uint32_t i = 1; i < locks; i++)
		tell_lock(t, &table->locks[i]);
	for (uint32_t i = 0; i < stats; i++)
		tell_stats(t, &table->stats[i]);
	for (uint32_t i = 1; i < locks; i++)
		atomic_store_explicit(&table->locks[i].key, 0, memory_order_relaxed);
	for (uint32_t i = 0; i < stats; i++)
		atomic_store_explicit(&table->stats[i].key, 0, memory_order_relaxed);
	atomic_store(&table->lock_count, 1);
	atomic_store(&table->stats_count, 0);
	atomic_fetch_add(&table->round, 1); /* last: what is counted in a new round is new */
	memset(t->index, 0, sizeof t->index);
	memset(t->order_cache, 0, sizeof t->order_cache);
	for (uint32_t i = t->depth; i < HELD_MAX; i++)
		t->held[i].key = 0;
	for (uint32_t i = 0; i < t->depth; i++) {
		uint16_t *index = index_of(t, address_of(t->held[i].key));
		uint32_t cell = lock_cell_of((uintptr_t)t->held[i].lock); /* it is there */
		t->held[i].use = *index ? &table->locks[*index] : add(t, index, t->held[i].key, cell);
	}
}

/* The lock that had this place is over: what was counted of it is written out. */
static void reopen(struct lock_thread *t, struct segment_lock *l, uint64_t key)
{
	struct segment_lock_stats *s = l->stats ? &t->table->stats[l->stats - 1] : NULL;
	uint64_t old = atomic_load_explicit(&l->key, memory_order_relaxed);
	uint32_t stats = l->stats;
	tell_lock(t, l);
	if (s && address_of(old) == address_of(atomic_load(&s->key))) { /* not the reading side, which only borrows them */
		tell_stats(t, s);
		atomic_store_explicit(&s->key, 0, memory_order_relaxed);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		memset(s->totals, 0, sizeof s->totals);
		atomic_store_explicit(&s->key, key, memory_order_release);
	} else {
		stats = 0;
	}
	fill(l, key, l->cell);
	l->stats = stats & 0x7ff;
}

/* --- meeting a lock -------------------------------------------------------------------------- */

static unsigned mutex_flags(const pthread_mutex_t *m)
{
	static const unsigned char types[4] = {0, LOCK_RECURSIVE, LOCK_ERRORCHECK, LOCK_ADAPTIVE};
	unsigned kind = (unsigned)m->__data.__kind;
	return types[kind & 3] | (kind & 16 ? LOCK_ROBUST : 0) | (kind & 32 ? LOCK_INHERIT : 0) |
	       (kind & 64 ? LOCK_PROTECT : 0) | (kind & 128 ? LOCK_SHARED : 0);
}

static unsigned flags_of(const void *lock, enum lock_kind kind)
{
	if (kind == LOCK_MUTEX)
		return mutex_flags(lock);
	if (kind != LOCK_RWLOCK)
		return 0;
	const pthread_rwlock_t *rw = lock;
	return (rw->__data.__shared ? LOCK_SHARED : 0) |
	       (rw->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP ? LOCK_PREFER_WRITER : 0);
}

static void tell_life(const void *lock, enum lock_kind kind, uint16_t generation, uint32_t stack, uint32_t frame_around)
{
	struct event e = {
		.stamp = arch_stamp(),
		.address = (uintptr_t)lock,
		.kind = EVENT_LOCK,
		.size = LOCK_ABOUT(kind, flags_of(lock, kind), frame_around),
		.stack = stack,
		.shared = generation,
	};
	recorder_cells(&e, 1);
}

static void tell_end(struct lock_cell *c)
{
	uint16_t generation;
	if (!lock_cell_end(c, &generation))
		return;
	struct event e = {
		.stamp = arch_stamp(),
		.address = c->address,
		.kind = EVENT_LOCK_END,
		.shared = generation,
	};
	recorder_cells(&e, 1);
}

/* Begins a life where there is none. */
static void live(struct lock_cell *c, const void *lock, enum lock_kind kind, const uint64_t *frame)
{
	struct dl_find_object object;
	uint32_t life = lock_cell_life(c), around = 0;
	if (life & LIFE_BEGUN && life_kind(life) == kind)
		return;
	if (life & LIFE_BEGUN)
		tell_end(c); /* the memory became something else, and nobody said so */
	uint32_t stack = recorder_stack(frame);
	int in_module = _dl_find_object((void *)(uintptr_t)lock, &object) == 0;
	if (in_module)
		module_seen((uintptr_t)lock);
	else
		around = recorder_frame_around((uintptr_t)lock);
	if (lock_cell_begin(c, kind, !in_module && !around && kind != LOCK_JOIN))
		tell_life(lock, kind, life_generation(lock_cell_life(c)), stack, around);
}

static struct segment_lock *meet(struct lock_thread *t, const void *lock, unsigned use, enum lock_kind kind,
                                 const uint64_t *frame)
{
	uint64_t address = (uintptr_t)lock | use;
	uint32_t cell = lock_cell_of((uintptr_t)lock);
	if (!cell) {
		atomic_fetch_add_explicit(&process_segment()->locks_refused, 1, memory_order_relaxed);
		return NULL;
	}
	live(lock_cell_at(cell), lock, kind, frame);
	uint64_t key = key_of(address, lock_cell_at(cell));
	uint16_t *index = index_of(t, address);
	struct segment_lock *l = &t->table->locks[*index];
	if (*index) {
		if (atomic_load_explicit(&l->key, memory_order_relaxed) != key)
			reopen(t, l, key);
		return l;
	}
	if (atomic_load_explicit(&t->table->lock_count, memory_order_relaxed) == SEGMENT_LOCKS) {
		begin_round(t);
		index = index_of(t, address);
		if (*index)
			return &t->table->locks[*index];
	}
	return add(t, index, key, cell);
}

__attribute__((noinline)) struct segment_lock *lock_meet(struct lock_thread *t, const void *lock, unsigned use,
                                                         enum lock_kind kind, const uint64_t *frame)
{
	uint64_t address = (uintptr_t)lock | use;
	uint32_t ends = atomic_load_explicit(&lock_ends, memory_order_acquire); /* before the generation is looked at */
	struct segment_lock *l = &t->table->locks[*index_of(t, address)];
	if (l == t->table->locks || atomic_load_explicit(&l->key, memory_order_relaxed) != key_of(address, lock_cell(l))) {
		if (!lock_still_ours(t) || !recorder_enter(frame))
			return NULL;
		l = meet(t, lock, use, kind, frame);
		recorder_leave();
	}
	if (l)
		l->checked = ends;
	return l;
}

/* While recording is paused: its next life is to be another. */
static void end_unseen(const void *lock)
{
	uint16_t generation;
	uint32_t cell = process_paused() && lock_cells ? lock_cell_find((uintptr_t)lock) : 0;
	if (cell && lock_cell_life(lock_cell_at(cell)) & LIFE_BEGUN)
		lock_cell_end(lock_cell_at(cell), &generation);
}

void lock_ended(const void *lock, const uint64_t *frame)
{
	if (!lock_ready(frame)) {
		end_unseen(lock);
		return;
	}
	uint32_t cell = lock_cell_find((uintptr_t)lock);
	if (!cell || !(lock_cell_life(lock_cell_at(cell)) & LIFE_BEGUN) || !recorder_enter(frame))
		return;
	tell_end(lock_cell_at(cell));
	recorder_leave();
}

void lock_memory_reused(uint64_t address, uint64_t size)
{
	lock_cells_within(address, size, tell_end);
}

void lock_module_gone(uint64_t address, uint64_t size)
{
	lock_cells_of_module(address, size, tell_end);
}

/* --- counters -------------------------------------------------------------------------------- */

struct segment_lock_stats *lock_stats(struct lock_thread *t, struct segment_lock **l, int must)
{
	struct segment_locks *table = t->table;
	uint64_t key = atomic_load_explicit(&(*l)->key, memory_order_relaxed), write = key & ~(uint64_t)LOCK_USE_READ;
	if ((*l)->stats && atomic_load_explicit(&table->stats[(*l)->stats - 1].key, memory_order_relaxed) == write)
		return &table->stats[(*l)->stats - 1];
	uint32_t count = atomic_load_explicit(&table->stats_count, memory_order_relaxed);
	uint32_t locks = atomic_load_explicit(&table->lock_count, memory_order_relaxed);
	if (!must && (count >= STATS_BY_CHANCE || locks == SEGMENT_LOCKS))
		return NULL;
	if (count == SEGMENT_LOCK_STATS || locks == SEGMENT_LOCKS) {
		uint32_t cell = (*l)->cell;
		begin_round(t);
		uint16_t *index = index_of(t, address_of(key));
		*l = *index ? &table->locks[*index] : add(t, index, key, cell);
		count = 0;
	}
	struct segment_lock *owner = *l;
	if (key & LOCK_USE_READ) { /* both sides count in one place */
		uint16_t *index = index_of(t, address_of(write));
		owner = *index ? &table->locks[*index] : add(t, index, write, (*l)->cell);
		if (atomic_load_explicit(&owner->key, memory_order_relaxed) != write)
			reopen(t, owner, write);
	}
	if (!owner->stats) {
		struct segment_lock_stats *s = &table->stats[count];
		memset(s->totals, 0, sizeof s->totals);
		atomic_store_explicit(&s->key, write, memory_order_relaxed);
		atomic_store_explicit(&table->stats_count, count + 1, memory_order_release);
		owner->stats = (count + 1) & 0x7ff;
	}
	(*l)->stats = owner->stats;
	return &table->stats[owner->stats - 1];
}

void lock_try_failed(struct lock_thread *t, struct segment_lock *l, const uint64_t *frame)
{
	if (!lock_still_ours(t) || !recorder_enter(frame))
		return;
	lock_stats(t, &l, 1)->totals[LOCK_TRY_FAILURES]++;
	recorder_leave();
}

void lock_count_broadcast(const void *cond, const uint64_t *frame)
{
	struct lock_thread *t = lock_ready(frame);
	struct segment_lock *l = t ? lock_use(t, cond, LOCK_USE_WORK, LOCK_COND, frame) : NULL;
	if (!l || !recorder_enter(frame))
		return;
	uint64_t *totals = lock_stats(t, &l, 1)->totals;
	totals[LOCK_BROADCASTS]++;
	l->acquisitions++;
	recorder_leave();
}
