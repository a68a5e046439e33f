/* SPDX-License-Identifier: MIT
 *
 * Pairs are remembered in a small table a thread; a program with more pairs than it holds records some again, up to a bound.
 */
#include "preload/lock_order.h"

#define MOST_EDGES 8192u /* a thread */

/* Of a pair, and whether the outer stack was known. Never 0. */
static uint64_t pair_of(const struct lock_thread *t, const struct segment_lock *l, const struct held *h)
{
	uint64_t outer = (uint64_t)(h->use - t->table->locks), inner = (uint64_t)(l - t->table->locks);
	uint64_t lives = (h->key >> 48 << 3) ^ atomic_load_explicit(&l->key, memory_order_relaxed) >> 48;
	return lives << 46 | outer << 32 | inner << 1 | (h->stack != 0);
}

static void tell(struct lock_thread *t, const struct segment_lock *l, const void *lock, const struct held *h,
                 uint32_t stack)
{
	uint64_t now = arch_stamp();
	struct event cells[] = {
		{.kind = EVENT_HOLDING, .stamp = now, .address = (uintptr_t)h->lock, .stack = h->stack,
		 .shared = (uint16_t)(h->key >> 48)},
		{.kind = EVENT_ORDER, .stamp = now, .address = (uintptr_t)lock, .stack = stack,
		 .shared = (uint16_t)(atomic_load_explicit(&l->key, memory_order_relaxed) >> 48)},
	};
	recorder_cells(cells, 2);
	t->orders++;
}

__attribute__((noinline)) void lock_order_slow(struct lock_thread *t, struct segment_lock *l, const void *lock,
                                               const uint64_t *frame)
{
	struct held *h = t->depth && t->depth <= HELD_MAX ? &t->held[t->depth - 1] : NULL;
	int edge = 0;
	if (!lock_still_ours(t))
		return;
	t->wanted = 0;
	uint64_t *known = NULL, pair = 0;
	if (h && h->lock != lock && t->orders < MOST_EDGES &&
	    !atomic_load_explicit(&h->cell->foreign, memory_order_relaxed)) { /* else it may be held no more */
		pair = pair_of(t, l, h);
		known = &t->order_cache[(pair >> 1 ^ pair >> 28) % ORDER_CACHE];
		edge = *known != pair && *known != (pair | 1);
	}
	int wanted = l->wanted || t->countdown == 1;
	if ((!edge && !wanted) || !recorder_enter(frame))
		return;
	uint32_t stack = recorder_stack(frame);
	t->wanted = wanted ? stack : 0;
	if (edge) {
		tell(t, l, lock, h, stack);
		*known = pair;
		if (!h->stack)
			h->use->wanted = 1;
	}
	l->wanted = 0;
	recorder_leave();
}
