/* SPDX-License-Identifier: MIT
 *
 * Waiting, pairs, and decisions. Everything here is rare.
 */
#include "analyzer/ingest/conflict.h"

#include "analyzer/ingest/replay.h"

#define LONGEST_WAIT 64u /* ticks */
#define APART 4u         /* ticks by which two stamps can be in the wrong order, with some to spare */
#define PAIR_TRIES 3u
#define LOOK_AHEAD 64u   /* events */
#define MOMENT 2u        /* ticks: that of the event, and the next */

/* Does the thread itself do the opposite to the address in a moment? */
static int second_follows(const struct event *first, const struct event *end)
{
	const struct event *e = first + 1;
	int is_free = event_is_free(first->kind);

	for (unsigned i = 0; i < LOOK_AHEAD && e < end && e->stamp <= first->stamp + APART; i++, e++)
		if (e->address == first->address)
			return is_free ? event_is_alloc(e->kind) : event_is_free(e->kind);
	return 0;
}

/* The cell of another thread's free of the address just now, or 0. */
static uint32_t freed_lately(const struct replay_process *p, const struct replay_thread *t, const struct event *e)
{
	for (unsigned i = 0; i < CONFLICT_RECENT; i++) {
		const struct conflict_free *f = &p->recent->at[i];

		if (f->address == e->address && f->thread != t->id && f->tick + APART >= e->stamp)
			return f->cell;
	}
	return 0;
}

/* The first time round: may this be the first of a pair? */
static int pair_possible(const struct replay *r, struct replay_thread *t, const struct live_block *live,
                         const struct event *e, const struct event *end)
{
	if (t->conflict.pairs == CONFLICT_PAIRS || !second_follows(e, end))
		return 0;
	if (live)
		return live->tick + APART >= e->stamp && r->cells.at[live->cell].thread != t->id;
	t->conflict.ender = freed_lately(t->process, t, e);
	return t->conflict.ender != 0;
}

/* 1: wait (again). 0: no more. */
static int conflict_wait(struct replay_thread *t, uint64_t stamp)
{
	struct conflict *c = &t->conflict;
	uint64_t wait = c->tries ? 1ull << (c->tries - 1) : 0; /* first, only for the others' events of this tick */

	if (t->process->open < 2 || (c->pair && c->tries == PAIR_TRIES) || wait > LONGEST_WAIT) {
		c->tries = 0;
		c->again = 0;
		return 0;
	}
	c->tries++;
	c->again = (stamp + wait) << 1 | 1;
	return 1;
}

int conflict_allocation(struct replay *r, struct replay_thread *t, const struct live_block *block, struct live_block *live,
                        const struct event *rest, const struct event *end)
{
	struct conflict *c = &t->conflict;

	if (t->process->threads > 1) {
		if (!c->tries)
			c->pair = pair_possible(r, t, live, rest, end);
		if (conflict_wait(t, rest->stamp))
			return 1;
		if (c->pair) {
			c->open[c->pairs++] = (struct conflict_pair){ .block = *block, .kind = rest->kind };
			return 0;
		}
	}
	replay_end(r, t->process, live, NULL, 0);
	replay_begin(r, t->process, block, rest->kind);
	return 0;
}

int conflict_free(struct replay *r, struct replay_thread *t, const struct event *rest, const struct event *end, uint32_t cell)
{
	struct conflict *c = &t->conflict;

	if (t->process->threads > 1 && rest->address) {
		if (!c->tries)
			c->pair = pair_possible(r, t, NULL, rest, end);
		if (conflict_wait(t, rest->stamp))
			return 1;
		if (c->pair) {
			c->open[c->pairs++] = (struct conflict_pair){
				.block = { .address = rest->address }, .cell = cell, .ender = c->ender, .kind = rest->kind,
			};
			return 0;
		}
	}
	t->process->unmatched_frees++;
	return 0;
}

int conflict_moment(struct replay_thread *t, uint64_t stamp)
{
	struct conflict *c = &t->conflict;

	if (t->process->open < 2 || c->tries == MOMENT) {
		c->tries = 0;
		c->again = 0;
		return 0;
	}
	c->again = (stamp + c->tries++) << 1 | 1;
	return 1;
}

int conflict_second(struct replay *r, struct replay_thread *t, unsigned kind, const struct live_block *block, uint32_t cell)
{
	struct conflict *c = &t->conflict;
	struct conflict_pair pair;
	unsigned i = 0;

	while (i < c->pairs && c->open[i].block.address != block->address)
		i++;
	if (i == c->pairs)
		return 0;
	pair = c->open[i];
	c->open[i] = c->open[--c->pairs];
	if (event_is_alloc(kind))
		replay_pass(r, t->process, block, kind, NULL, pair.cell, pair.ender);
	else
		replay_pass(r, t->process, &pair.block, pair.kind, t, cell, cell);
	return 1;
}
