/* SPDX-License-Identifier: MIT
 *
 * Waits: counted exactly, and recorded one by one until they come faster than they are worth; then a short one is recorded
 * with a chance in proportion to its length, and says what it stands for. The threshold follows the rate, per thread.
 */
#include "preload/wait.h"

#include <string.h>

#define TICK_SHIFT 26
#define WAITS_A_TICK 256u          /* 6,000 to 12,000 a second and thread */
#define FIRST_THRESHOLD (1ull << 11)

/* --- groups ---------------------------------------------------------------------------------- */

void wait_tell(struct event *cells, unsigned n)
{
	uint64_t now = arch_stamp();
	for (unsigned i = 0; i < n; i++) {
		if (cells[i].kind == EVENT_CONTEXT)
			cells[i].size = now > cells[i].stamp ? now - cells[i].stamp : 0;
		cells[i].stamp = now;
	}
	recorder_cells(cells, n);
}

void wait_flush(struct lock_thread *t)
{
	uint32_t n = t->parked;
	if (!n)
		return;
	wait_tell(t->table->parked, n);
	atomic_store_explicit(&t->table->parked_count, 0, memory_order_release);
	t->parked = 0;
}

void wait_park(struct lock_thread *t, const struct event *cells, unsigned n)
{
	uint32_t at = t->parked;
	if (at + n > SEGMENT_PARKED) {
		wait_flush(t);
		at = 0;
	}
	memcpy(&t->table->parked[at], cells, n * sizeof *cells);
	atomic_store_explicit(&t->table->parked_count, at + n, memory_order_release);
	t->parked = at + n;
}

void wait_publish(struct lock_thread *t, const uint64_t *frame)
{
	if (!t || !t->parked || !recorder_enter(frame))
		return;
	wait_flush(t);
	recorder_leave();
}

/* --- which waits are recorded ---------------------------------------------------------------- */

static void follow_rate(struct lock_thread *t, uint64_t now)
{
	uint32_t tick = (uint32_t)(now >> TICK_SHIFT);
	if (tick != t->wait_tick) {
		if (t->wait_events < WAITS_A_TICK / 2)
			t->threshold = t->threshold > FIRST_THRESHOLD ? t->threshold / 2 : 0;
		t->wait_tick = tick;
		t->wait_events = 0;
	}
	if (++t->wait_events > WAITS_A_TICK) {
		t->threshold = t->threshold ? t->threshold * 2 : FIRST_THRESHOLD;
		t->wait_events = WAITS_A_TICK / 2;
	}
}

/* The threshold under which this wait was chosen; 0: it stands for itself alone. *chosen: whether to record it. */
static uint64_t choose(struct lock_thread *t, uint64_t duration, uint64_t now, int *chosen)
{
	uint64_t threshold = t->threshold;
	*chosen = duration >= threshold || (lock_random(t) >> 16) % threshold < duration;
	if (*chosen)
		follow_rate(t, now);
	return duration < threshold ? threshold : 0;
}

/* --- a wait ---------------------------------------------------------------------------------- */

/* What the collector is to tell if this wait never ends. */
static void show(struct lock_thread *t, const struct wait *w)
{
	struct segment_locks *table = t->table;
	atomic_store_explicit(&table->waiting, 0, memory_order_relaxed);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	table->wait[0] = (struct event){.kind = EVENT_CONTEXT, .stamp = w->start, .address = w->owner,
	                                .shared = (uint16_t)(w->mode | WAIT_UNFINISHED)};
	table->wait[1] = (struct event){.kind = w->work ? EVENT_BLOCKED : EVENT_WAIT, .stamp = w->start,
	                                .address = (uintptr_t)w->lock, .stack = w->stack, .shared = (uint16_t)(w->key >> 48)};
	atomic_store_explicit(&table->waiting, 1, memory_order_release);
}

