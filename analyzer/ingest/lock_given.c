/* SPDX-License-Identifier: MIT
 *
 * A life begins at its first use, and its name may have come before: whatever was told since the end of the life before
 * is meant for it.
 */
#include "analyzer/ingest/lock_given.h"

static int is_before(const struct recorded_lock_name *n, uint32_t process, uint64_t address, uint64_t tick)
{
	if (n->process != process)
		return n->process < process;
	if (n->address != address)
		return n->address < address;
	return n->tick < tick;
}

/* How many names come before this one. */
static size_t names_before(const struct recording *r, uint32_t process, uint64_t address, uint64_t tick)
{
	size_t low = 0, high = r->lock_name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before(&r->lock_names[middle], process, address, tick))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *lock_given(const struct recording *r, const struct lock_lives *lives, uint32_t life)
{
	const struct lock_life *l = &lives->at[life], *previous;
	uint32_t before = lock_lives_before(lives, life);
	uint64_t since = 0;
	size_t n;

	if (!r->lock_name_count)
		return NULL;
	if (before) {
		previous = &lives->at[lives->places[l->place].lives[before - 1]];
		since = previous->end == LOCK_ALIVE ? l->begin : previous->end;
	}
	n = names_before(r, l->process, l->address, l->end);
	if (!n || r->lock_names[n - 1].process != l->process || r->lock_names[n - 1].address != l->address || r->lock_names[n - 1].tick < since)
		return NULL;
	return r->lock_names[n - 1].name;
}
