/* SPDX-License-Identifier: MIT
 *
 * The table of chains, and their sums.
 */
#include "analyzer/ingest/growth.h"

#include <stdlib.h>

#include "analyzer/base/map.h"
#include "analyzer/base/memory.h"

#define CHAINS_FIRST 64u

void growth_init(struct growth *g)
{
	*g = (struct growth){ 0 };
	keyed_init(&g->rows, sizeof(struct growth_row), 2 * sizeof(uint32_t));
}

void growth_release(struct growth *g)
{
	keyed_release(&g->rows);
	free(g->buckets);
	*g = (struct growth){ 0 };
}

void growth_chains_release(struct growth_chains *c)
{
	free(c->at);
	*c = (struct growth_chains){ .process = c->process };
}

/* --- sums ------------------------------------------------------------------------------------ */

/* The bucket of a size in a row's list, which is sorted; a new one if need be. */
static struct growth_bucket *row_bucket(struct growth *g, struct growth_row *row, uint64_t size)
{
	uint32_t log = size ? 64 - (uint32_t)__builtin_clzll(size) : 0, before = 0, at = row->buckets, fresh;

	while (at && g->buckets[at].log < log) {
		before = at;
		at = g->buckets[at].next;
	}
	if (at && g->buckets[at].log == log)
		return &g->buckets[at];
	fresh = (uint32_t)++g->bucket_count;
	g->buckets = memory_grown(g->buckets, &g->bucket_room, g->bucket_count + 1, sizeof(*g->buckets));
	g->buckets[fresh] = (struct growth_bucket){ .log = log, .next = at, .least = UINT64_MAX };
	if (before)
		g->buckets[before].next = fresh;
	else
		row->buckets = fresh;
	return &g->buckets[fresh];
}

/* A chain is over. */
static void count_chain(struct growth *g, uint32_t process, const struct growth_chain *chain)
{
	const uint32_t key[2] = { chain->stack, process };
	struct growth_row *row;
	struct growth_bucket *b;

	if (!chain->steps)
		return;
	row = keyed_at(&g->rows, key);
	row->chains++;
	row->steps += chain->steps;
	row->copied += chain->copied;
	row->container |= chain->container;
	if (chain->steps > row->max_steps)
		row->max_steps = chain->steps;
	b = row_bucket(g, row, chain->size);
	b->count++;
	if (chain->size < b->least)
		b->least = chain->size;
	if (chain->size > b->most)
		b->most = chain->size;
}

uint64_t growth_percentile(const struct growth *g, const struct growth_row *row, unsigned percent)
{
	uint64_t rank = row->chains - row->chains * (100 - percent) / 100; /* from 1: at least so many are not larger */
	const struct growth_bucket *b = &g->buckets[row->buckets];

	for (; rank > b->count && b->next; b = &g->buckets[b->next])
		rank -= b->count;
	if (b->count < 2 || rank > b->count)
		return b->most;
	return b->least + (uint64_t)((double)(b->most - b->least) * (double)(rank - 1) / (double)(b->count - 1) + 0.5);
}

/* --- the table ------------------------------------------------------------------------------- */

/* The entry of an address, or the empty one where it belongs. */
static struct growth_chain *chain_at(const struct growth_chains *c, uint64_t address)
{
	size_t i = (size_t)(map_mix(address) >> 20) & (c->capacity - 1);

	while (c->at[i].address && c->at[i].address != address)
		i = (i + 1) & (c->capacity - 1);
	return &c->at[i];
}

static int is_last_block(const struct growth_chain *chain, const struct live_block *b)
{
	return b && chain->tick == b->tick && chain->size == b->size;
}

/* Drops the chains that are over, and makes the table as large as the rest needs. */
static void chains_renew(struct growth *g, struct growth_chains *c, const struct live *live)
{
	struct growth_chains renewed = { .capacity = CHAINS_FIRST, .process = c->process };
	size_t kept = 0;

	for (size_t i = 0; i < c->capacity; i++) {
		struct growth_chain *chain = &c->at[i];

		if (chain->steps && is_last_block(chain, live_find(live, chain->address))) {
			kept++;
		} else {
			count_chain(g, c->process, chain);
			chain->steps = 0;
		}
	}
	while (renewed.capacity < (kept + 1) * 3)
		renewed.capacity *= 2;
	renewed.at = memory_zeroed(renewed.capacity, sizeof(*renewed.at));
	for (size_t i = 0; i < c->capacity; i++)
		if (c->at[i].steps)
			*chain_at(&renewed, c->at[i].address) = c->at[i];
	renewed.count = kept;
	free(c->at);
	*c = renewed;
}

/* --- steps ----------------------------------------------------------------------------------- */

void growth_leave(struct growth *g, struct growth_chains *c, struct growth_half *half, const struct live_block *block,
                  uint32_t stack, uint32_t event)
{
	struct growth_chain *chain = c->capacity ? chain_at(c, block->address) : NULL;

	growth_thread_done(g, c, half);
	half->chain = (struct growth_chain){ .address = block->address, .size = block->size };
	if (chain && chain->steps && is_last_block(chain, block) && chain->stack == stack) {
		half->chain = *chain;
		chain->steps = 0;
	}
	half->event = event;
	half->open = 1;
}

void growth_arrive(struct growth *g, struct growth_chains *c, struct growth_half *half, const struct live_block *block,
                   uint32_t stack, uint32_t event, const struct live *live)
{
	struct growth_chain next = {
		.address = block->address, .tick = block->tick, .size = block->size,
		.stack = stack, .steps = 1, .container = half->container,
	};
	struct growth_chain *chain;

	if (half->open && half->event + 1 == event) {
		const struct growth_chain *before = &half->chain;

		next.steps = before->steps + 1;
		next.copied = before->copied;
		if (before->address != next.address)
			next.copied += before->size < next.size ? before->size : next.size;
		half->open = 0;
	}
	growth_thread_done(g, c, half);
	if (!live) {
		count_chain(g, c->process, &next);
		return;
	}
	if ((c->count + 1) * 3 > c->capacity * 2)
		chains_renew(g, c, live);
	chain = chain_at(c, next.address);
	c->count += !chain->address;
	count_chain(g, c->process, chain); /* of a block that lived here before */
	*chain = next;
}

/* --- ends ------------------------------------------------------------------------------------ */

void growth_thread_done(struct growth *g, const struct growth_chains *c, struct growth_half *half)
{
	if (half->open)
		count_chain(g, c->process, &half->chain);
	half->open = 0;
}

void growth_process_done(struct growth *g, struct growth_chains *c)
{
	for (size_t i = 0; i < c->capacity; i++)
		count_chain(g, c->process, &c->at[i]);
	growth_chains_release(c);
}