/* A wait that was left by a longjmp still stands among the waiters. It was if its hook's frame is not outside ours. */
static void leave_behind(struct lock_thread *t, const uint64_t *frame, uint64_t now)
{
	if (!t->waiting.frame || frame < t->waiting.frame)
		return;
	if (t->waiting.cell)
		lock_cell_leave(t->waiting.cell, t->waiting.start, now, 0, 0);
	t->waiting.frame = NULL;
}

static void enter(struct wait *w)
{
	struct lock_thread *t = w->thread;
	leave_behind(t, w->frame, w->start);
	w->outer = t->waiting;
	t->waiting = (struct lock_waiting){w->frame, w->cell, w->start};
	show(t, w);
}

static void leave(struct lock_thread *t, const struct wait *w)
{
	t->waiting = w->outer;
	atomic_store_explicit(&t->table->waiting, 0, memory_order_release);
}

static void begin(struct wait *w, struct lock_thread *t, struct segment_lock *use, const void *lock, unsigned mode,
                  const uint64_t *frame)
{
	w->thread = NULL;
	w->mutex = NULL;
	w->work = 0;
	uint64_t start = arch_stamp();
	if (!t || !use || !recorder_enter(frame))
		return;
	*w = (struct wait){
		.thread = t,
		.lock = lock,
		.use = use,
		.key = atomic_load_explicit(&use->key, memory_order_relaxed),
		.start = start,
		.frame = frame,
		.stack = recorder_stack(frame),
		.mode = (uint16_t)mode,
	};
	recorder_leave();
}

__attribute__((noinline)) void wait_for_lock(struct wait *w, struct lock_thread *t, struct segment_lock *use,
                                             const void *lock, unsigned mode, uint32_t owner, const uint64_t *frame)
{
	begin(w, t, use, lock, mode, frame);
	if (!w->thread)
		return;
	w->owner = owner;
	w->joined = 1;
	w->cell = lock_cell(use);
	w->waiters = lock_cell_join(w->cell, w->start);
	enter(w);
}

__attribute__((noinline)) void wait_for_work(struct wait *w, struct lock_thread *t, const void *on, enum lock_kind kind,
                                             unsigned mode, const uint64_t *frame)
{
	begin(w, t, t ? lock_use(t, on, LOCK_USE_WORK, kind, frame) : NULL, on, mode, frame);
	w->work = 1;
	w->always = kind == LOCK_JOIN; /* it also tells that the thread was joined */
	if (w->thread)
		enter(w);
}

static void count(struct lock_thread *t, struct wait *w, uint64_t d)
{
	uint64_t *totals = lock_stats(t, &w->use, 1)->totals;
	int got = !(w->mode & (WAIT_TIMED_OUT | WAIT_CANCELLED));
	totals[LOCK_WAITS]++;
	totals[LOCK_WAIT] += d;
	totals[LOCK_WAIT_BUCKET + lock_bucket(d)]++;
	if (d > totals[LOCK_WAIT_MAX])
		totals[LOCK_WAIT_MAX] = d;
	if (w->waiters > totals[LOCK_MAX_WAITERS])
		totals[LOCK_MAX_WAITERS] = w->waiters;
	if (w->mode & WAIT_READ)
		totals[LOCK_READ_WAIT] += d;
	if (w->mode & WAIT_TIMED_OUT)
		totals[LOCK_TIMEOUTS]++;
	else if (got && !w->work)
		totals[w->mode & WAIT_READ ? LOCK_READ_CONTENDED : LOCK_CONTENDED]++;
	if (w->in_vain)
		totals[LOCK_WOKEN_IN_VAIN]++;
}

/* The lock taken last was held all the while. */
static void charge_holder(struct lock_thread *t, uint64_t d)
{
	struct held *h = t->depth ? &t->held[t->depth - 1] : NULL;
	if (!h || atomic_load_explicit(&h->use->key, memory_order_relaxed) != h->key)
		return;
	struct segment_lock *l = h->use;
	lock_stats(t, &l, 1)->totals[LOCK_HELD_WAITING] += d;
}

