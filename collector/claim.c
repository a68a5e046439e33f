/* SPDX-License-Identifier: MIT
 *
 * A claim takes microseconds, but a process that is killed as soon as it begins may be killed in it. Who claims says so in the same
 * word. While processes of other pid namespaces take part nothing is given back: their pids mean others here.
 */
#include "collector/claim.h"

#include <errno.h>
#include <signal.h>

#include "collector/roster.h"

#define CLAIMANT_MASK (UINT32_MAX >> SLOT_CLAIMANT_SHIFT)

/* Of a slot that is claimed: by whom. 0: it is not, or nobody says so. */
static uint32_t claimant(uint32_t state)
{
	return (state & ((1u << SLOT_CLAIMANT_SHIFT) - 1)) == SLOT_CLAIMED ? state >> SLOT_CLAIMANT_SHIFT : 0;
}

static int is_gone(uint32_t pid)
{
	return kill((int)pid, 0) < 0 && errno == ESRCH;
}

static int is_closed(const struct roster *r, uint32_t image)
{
	for (uint32_t i = 0; i < r->image_count; i++)
		if ((r->images[i]->number & CLAIMANT_MASK) == image)
			return 0;
	return 1;
}

static void give_back(_Atomic uint32_t *state, uint32_t seen) { atomic_compare_exchange_strong(state, &seen, SLOT_FREE); }

static void look_at_processes(const struct roster *r)
{
	uint32_t count = atomic_load(&r->segment->process_high);
	for (uint32_t i = 0; i < count && i < SEGMENT_PROCESSES; i++) {
		_Atomic uint32_t *state = &segment_process(r->segment, i)->state;
		uint32_t seen = atomic_load(state), pid = claimant(seen);
		if (pid && is_gone(pid))
			give_back(state, seen);
	}
}

/* An image publishes its slot before its threads claim theirs: it is found if it is looked for after them. */
static void look_at_threads(struct roster *r)
{
	static uint32_t seen[SEGMENT_THREADS];
	uint32_t count = atomic_load(&r->segment->thread_high);
	count = count < SEGMENT_THREADS ? count : SEGMENT_THREADS;
	for (uint32_t i = 0; i < count; i++)
		seen[i] = atomic_load(&r->segment->thread_states[i]);
	roster_find(r);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t image = claimant(seen[i]);
		if (image && is_closed(r, image))
			give_back(&r->segment->thread_states[i], seen[i]);
	}
}

void claim_take_back(struct roster *r)
{
	if (r->has_nested || atomic_load(r->strangers))
		return;
	look_at_processes(r);
	look_at_threads(r);
}
