/* SPDX-License-Identifier: MIT
 *
 * The slow side of a thread's locks: meeting one for the first time, counters beyond the first three, giving up what the tables
 * cannot hold any more, and releases with something to tell. Everything told is told after the release.
 */
#include "preload/lock.h"

#include <link.h>
#include <pthread.h>
#include <string.h>

#include "preload/lock_order.h"
#include "preload/module.h"
#include "preload/wait.h"

#define INDEX_MASK ((1u << LOCK_INDEX_BITS) - 1)
#define STATS_BY_CHANCE (SEGMENT_LOCK_STATS / 2) /* so many for locks of which only a sample of holds is known */
#define TICK_SHIFT 26                            /* of the time stamp counter: 20 to 40 ms */
#define SAMPLES_A_TICK 256u                      /* every hold is measured until so many were ... */
#define SAMPLE_PERIOD 64u                        /* ... then one of so many */

/* --- the thread ------------------------------------------------------------------------------ */

struct lock_thread *lock_thread_init(struct segment_thread *slot, void *room, uint32_t number)
{
	struct lock_thread *t = room;
	memset(t, 0, sizeof *t);
	t->table = &slot->locks;
	t->heartbeat = &process_segment()->heartbeat;
	t->tid = (uint32_t)slot->tid;
	t->me = number;
	for (uint32_t i = 0; i < HELD_MAX; i++)
		t->held[i].cell = lock_cells;
	t->countdown = t->period = 1;
	t->random = arch_stamp() | 1;
	atomic_store_explicit(&slot->locks.lock_count, 1, memory_order_release); /* locks[0] is no lock's */
	return t;
}

__attribute__((cold, noinline)) struct lock_thread *lock_ready_slow(const uint64_t *frame)
{
	if (!recorder_enter(frame))
		return NULL;
	struct recorder_thread *t = &recorder_thread;
	if (!t->locks && lock_cells)
		t->locks = lock_thread_init(recorder_slot(), recorder_lock_room(), recorder_slot_number());
	if (t->locks)
		t->locks_key = t->key;
	recorder_leave();
	return t->locks;
}

/* --- the table ------------------------------------------------------------------------------- */

static uint64_t address_of(uint64_t key) { return key & 0xffffffffffffull; }
static uint16_t generation_of(uint64_t key) { return (uint16_t)(key >> 48); }
static uint64_t key_of(uint64_t address, const struct lock_cell *c)
{
	return address | (uint64_t)atomic_load_explicit(&c->generation, memory_order_acquire) << 48;
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
	l->cell = cell;
	l->stats = l->spare = 0;
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
	atomic_fetch_add(&table->round, 1);
	atomic_store(&table->lock_count, 1);
	atomic_store(&table->stats_count, 0);
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
	uint16_t stats = l->stats;
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
	l->stats = stats;
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

static void tell_life(const void *lock, enum lock_kind kind, uint16_t generation, int in_module, const uint64_t *frame)
{
	uint64_t stamp = arch_stamp();
	uint32_t stack = recorder_stack(frame);
	unsigned flags = flags_of(lock, kind);
	if (in_module)
		module_seen((uintptr_t)lock);
	struct event e = {
		.stamp = stamp,
		.address = (uintptr_t)lock,
		.kind = EVENT_LOCK,
		.size = LOCK_ABOUT(kind, flags, in_module ? 0 : recorder_frame_around((uintptr_t)lock)),
		.stack = stack,
		.shared = generation,
	};
	recorder_cells(&e, 1);
}

static void tell_end(struct lock_cell *c)
{
	if (!lock_cell_end(c))
		return;
	struct event e = {
		.stamp = arch_stamp(),
		.address = c->address,
		.kind = EVENT_LOCK_END,
		.shared = atomic_load(&c->generation),
	};
	recorder_cells(&e, 1);
}

static void live(struct lock_cell *c, const void *lock, enum lock_kind kind, const uint64_t *frame)
{
	struct dl_find_object object;
	if (atomic_load_explicit(&c->begun, memory_order_acquire)) {
		if (atomic_load_explicit(&c->kind, memory_order_relaxed) == kind)
			return;
		tell_end(c); /* the memory became something else, and nobody said so */
	}
	int in_module = _dl_find_object((void *)(uintptr_t)lock, &object) == 0;
	int in_heap = !in_module && kind != LOCK_JOIN;
	if (lock_cell_begin(c, kind, in_heap))
		tell_life(lock, kind, atomic_load(&c->generation), in_module, frame);
}

static struct segment_lock *meet(struct lock_thread *t, const void *lock, unsigned use, enum lock_kind kind,
                                 const uint64_t *frame)
{
	uint64_t address = (uintptr_t)lock | use;
	uint32_t cell = lock_cell_of((uintptr_t)lock);
	if (!cell)
		return NULL;
	live(&lock_cells[cell], lock, kind, frame);
	uint64_t key = key_of(address, &lock_cells[cell]);
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
	struct segment_lock *l = &t->table->locks[*index_of(t, address)];
	if (l != t->table->locks && atomic_load_explicit(&l->key, memory_order_relaxed) == key_of(address, lock_cell(l)))
		return l; /* its first place in the index is another's */
	if (!recorder_enter(frame))
		return NULL;
	l = meet(t, lock, use, kind, frame);
	recorder_leave();
	return l;
}

void lock_ended(const void *lock, const uint64_t *frame)
{
	if (!lock_ready(frame))
		return;
	uint32_t cell = lock_cell_find((uintptr_t)lock);
	if (!cell || !atomic_load(&lock_cells[cell].begun) || !recorder_enter(frame))
		return;
	tell_end(&lock_cells[cell]);
	recorder_leave();
}

void lock_memory_reused(uint64_t address, uint64_t size)
{
	lock_cells_within(address, size, tell_end);
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
		owner->stats = (uint16_t)(count + 1);
	}
	(*l)->stats = owner->stats;
	return &table->stats[owner->stats - 1];
}

