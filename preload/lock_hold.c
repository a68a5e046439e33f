/* SPDX-License-Identifier: MIT
 *
 * The slow side of holding locks: holds that are measured, and releases with something to tell. It is told after the release.
 */
#include "preload/lock_hold.h"

#include <pthread.h>
#include <string.h>

#include "preload/wait.h"

#define TICK_SHIFT 26       /* of the time stamp counter: 20 to 40 ms */
#define SAMPLES_A_TICK 256u /* every hold is measured until so many were ... */
#define SAMPLE_PERIOD 64u   /* ... then one of so many */

/* The clock of the budget is the one that is read for the hold. */
__attribute__((noinline)) void lock_sample(struct lock_thread *t, struct held *h)
{
	if (!lock_still_ours(t))
		return;
	uint64_t now = arch_stamp();
	uint32_t tick = (uint32_t)(now >> TICK_SHIFT);
	h->start = now;
	h->weight = (uint16_t)t->period;
	h->allocations = recorder_allocations();
	h->flags |= HELD_SAMPLED;
	lock_note_owner(t, h);
	if (tick != t->sample_tick) {
		t->sample_tick = tick;
		t->sample_budget = SAMPLES_A_TICK;
	}
	t->period = t->sample_budget ? 1 : SAMPLE_PERIOD;
	t->sample_budget -= t->sample_budget > 0;
	t->countdown = t->period == 1 ? 1 : 1 + (uint32_t)(lock_random(t) % (2 * SAMPLE_PERIOD - 1)); /* PERIOD in the mean */
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

/* The lock is not in held[] any more from here on. */
static void let_go(struct lock_thread *t, uint32_t at)
{
	if (at >= t->depth) /* a handler in between has gone another way: a child's, or one that was left */
		return;
	uint32_t depth = t->depth - 1;
	for (uint32_t i = at; i < depth; i++)
		t->held[i] = t->held[i + 1];
	t->depth = depth;
}

static int is_recursive(const struct held *h)
{
	const pthread_mutex_t *m = h->lock;
	return h->flags & HELD_READ || (life_kind(lock_cell_life(h->cell)) == LOCK_MUTEX &&
	                                (m->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP);
}

/* Whether the lock stays locked by the acquisition before. Where that cannot be, another thread has released it since. */
static int held_again(struct lock_thread *t, const void *lock, uint32_t *at)
{
	for (uint32_t i = *at; i-- > 0;) {
		if (t->held[i].lock != lock)
			continue;
		if (is_recursive(&t->held[*at]))
			return 1;
		let_go(t, i);
		--*at;
	}
	return 0;
}

__attribute__((noinline)) void lock_release_begin_slow(struct lock_thread *t, const void *lock, struct lock_release *x)
{
	uint32_t at = 0;
	struct held *held = lock_still_ours(t) ? find_held(t, lock, &at) : NULL;
	int again = held && held_again(t, lock, &at);
	*x = (struct lock_release){.held = held ? &t->held[at] : NULL, .depth = at, .lock = lock};
	struct lock_cell *c = held ? x->held->cell : lock_cell_at(lock_cell_find((uintptr_t)lock));
	x->generation = life_generation(lock_cell_life(c));
	if (again)
		return;
	if (!held && t->unseen)
		t->unseen--;
	else if (!held && c != lock_cells)
		atomic_store_explicit(&c->foreign, 1, memory_order_relaxed);
	if (held && x->held->flags & (HELD_MEASURED | HELD_SAMPLED))
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
	if (!released || !lock_still_ours(t))
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

int lock_let_go(struct lock_thread *t, const void *lock, uint32_t stack, const void **cond, const uint64_t *frame)
{
	struct lock_release x;
	struct event cells[3];
	lock_release_begin_slow(t, lock, &x);
	if (!x.held)
		return 0;
	struct held held = *x.held;
	*cond = held.cond;
	let_go(t, x.depth);
	if (!x.now || !recorder_enter(frame))
		return 1;
	unsigned n = account(t, &x, &held, cells);
	if (n) {
		cells[n - 1].stack = stack;
		wait_park(t, cells, n);
	}
	recorder_leave();
	return 1;
}