static void record(struct lock_thread *t, const struct wait *w, uint64_t d, int publish)
{
	struct event cells[3];
	unsigned n = 0;
	int chosen;
	uint64_t threshold = w->always ? 0 : choose(t, d, w->end, &chosen);
	if (!w->always && !chosen)
		return;
	cells[n++] = (struct event){.kind = EVENT_CONTEXT, .stamp = w->end, .address = w->owner, .shared = w->mode};
	if (threshold)
		cells[n++] = (struct event){.kind = EVENT_SAMPLED, .stamp = w->end, .size = threshold};
	cells[n++] = (struct event){.kind = w->work ? EVENT_BLOCKED : EVENT_WAIT, .stamp = w->end,
	                            .address = (uintptr_t)w->lock, .size = d, .stack = w->stack,
	                            .shared = (uint16_t)(w->key >> 48)};
	if (publish)
		wait_tell(cells, n);
	else
		wait_park(t, cells, n);
}

/* The lock may have moved in its table while we slept: a signal handler may have begun a new round. */
static int find_again(struct lock_thread *t, struct wait *w)
{
	if (atomic_load_explicit(&w->use->key, memory_order_relaxed) == w->key)
		return 1;
	unsigned use = (unsigned)(w->key & (LOCK_USE_READ | LOCK_USE_WORK));
	enum lock_kind kind = life_kind(lock_cell_life(lock_cell(w->use)));
	w->use = lock_use(t, w->lock, use, kind, w->frame);
	return w->use != NULL;
}

__attribute__((noinline)) void wait_ended(struct wait *w, unsigned mode, int publish)
{
	struct lock_thread *t = w->thread;
	w->thread = NULL;
	if (!t || !lock_still_ours(t))
		return;
	leave(t, w);
	w->end = arch_stamp();
	w->mode |= (uint16_t)mode;
	uint64_t d = w->end > w->start ? w->end - w->start : 1;
	if (w->joined)
		lock_cell_leave(w->cell, w->start, w->end, !(w->mode & (WAIT_TIMED_OUT | WAIT_CANCELLED)), lock_beat(t));
	if (!find_again(t, w) || !recorder_enter(w->frame))
		return;
	lock_catch_up(t);
	count(t, w, d);
	charge_holder(t, d);
	record(t, w, d, publish);
	recorder_leave();
	if (w->work || w->mode & (WAIT_TIMED_OUT | WAIT_CANCELLED))
		return;
	struct held *h = lock_acquired(t, w->use, w->lock, HELD_MEASURED | (w->mode & WAIT_READ ? HELD_READ : 0));
	h->start = w->end;
	h->stack = w->stack;
	lock_note_owner(t, h);
	h->allocations = recorder_allocations();
}

void wait_dropped(struct wait *w)
{
	if (w->thread && lock_still_ours(w->thread)) {
		leave(w->thread, w);
		if (w->joined)
			lock_cell_leave(w->cell, w->start, w->start, 0, 0);
	}
	w->thread = NULL;
}

void wait_cancelled(struct wait *w)
{
	if (w->thread)
		wait_ended(w, WAIT_CANCELLED, !w->mutex);
	if (w->mutex)
		wait_takes_back(w, w->mutex);
}

void wait_lets_go(struct wait *w, const void *mutex)
{
	const void *cond = NULL;
	if (!w->thread || !lock_let_go(w->thread, mutex, w->stack, &cond, w->frame))
		return;
	w->mutex = mutex;
	w->in_vain = cond == w->lock;
}

void wait_takes_back(struct wait *w, const void *mutex)
{
	struct lock_thread *t = w->mutex ? lock_ready(w->frame) : NULL;
	struct segment_lock *l = t ? lock_use(t, mutex, 0, LOCK_MUTEX, w->frame) : NULL;
	w->mutex = NULL;
	if (!l)
		return;
	struct held *h = lock_acquired(t, l, mutex, HELD_MEASURED);
	h->start = arch_stamp();
	h->allocations = recorder_allocations();
	h->stack = w->stack;
	h->cond = w->lock;
	lock_note_owner(t, h);
}
