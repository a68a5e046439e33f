/* SPDX-License-Identifier: MIT
 *
 * Events that cannot be: an allocation of an address that lives, a free of one that does not. Stamps
 * of different threads are good to a tick or two, so in a process with several threads the event that
 * makes it possible (the free before, the allocation before) may be about to come from another
 * thread. The thread with the impossible event waits for it, while the others go on. Three ends:
 *
 *   possible   what it waited for came, or never will and the event is decided as it stands: an
 *              allocation ends the older block, an implied free; a free is an unmatched free
 *   a pair     another thread's event at the same moment was taken first where this thread's two (a
 *              free and the allocation after it, or the reverse) came first: together they change
 *              nothing, so they are counted on their own, when the second comes
 *
 * In a process with one thread the order is certain, and nothing ever waits.
 */
#ifndef INGEST_CONFLICT_H
#define INGEST_CONFLICT_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/live.h"
#include "trace/event.h"

#define CONFLICT_PAIRS 4u
#define CONFLICT_RECENT 64u

struct replay;
struct replay_process;
struct replay_thread;

/* A first event whose second is to come. */
struct conflict_pair {
	struct live_block block; /* of an allocation; of a free, its address only */
	uint32_t cell;           /* of a free: its stack's */
	uint32_t ender;          /* of a free: the cell of the other thread's, which will have freed the block allocated next */
	unsigned kind;           /* of the first event */
};

/* A thread's side. */
struct conflict {
	uint64_t again;     /* the key at which to try the event again; 0: the thread does not wait */
	unsigned tries;     /* of the event it waits with */
	int pair;           /* that event may be the first of a pair */
	uint32_t ender;     /* and, if it is a free, the cell of the other's free */
	unsigned pairs;     /* that are open */
	struct conflict_pair open[CONFLICT_PAIRS];
};

/* A process's side: the frees of late. */
struct conflict_recent {
	struct conflict_free {
		uint64_t address, tick;
		uint32_t thread, cell;
	} at[CONFLICT_RECENT];
	unsigned next;
};

static inline void conflict_note_free(struct conflict_recent *recent, uint64_t address, uint64_t tick, uint32_t thread,
                                      uint32_t cell)
{
	recent->at[recent->next++ % CONFLICT_RECENT] = (struct conflict_free){ address, tick, thread, cell };
}

/* An allocation of an address at which `live` lives. 1: the thread waits with it; 0: it is settled. `rest`: the thread's events
 * after it, up to `end`. */
int conflict_allocation(struct replay *r, struct replay_thread *t, const struct live_block *block, struct live_block *live,
                        const struct event *rest, const struct event *end);
/* A free of an address at which nothing lives; the same. */
int conflict_free(struct replay *r, struct replay_thread *t, const struct event *rest, const struct event *end,
                  uint32_t cell);
/* An event of another kind that cannot be yet: 1: the thread waits with it, for what the others do in that moment; 0: it has. */
int conflict_moment(struct replay_thread *t, uint64_t stamp);
/* Before an event of a thread that has open pairs: 1 if it is the second of one and settled. `block`: of an allocation, else
 * only the address is looked at; `cell`: of a free. */
int conflict_second(struct replay *r, struct replay_thread *t, unsigned kind, const struct live_block *block, uint32_t cell);

#endif
