/* SPDX-License-Identifier: MIT
 *
 * Totals into a life's figures, and the few that say how a thread waited into a cell of the thread's own.
 */
#include "analyzer/ingest/lock_total.h"

#include <stddef.h>

#include "analyzer/ingest/replay.h"
#include "analyzer/ingest/wait_cell.h"
#include "trace/waits.h"

/* Where a total stands in a thread's own cell. */
static const struct {
	unsigned total;
	size_t offset;
} counted_totals[] = {
	{ LOCK_WAITS, offsetof(struct counted_cell, waits) },
	{ LOCK_WAIT, offsetof(struct counted_cell, time) },
	{ LOCK_READ_CONTENDED, offsetof(struct counted_cell, read_waits) },
	{ LOCK_READ_WAIT, offsetof(struct counted_cell, read_time) },
	{ LOCK_TIMEOUTS, offsetof(struct counted_cell, timeouts) },
};

static void counted_add(struct locks *l, uint32_t thread, uint32_t life, unsigned total, uint64_t grown, uint64_t tick)
{
	for (size_t i = 0; i < sizeof(counted_totals) / sizeof(counted_totals[0]); i++) {
		struct counted_cell *c, key = { .life = life, .thread = thread };

		if (counted_totals[i].total != total)
			continue;
		c = keyed_at(&l->counted, &key);
		*(uint64_t *)((char *)c + counted_totals[i].offset) += grown;
		c->tick = tick;
	}
}

static void take_max(struct locks *l, uint32_t thread, uint32_t life, unsigned total, uint64_t value)
{
	uint64_t *max = &lock_life_counts(&l->lives.at[life])->totals[total];

	if (value > *max)
		*max = value;
	if (total == LOCK_WAIT_MAX && value) {
		struct counted_cell *c, key = { .life = life, .thread = thread };

		c = keyed_at(&l->counted, &key);
		if (value > c->max)
			c->max = value;
	}
}

/* A thread cannot have waited for one lock, or held it, longer than there was time. */
static uint64_t told_value(const struct locks *l, unsigned total, uint64_t size)
{
	uint64_t value = size & ((1ull << LOCK_ROUND_SHIFT) - 1);
	int is_time = total == LOCK_WAIT || total == LOCK_READ_WAIT || total == LOCK_WAIT_MAX || total == LOCK_HELD_TIME ||
	              total == LOCK_HELD_MAX || total == LOCK_HELD_WAITING;

	return is_time && value > l->longest ? l->longest : value;
}

void lock_total_take(struct locks *l, struct lock_counters *counters, const struct replay_thread *t, const struct event *e)
{
	struct lock_lives *lives = &l->lives;
	unsigned total = e->stack;
	uint32_t named, life;
	uint64_t value, grown;

	if (total >= LOCK_TOTALS)
		return;
	value = told_value(l, total, e->size);
	named = lock_lives_find(lives, t->process->id, e->address, e->shared, e->stamp);
	life = lock_lives_resolve(lives, named);
	if (total == LOCK_WAIT_MAX || total == LOCK_MAX_WAITERS || total == LOCK_HELD_MAX) {
		take_max(l, t->id, life, total, value);
		return;
	}
	grown = lock_counters_grown(counters, named, total, (unsigned)(e->size >> LOCK_ROUND_SHIFT), value);
	if (!grown)
		return;
	if (total == LOCK_ACQUISITIONS)
		lives->at[life].acquisitions += grown;
	else if (total == LOCK_READS)
		lives->at[life].reads += grown;
	else if (total == LOCK_OWNER_CHANGES)
		lives->at[life].owner_changes += grown;
	else
		lock_life_counts(&lives->at[life])->totals[total] += grown;
	counted_add(l, t->id, life, total, grown, e->stamp);
}
