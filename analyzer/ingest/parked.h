/* SPDX-License-Identifier: MIT
 *
 * Events that wait for another one. Stamps of different threads are good to a tick or two, so a merge
 * by stamp can show an address allocated while it still lives (its free, by another thread, is about
 * to come), or freed while nobody allocated it (its allocation is about to come). Such an event
 * is parked for a moment. If what it waits for does not come, it never will:
 *
 *   an allocation   the block that lay there before has ended unseen (events were lost): an implied free
 *   a free          an unmatched free (a block made before the recording, or by a parent process)
 *   a doom          as an allocation, but the parked one was freed meanwhile: only the older block is left
 *
 * In a process with one thread nothing is ever parked. The list is short; when it is full, the oldest
 * is decided early.
 */
#ifndef INGEST_PARKED_H
#define INGEST_PARKED_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/live.h"
#include "trace/event.h"

#define PARKED_MAX 64u

struct replay;
struct replay_process;
struct replay_thread;

enum parked_kind { PARKED_ALLOCATION, PARKED_FREE, PARKED_DOOM };

struct parked {
	enum parked_kind kind;
	unsigned event_kind;
	struct replay_process *process;
	struct replay_thread *thread;
	struct live_block block; /* FREE: address, tick, cell (the freeing stack's), order; DOOM: the doomed one */
	uint64_t deadline;
};

struct parked_list {
	struct parked at[PARKED_MAX]; /* in the order of parking */
	size_t count;
	uint64_t deadline; /* the earliest; UINT64_MAX: none */
	uint64_t wait_ticks;  /* how long an allocation waits */
	uint64_t apart_ticks; /* how far apart two stamps in the wrong order can be */
};

void parked_init(struct parked_list *l, uint64_t wait_ticks, uint64_t apart_ticks);

/* An allocation of an address that lives. The block is the new one. */
void parked_collision(struct replay *r, struct replay_thread *t, const struct live_block *block, unsigned kind);
/* A free of an address that does not live. */
void parked_unknown(struct replay *r, struct replay_thread *t, uint64_t address, uint32_t cell);
/* Called before an event is handled in the ordinary way, when its process has something parked. 1: it is handled. */
int parked_meets_allocation(struct replay *r, struct replay_thread *t, const struct live_block *block, unsigned kind);
int parked_meets_free(struct replay *r, struct replay_thread *t, uint64_t address, uint32_t cell);
/* Decides what has waited long enough at tick `now`. */
void parked_expire(struct replay *r, uint64_t now);
/* Decides everything of a process: no more events will come. */
void parked_expire_process(struct replay *r, const struct replay_process *p);

#endif
