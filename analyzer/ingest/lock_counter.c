/* SPDX-License-Identifier: MIT
 *
 * The last values told, by life and total.
 */
#include "analyzer/ingest/lock_counter.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

static void round_release(struct lock_round *r)
{
	map_release(&r->index);
	free(r->last);
	*r = (struct lock_round){ 0 };
}

static struct lock_round *round_of(struct lock_counters *c, uint8_t number)
{
	if (c->now.number == number || !c->now.count) {
		c->now.number = number;
		return &c->now;
	}
	if (c->before.number == number && c->before.count)
		return &c->before;
	round_release(&c->before);
	c->before = c->now;
	c->now = (struct lock_round){ .number = number };
	return &c->now;
}

uint64_t lock_counters_grown(struct lock_counters *c, uint32_t life, unsigned total, unsigned round, uint64_t value)
{
	struct lock_round *r = round_of(c, (uint8_t)round);
	uint64_t grown;
	uint32_t *place = map_at(&r->index, (uint64_t)life << 8 | total);

	if (!*place) {
		r->last = memory_grown(r->last, &r->room, r->count + 1, sizeof(*r->last));
		r->last[r->count] = 0;
		*place = (uint32_t)++r->count;
	}
	if (value <= r->last[*place - 1])
		return 0;
	grown = value - r->last[*place - 1];
	r->last[*place - 1] = value;
	return grown;
}

void lock_counters_release(struct lock_counters *c)
{
	round_release(&c->now);
	round_release(&c->before);
}
