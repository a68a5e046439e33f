/* SPDX-License-Identifier: MIT
 *
 * A sorted array of the threads.
 */
#include "analyzer/ingest/lock_owner.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

static int owner_compare(const void *left, const void *right)
{
	const struct lock_owner *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

void lock_owners_init(struct lock_owners *o, const struct recording *r)
{
	o->count = r->thread_count;
	o->at = memory_zeroed(o->count, sizeof(*o->at));
	for (uint32_t t = 1; t <= r->thread_count; t++)
		o->at[t - 1] = (struct lock_owner){
			.process = r->threads[t].process,
			.tid = (uint32_t)r->threads[t].tid,
			.start = r->threads[t].start_tick,
			.thread = t,
		};
	if (o->count)
		qsort(o->at, o->count, sizeof(*o->at), owner_compare);
}

void lock_owners_release(struct lock_owners *o)
{
	free(o->at);
	*o = (struct lock_owners){ 0 };
}

static int is_thread(const struct lock_owners *o, size_t i, uint32_t process, uint64_t tid)
{
	return i < o->count && o->at[i].process == process && o->at[i].tid == tid;
}

uint32_t lock_owners_find(const struct lock_owners *o, uint32_t process, uint64_t tid, uint64_t tick)
{
	struct lock_owner wanted = { .process = process, .tid = (uint32_t)tid, .start = tick, .thread = UINT32_MAX };
	size_t low = 0, high = o->count;

	if (!tid || tid > INT32_MAX)
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (owner_compare(&o->at[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && is_thread(o, low - 1, process, tid))
		return o->at[low - 1].thread;
	return is_thread(o, low, process, tid) ? o->at[low].thread : 0; /* its slot was claimed a little later */
}
