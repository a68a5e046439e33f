/* SPDX-License-Identifier: MIT
 *
 * From the replay's terms to those of chains.
 */
#include "analyzer/ingest/growth_step.h"

#include "analyzer/ingest/replay.h"

static uint32_t stack_of(const struct replay *r, const struct live_block *b)
{
	return r->cells.at[b->cell].stack;
}

void growth_step_left(struct replay *r, struct replay_thread *t, const struct live_block *block)
{
	if (r->sample_bytes) /* the other half is hardly ever there */
		return;
	growth_leave(&r->growth, &t->process->growth, &t->half, block, stack_of(r, block), t->chain.number);
}

void growth_step_made(struct replay *r, struct replay_process *p, const struct live_block *block, int lives)
{
	struct replay_thread *t = &r->threads[r->cells.at[block->cell].thread];

	if (r->sample_bytes)
		return;
	growth_arrive(&r->growth, &p->growth, &t->half, block, stack_of(r, block), block->number, lives ? &p->live : NULL);
}

/* Its successor was made first; both halves are there. */
void growth_step_replaced(struct replay *r, struct replay_thread *t, const struct live_block *block, uint32_t stack)
{
	struct replay_process *p = t->process;
	const struct live_block *next = live_find(&p->live, t->fresh);
	uint32_t old = stack_of(r, block), function;
	struct growth_half half = { .container = 1 };

	if (r->sample_bytes || !growth_container(&r->containers, old) || !next || next == block || next->size <= block->size ||
	    next->number != t->last || r->cells.at[next->cell].thread != t->id)
		return;
	function = growth_container(&r->containers, stack);
	if (!function || growth_container(&r->containers, stack_of(r, next)) != function)
		return;
	growth_leave(&r->growth, &p->growth, &half, block, old, t->last - 1);
	growth_arrive(&r->growth, &p->growth, &half, next, stack_of(r, next), t->last, &p->live);
}
