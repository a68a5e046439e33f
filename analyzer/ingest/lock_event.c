/* SPDX-License-Identifier: MIT
 *
 * One function a kind.
 */
#include "analyzer/ingest/lock_event.h"

#include <stddef.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/lock_counter.h"
#include "analyzer/ingest/lock_total.h"
#include "analyzer/ingest/replay.h"
#include "analyzer/ingest/wait_cell.h"
#include "trace/waits.h"

#define HEAVIEST ((uint64_t)1 << 40) /* weight of one event, whatever it says */

/* The events of a group until its last one comes. */
enum group_part { PART_CONTEXT = 1, PART_SAMPLED = 2, PART_HELD = 4, PART_HOLDING = 8 };

struct lock_user {
	struct event context, sampled, held, holding;
	unsigned parts; /* that are there */
	uint32_t order; /* of the thread when the group began */
	struct lock_counters counters;
};

void locks_init(struct locks *l, const struct recording *r, const struct timebase *time)
{
	uint64_t ticks = time->last - time->first + 1;

	lock_lives_init(&l->lives, r->process_count);
	lock_owners_init(&l->owners, r);
	thread_birth_init(&l->births, r);
	keyed_init(&l->waits, sizeof(struct wait_cell), WAIT_KEY);
	keyed_init(&l->holds, sizeof(struct hold_cell), HOLD_KEY);
	keyed_init(&l->counted, sizeof(struct counted_cell), COUNTED_KEY);
	keyed_init(&l->orders, sizeof(struct order_cell), ORDER_KEY);
	l->longest = ticks > UINT64_MAX >> time->tick_shift ? UINT64_MAX : ticks << time->tick_shift;
}

void locks_release(struct locks *l)
{
	lock_lives_release(&l->lives);
	lock_owners_release(&l->owners);
	thread_birth_release(&l->births);
	keyed_release(&l->waits);
	keyed_release(&l->holds);
	keyed_release(&l->counted);
	keyed_release(&l->orders);
}

static struct lock_user *user_of(struct replay_thread *t)
{
	if (!t->locks)
		t->locks = memory_zeroed(1, sizeof(*t->locks));
	return t->locks;
}

void lock_user_free(struct lock_user *u)
{
	if (u)
		lock_counters_release(&u->counters);
	free(u);
}

/* --- what events have in common -------------------------------------------------------------- */

static uint32_t stack_of(const struct replay *r, const struct event *e)
{
	return r->naming->of_node[e->stack];
}