void lock_try_failed(struct lock_thread *t, struct segment_lock *l, const uint64_t *frame)
{
	if (!recorder_enter(frame))
		return;
	lock_stats(t, &l, 1)->totals[LOCK_TRY_FAILURES]++;
	recorder_leave();
}

static uint64_t next_random(struct lock_thread *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return t->random;
}

/* The clock of the budget is the one that is read for the hold. */
__attribute__((noinline)) void lock_sample(struct lock_thread *t, struct held *h)
{
	uint64_t now = arch_stamp();
	uint32_t tick = (uint32_t)(now >> TICK_SHIFT);
	h->start = now;
	h->weight = (uint16_t)t->period;
	h->allocations = recorder_allocations();
	h->flags |= HELD_SAMPLED;
	if (tick != t->sample_tick) {
		t->sample_tick = tick;
		t->sample_budget = SAMPLES_A_TICK;
	}
	t->period = t->sample_budget ? 1 : SAMPLE_PERIOD;
	t->sample_budget -= t->sample_budget > 0;
	t->countdown = t->period == 1 ? 1 : 1 + (uint32_t)(next_random(t) % (2 * SAMPLE_PERIOD - 1)); /* PERIOD in the mean */
}

/* --- releases -------------------------------------------------------------------------------- */

static struct held *find_held(struct lock_thread *t, const void *lock, uint32_t *at)
{
	for (uint32_t i = t->depth; i-- > 0;)
		if (t->held[i].lock == lock) {
			*at = i;
			return &t->held[i];
		}
	return NULL;
}

static int held_again(const struct lock_thread *t, const void *lock, uint32_t below)
{
	for (uint32_t i = 0; i < below; i++)
		if (t->held[i].lock == lock)
			return 1;
	return 0;
}

__attribute__((noinline)) void lock_release_begin_slow(struct lock_thread *t, const void *lock, struct lock_release *x)
{
	*x = (struct lock_release){.held = find_held(t, lock, &x->depth)};
	struct lock_cell *c = x->held ? x->held->cell : &lock_cells[lock_cell_find((uintptr_t)lock)];
	x->lock = lock;
	x->generation = atomic_load_explicit(&c->generation, memory_order_relaxed);
	if (x->held && held_again(t, lock, x->depth))
		return; /* it stays locked */
	if (x->held && x->held->flags & (HELD_MEASURED | HELD_SAMPLED))
		x->now = arch_stamp();
	if (!lock_cell_wanted(c) || lock_cell_crowded(c, lock_beat(t)))
		return;
	if (!x->now)
		x->now = arch_stamp();
	x->caused = lock_cell_release(c, x->now, lock_beat(t), &x->waiters);
}

