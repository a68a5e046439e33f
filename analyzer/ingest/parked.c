/* SPDX-License-Identifier: MIT
 *
 * Deciding about parked events. Everything here is rare.
 */
#include "analyzer/ingest/parked.h"

#include <string.h>

#include "analyzer/ingest/replay.h"

void parked_init(struct parked_list *l, uint64_t wait_ticks, uint64_t apart_ticks)
{
	l->count = 0;
	l->deadline = UINT64_MAX;
	l->wait_ticks = wait_ticks;
	l->apart_ticks = apart_ticks;
}

static void park_remove(struct parked_list *l, size_t i)
{
	l->at[i].process->parked--;
	memmove(&l->at[i], &l->at[i + 1], (l->count - i - 1) * sizeof(l->at[0]));
	l->count--;
	l->deadline = UINT64_MAX;
	for (size_t k = 0; k < l->count; k++)
		if (l->at[k].deadline < l->deadline)
			l->deadline = l->at[k].deadline;
}

/* The oldest parked event about an address, or NULL. */
static struct parked *park_find(struct parked_list *l, const struct replay_process *p, uint64_t address)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].process == p && l->at[i].block.address == address)
			return &l->at[i];
	return NULL;
}

/* What it waited for never came. */
static void park_decide(struct replay *r, struct parked *found)
{
	struct parked parked = *found;
	struct replay_process *p = parked.process;
	struct live_block *live = live_find(&p->live, parked.block.address);

	park_remove(&r->parked, (size_t)(found - r->parked.at));
	switch (parked.kind) {
	case PARKED_FREE:
		p->unmatched_frees++;
		break;
	case PARKED_DOOM:
		if (live && live->tick == parked.block.tick && live->cell == parked.block.cell)
			replay_end(r, p, live, NULL, 0);
		break;
	case PARKED_ALLOCATION:
		if (live)
			replay_end(r, p, live, NULL, 0);
		replay_begin(r, p, &parked.block, parked.event_kind);
		break;
	}
}

static void park_add(struct replay *r, struct parked parked, uint64_t ticks)
{
	struct parked_list *l = &r->parked;

	if (l->count == PARKED_MAX)
		park_decide(r, &l->at[0]);
	parked.deadline = r->now + ticks;
	parked.process->parked++;
	l->at[l->count++] = parked;
	if (parked.deadline < l->deadline)
		l->deadline = parked.deadline;
	if (l->deadline < r->stop)
		r->stop = l->deadline;
}

void parked_collision(struct replay *r, struct replay_thread *t, const struct live_block *block, unsigned kind)
{
	struct replay_process *p = t->process;

	if (p->threads < 2) {
		replay_end(r, p, live_find(&p->live, block->address), NULL, 0);
		replay_begin(r, p, block, kind);
		return;
	}
	park_add(r, (struct parked){ .kind = PARKED_ALLOCATION, .event_kind = kind, .process = p, .thread = t, .block = *block },
	         r->parked.wait_ticks);
}

void parked_unknown(struct replay *r, struct replay_thread *t, uint64_t address, uint32_t cell)
{
	struct replay_process *p = t->process;

	if (p->threads < 2) {
		p->unmatched_frees++;
		return;
	}
	park_add(r, (struct parked){ .kind = PARKED_FREE, .process = p, .thread = t,
	                             .block = { .address = address, .tick = r->now, .cell = cell, .order = t->order } },
	         r->parked.apart_ticks);
}

int parked_meets_allocation(struct replay *r, struct replay_thread *t, const struct live_block *block, unsigned kind)
{
	struct parked *found = park_find(&r->parked, t->process, block->address);
	struct parked parked;

	if (!found)
		return 0;
	parked = *found;
	/* A free by another thread a moment ago: this is what it ended. Its own thread knows the order: it is no such case. */
	if (parked.kind == PARKED_FREE && parked.thread != t && block->tick - parked.block.tick <= r->parked.apart_ticks) {
		park_remove(&r->parked, (size_t)(found - r->parked.at));
		replay_pass(r, t->process, block, kind, parked.thread, parked.block.order, parked.block.cell);
		return 1;
	}
	park_decide(r, found);
	return 0;
}

/* The thread of a parked allocation frees it again, while an older block lies there. */
static void meet_own_free(struct replay *r, struct parked *found, struct replay_thread *t, uint32_t cell)
{
	struct parked parked = *found;
	struct live_block *live = live_find(&t->process->live, parked.block.address);

	if (live && live->tick + r->parked.apart_ticks < parked.block.tick) {
		found->kind = PARKED_DOOM; /* it ended before; somebody is about to say so */
		found->block = *live;
	} else {
		/* The two were allocated at the same moment: the one that lives now came second. */
		park_remove(&r->parked, (size_t)(found - r->parked.at));
	}
	replay_pass(r, t->process, &parked.block, parked.event_kind, t, t->order, cell);
}

int parked_meets_free(struct replay *r, struct replay_thread *t, uint64_t address, uint32_t cell)
{
	struct parked *found = park_find(&r->parked, t->process, address);
	struct parked parked;
	struct live_block *live;

	if (!found || found->kind == PARKED_FREE)
		return 0;
	if (found->kind == PARKED_ALLOCATION && found->thread == t) {
		meet_own_free(r, found, t, cell);
		return 1;
	}
	parked = *found;
	park_remove(&r->parked, (size_t)(found - r->parked.at));
	if (parked.kind == PARKED_DOOM)
		return 0;
	live = live_find(&t->process->live, address);
	if (live)
		replay_end(r, t->process, live, t, cell);
	replay_begin(r, t->process, &parked.block, parked.event_kind);
	return 1;
}

void parked_expire(struct replay *r, uint64_t now)
{
	size_t i = 0;

	while (i < r->parked.count) {
		if (r->parked.at[i].deadline <= now)
			park_decide(r, &r->parked.at[i]);
		else
			i++;
	}
}

void parked_expire_process(struct replay *r, const struct replay_process *p)
{
	size_t i = 0;

	while (p->parked && i < r->parked.count) {
		if (r->parked.at[i].process == p)
			park_decide(r, &r->parked.at[i]);
		else
			i++;
	}
}