/* The same, or 0 where it is not known. */
static uint32_t stack_known(const struct replay *r, const struct event *e)
{
	uint32_t stack = stack_of(r, e);

	return stack == r->naming->unknown ? 0 : stack;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

/* The heap block that a life lies in. */
static void life_look_around(struct replay *r, struct replay_process *p, struct lock_life *l)
{
	const struct live_block *b = l->block_stack ? NULL : live_around(&p->live, l->address);

	if (!b)
		return;
	l->block_stack = r->cells.at[b->cell].stack;
	l->block_offset = l->address - b->address;
}

/* The life that an event names. One that was not announced (yet) is known by its first event. */
static uint32_t life_of(struct replay *r, struct replay_thread *t, const struct event *e)
{
	struct lock_lives *lives = &r->locks.lives;
	uint32_t life = lock_lives_find(lives, t->process->id, e->address, e->shared, e->stamp);
	struct lock_life *l = &lives->at[life];

	if (!l->told && !l->node) {
		l->node = e->stack;
		life_look_around(r, t->process, l);
	}
	return life;
}

/* --- groups ---------------------------------------------------------------------------------- */

static void group_take(struct replay_thread *t, const struct event *e, struct event *part, enum group_part which)
{
	struct lock_user *u = user_of(t);

	if (which == PART_CONTEXT || which == PART_HOLDING || u->order != t->last)
		u->parts = 0;
	u->order = t->last;
	u->parts |= which;
	*part = *e;
}

static void on_context(struct replay *r, struct replay_thread *t, const struct event *e)
{
	(void)r;
	group_take(t, e, &user_of(t)->context, PART_CONTEXT);
}

static void on_sampled(struct replay *r, struct replay_thread *t, const struct event *e)
{
	(void)r;
	group_take(t, e, &user_of(t)->sampled, PART_SAMPLED);
}

static void on_held(struct replay *r, struct replay_thread *t, const struct event *e)
{
	(void)r;
	group_take(t, e, &user_of(t)->held, PART_HELD);
}

static void on_holding(struct replay *r, struct replay_thread *t, const struct event *e)
{
	(void)r;
	group_take(t, e, &user_of(t)->holding, PART_HOLDING);
}

/* The parts that belong to a last event; none are left for the next one. */
static unsigned group_close(struct replay_thread *t)
{
	struct lock_user *u = user_of(t);
	unsigned parts = u->order == t->last ? u->parts : 0;

	u->parts = 0;
	return parts;
}

/* When that happened which the group speaks of. */
static uint64_t group_tick(const struct replay *r, const struct replay_thread *t, const struct event *e, unsigned parts)
{
	uint64_t ago = parts & PART_CONTEXT ? t->locks->context.size >> r->time->tick_shift : 0;

	return e->stamp > ago ? e->stamp - ago : 0;
}

/* --- waits ----------------------------------------------------------------------------------- */

static void cell_add_wait(struct wait_cell *c, uint64_t time, uint64_t threshold, int timed_out)
{
	uint64_t weight = WAIT_ONE;

	if (threshold > time) {
		unsigned __int128 heavy = (unsigned __int128)threshold * WAIT_ONE / (time ? time : 1);

		weight = heavy > HEAVIEST ? HEAVIEST : (uint64_t)heavy;
		c->extra += threshold - time;
	}
	c->events++;
	c->weight += weight;
	c->time += time;
	if (time > c->max)
		c->max = time;
	if (timed_out) {
		c->timeouts++;
		c->timeouts_weight += weight;
	}
}

static void on_wait(struct replay *r, struct replay_thread *t, const struct event *e)
{
	struct locks *locks = &r->locks;
	unsigned parts = group_close(t), mode = parts & PART_CONTEXT ? t->locks->context.shared : 0;
	uint64_t time = at_most(e->size, locks->longest), ended = group_tick(r, t, e, parts);
	uint64_t began = ended - at_most(time >> r->time->tick_shift, ended);
	uint64_t threshold = parts & PART_SAMPLED ? at_most(t->locks->sampled.size, locks->longest) : 0;
	uint32_t life = life_of(r, t, e);
	struct lock_life *l = &locks->lives.at[life];
	struct wait_cell *c, key = {
		.life = life,
		.stack = stack_of(r, e),
		.thread = t->id,
		.slice = timebase_slice(r->time, ended) + 1,
		.reading = mode & WAIT_READ ? 1 : 0,
	};
	uint64_t before;

	if (e->kind == EVENT_WAIT && parts & PART_CONTEXT)
		key.owner = lock_owners_find(&locks->owners, t->process->id, t->locks->context.address, began);
	if (e->kind == EVENT_WAIT)
		l->waited = 1;
	else
		l->blocked = 1;
	if (l->kind == LOCK_JOIN && !(mode & (WAIT_TIMED_OUT | WAIT_CANCELLED | WAIT_UNFINISHED)))
		thread_birth_joined(&locks->births, t->process->id, e->address, began, ended);
	c = keyed_at(&locks->waits, &key);
	before = c->weight;
	cell_add_wait(c, time, threshold, mode & WAIT_TIMED_OUT ? 1 : 0);
	c->unfinished += mode & WAIT_UNFINISHED ? 1 : 0;
	lock_life_counts(&locks->lives.at[lock_lives_resolve(&locks->lives, life)])->seen_buckets[lock_bucket(time)] +=
		c->weight - before;
}

static void on_release(struct replay *r, struct replay_thread *t, const struct event *e)
{
	struct locks *locks = &r->locks;
	unsigned parts = group_close(t);
	struct hold_cell *c, key = {
		.life = life_of(r, t, e),
		.stack = stack_of(r, e),
		.thread = t->id,
		.slice = timebase_slice(r->time, group_tick(r, t, e, parts)) + 1,
	};

	c = keyed_at(&locks->holds, &key);
	c->releases++;
	c->caused += e->size > UINT64_MAX / 2 - c->caused ? 0 : e->size; /* of many waiters: may be longer than the recording */
	if (parts & PART_HELD) {
		uint64_t held = at_most(t->locks->held.size, locks->longest);

		c->held += held;
		c->allocations += t->locks->held.address;
		if (held > c->held_max)
			c->held_max = held;
	}
}

static void on_order(struct replay *r, struct replay_thread *t, const struct event *e)
{
	const struct event *holding;
	struct order_cell *c, key = { 0 };

	if (!(group_close(t) & PART_HOLDING))
		return;
	holding = &t->locks->holding;
	key.held = life_of(r, t, holding);
	key.life = life_of(r, t, e);
	key.held_stack = stack_known(r, holding);
	key.stack = stack_known(r, e);
	c = keyed_at(&r->locks.orders, &key);
	if (!c->thread) {
		c->thread = t->id;
		c->tick = e->stamp;
	}
}

/* --- lives and counters ---------------------------------------------------------------------- */

static void on_lock(struct replay *r, struct replay_thread *t, const struct event *e)
{
	struct lock_lives *lives = &r->locks.lives;
	uint32_t life = lock_lives_find(lives, t->process->id, e->address, e->shared, e->stamp);

	lock_lives_tell(lives, life, e->size, e->stack, e->stamp);
	if (!lives->at[life].alias)
		life_look_around(r, t->process, &lives->at[life]);
}

static void on_lock_end(struct replay *r, struct replay_thread *t, const struct event *e)
{
	lock_lives_end(&r->locks.lives, t->process->id, e->address, e->shared, e->stamp);
}

static void on_total(struct replay *r, struct replay_thread *t, const struct event *e)
{
	lock_total_take(&r->locks, &user_of(t)->counters, t, e);
}

static void on_thread(struct replay *r, struct replay_thread *t, const struct event *e)
{
	thread_birth_note(&r->locks.births, t->id, e);
}

/* Of the block that the thread has just made; it may have been freed since, and another's live there. */
static void on_usable(struct replay *r, struct replay_thread *t, const struct event *e)
{
	const struct live_block *b = live_find(&t->process->live, e->address);

	if (b && r->cells.at[b->cell].thread == t->id)
		slack_take(&r->slack, r->cells.at[b->cell].stack, t->process->id, b, e->size, replay_weight(r, b));
}

void __attribute__((noinline, cold)) lock_event(struct replay *r, struct replay_thread *t, const struct event *e)
{
	static void (*const kinds[])(struct replay *, struct replay_thread *, const struct event *) = {
		[EVENT_LOCK - EVENT_LOCK] = on_lock,
		[EVENT_LOCK_END - EVENT_LOCK] = on_lock_end,
		[EVENT_LOCK_TOTAL - EVENT_LOCK] = on_total,
		[EVENT_WAIT - EVENT_LOCK] = on_wait,
		[EVENT_BLOCKED - EVENT_LOCK] = on_wait,
		[EVENT_RELEASE - EVENT_LOCK] = on_release,
		[EVENT_ORDER - EVENT_LOCK] = on_order,
		[EVENT_CONTEXT - EVENT_LOCK] = on_context,
		[EVENT_SAMPLED - EVENT_LOCK] = on_sampled,
		[EVENT_HELD - EVENT_LOCK] = on_held,
		[EVENT_HOLDING - EVENT_LOCK] = on_holding,
		[EVENT_THREAD_CREATE - EVENT_LOCK] = on_thread,
		[EVENT_THREAD_BEGIN - EVENT_LOCK] = on_thread,
		[EVENT_THREAD_END - EVENT_LOCK] = on_thread,
		[EVENT_THREAD_DETACH - EVENT_LOCK] = on_thread,
		[EVENT_USABLE - EVENT_LOCK] = on_usable,
	};
	unsigned kind = e->kind - EVENT_LOCK;

	if (kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[kind])
		kinds[kind](r, t, e);
}