__attribute__((cold, noinline)) uint32_t lock_forget_oldest(struct lock_thread *t)
{
	uint32_t keep = HELD_MAX / 2;
	memmove(t->held, t->held + HELD_MAX - keep, keep * sizeof *t->held);
	t->depth = keep;
	return keep;
}

/* The lock is not in held[] any more from here on. */
static void let_go(struct lock_thread *t, uint32_t at)
{
	uint32_t depth = t->depth - 1;
	for (uint32_t i = at; i < depth; i++)
		t->held[i] = t->held[i + 1];
	t->depth = depth;
}

static void count_hold(struct lock_thread *t, const struct held *h, uint64_t d, uint64_t allocations)
{
	struct segment_lock *l = h->use;
	int measured = h->flags & HELD_MEASURED;
	if (atomic_load_explicit(&l->key, memory_order_relaxed) != h->key)
		return; /* the lock ended while it was held */
	struct segment_lock_stats *s = lock_stats(t, &l, measured);
	if (!s)
		return;
	uint64_t weight = measured ? 1 : h->weight, *totals = s->totals;
	if (measured) {
		totals[LOCK_HELD_COUNT]++;
		totals[LOCK_HELD_TIME] += d;
		totals[LOCK_HELD_ALLOCATIONS] += allocations;
	} else {
		totals[LOCK_SAMPLED_COUNT]++;
		totals[LOCK_SAMPLED_WEIGHT] += weight;
		totals[LOCK_SAMPLED_TIME] += d * weight;
	}
	if (d > totals[LOCK_HELD_MAX])
		totals[LOCK_HELD_MAX] = d;
	totals[LOCK_HOLD_BUCKET + lock_bucket(d)] += weight;
}

/* What there is to say of a release, but for its stack. The number of cells. */
static unsigned write_release(const struct lock_release *x, const struct held *h, uint64_t hold, uint64_t allocations,
                              struct event *cells)
{
	unsigned n = 0;
	uint16_t mode = h->flags & HELD_READ ? WAIT_READ : 0;
	cells[n++] = (struct event){.kind = EVENT_CONTEXT, .stamp = x->now, .address = x->waiters, .shared = mode};
	if (hold)
		cells[n++] = (struct event){.kind = EVENT_HELD, .stamp = x->now, .size = hold, .address = allocations};
	cells[n++] = (struct event){.kind = EVENT_RELEASE, .stamp = x->now, .address = (uintptr_t)x->lock, .size = x->caused,
	                            .shared = x->generation};
	return n;
}

/* Counts the hold and writes the release's group; the number of its cells. h: as it was held; all 0 where that is not known.
 * Inside the guard. */
static unsigned account(struct lock_thread *t, const struct lock_release *x, const struct held *h, struct event *cells)
{
	uint64_t hold = 0, allocations = 0;
	if (h->flags & (HELD_MEASURED | HELD_SAMPLED) && x->now) {
		hold = x->now > h->start ? x->now - h->start : 1;
		allocations = recorder_allocations() - h->allocations;
		count_hold(t, h, hold, allocations);
	}
	return x->caused ? write_release(x, h, hold, allocations, cells) : 0;
}

__attribute__((noinline)) void lock_release_end_slow(struct lock_thread *t, struct lock_release *x, int released,
                                                     const uint64_t *frame)
{
	struct event cells[3];
	if (!released)
		return;
	struct held held = {0};
	if (x->held) {
		held = *x->held;
		let_go(t, x->depth);
	}
	if ((!x->now && !t->parked) || !recorder_enter(frame))
		return;
	unsigned n = account(t, x, &held, cells);
	wait_flush(t);
	if (n) {
		cells[n - 1].stack = recorder_stack(frame);
		wait_tell(cells, n);
	}
	recorder_leave();
}

void lock_let_go(struct lock_thread *t, const void *lock, uint32_t stack, const uint64_t *frame)
{
	struct lock_release x;
	struct event cells[3];
	lock_release_begin_slow(t, lock, &x);
	if (!x.held)
		return;
	struct held held = *x.held;
	let_go(t, x.depth);
	if (!x.now || !recorder_enter(frame))
		return;
	unsigned n = account(t, &x, &held, cells);
	if (n) {
		cells[n - 1].stack = stack;
		wait_park(t, cells, n);
	}
	recorder_leave();
}
