/* SPDX-License-Identifier: MIT
 *
 * A pool that is emptied at once only begins another round: blocks and sums of rounds before are found to be over when they
 * are next looked at.
 */
#include "analyzer/ingest/pool.h"

#include <stddef.h>

#include "analyzer/ingest/replay.h"

#define CELL_KEY offsetof(struct pool_cell, allocations)
#define POOL_KEY offsetof(struct pool, round)
#define BLOCK_KEY offsetof(struct pool_block, size)

void pools_init(struct pools *p)
{
	keyed_init(&p->pools, sizeof(struct pool), POOL_KEY);
	keyed_init(&p->cells, sizeof(struct pool_cell), CELL_KEY);
	keyed_init(&p->blocks, sizeof(struct pool_block), BLOCK_KEY);
}

void pools_release(struct pools *p)
{
	keyed_release(&p->pools);
	keyed_release(&p->cells);
	keyed_release(&p->blocks);
}

static struct pool *pool_at(struct pools *p, uint32_t process, uint64_t address)
{
	struct pool key = { .address = address, .process = process };

	return keyed_at(&p->pools, &key);
}

static struct pool_block *block_at(struct pools *p, uint32_t process, uint64_t pool, uint64_t address)
{
	struct pool_block key = { .pool = pool, .address = address, .process = process };

	return keyed_at(&p->blocks, &key);
}

static void cell_settle(struct pool_cell *c, uint64_t round)
{
	if (c->round == round)
		return;
	c->round = round;
	c->live = c->live_bytes = 0;
}

void pools_settle(struct pools *p, struct pool_cell *cell)
{
	cell_settle(cell, pool_at(p, cell->process, cell->pool)->round);
}

static void block_end(struct pools *p, struct pool_block *b, uint64_t round)
{
	struct pool_cell *c = b->cell ? keyed_item(&p->cells, b->cell - 1) : NULL;

	if (c && b->round == round) {
		cell_settle(c, round);
		c->live--;
		c->live_bytes -= b->size;
	}
	b->cell = 0;
}

static void allocation(struct pools *p, uint32_t process, uint64_t pool, const struct event *e)
{
	struct pool_cell key = { .pool = pool, .process = process, .stack = e->stack };
	uint64_t round = pool_at(p, process, pool)->round, size = e->size < INT64_MAX ? e->size : INT64_MAX;
	struct pool_cell *c = keyed_at(&p->cells, &key);
	size_t number = (size_t)((unsigned char *)c - p->cells.items) / sizeof(*c) + 1;
	struct pool_block *b = block_at(p, process, pool, e->address);

	block_end(p, b, round); /* its end was not told */
	c = keyed_item(&p->cells, number - 1);
	cell_settle(c, round);
	c->allocations++;
	c->bytes += size;
	c->live++;
	c->live_bytes += size;
	if (c->live_bytes > c->peak_bytes)
		c->peak_bytes = c->live_bytes;
	b->cell = number;
	b->size = size;
	b->round = round;
}

static void end(struct pools *p, uint32_t process, uint64_t pool, uint64_t address)
{
	struct pool *of = pool_at(p, process, pool);
	struct pool_block *b;

	if (!address) {
		of->round++;
		return;
	}
	b = block_at(p, process, pool, address);
	block_end(p, b, of->round);
}

void pools_event(struct replay *r, struct replay_thread *t, const struct event *e)
{
	uint64_t pool = t->pool;
	int named = t->pool_named;

	t->pool_named = e->kind == EVENT_POOL;
	if (e->kind == EVENT_POOL)
		t->pool = e->address;
	else if (named && e->kind == EVENT_POOL_ALLOC)
		allocation(&r->pools, t->process->id, pool, e);
	else if (named && e->kind == EVENT_POOL_FREE)
		end(&r->pools, t->process->id, pool, e->address);
}
