/* SPDX-License-Identifier: MIT
 *
 * Replaying the merged events: which block each one starts or ends, and all sums that follow from it.
 * The hot part of the analysis: nothing here touches the database, and nothing is allocated but for
 * a new live block, stack or site.
 *
 * Threads' stamps are good to a tick; what they leave open is decided by alternation: an address
 * cannot be allocated again before its free, nor freed twice. conflict.h has the rare cases.
 */
#ifndef INGEST_REPLAY_H
#define INGEST_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/cell.h"
#include "analyzer/ingest/conflict.h"
#include "analyzer/ingest/escape_chain.h"
#include "analyzer/ingest/escape_owner.h"
#include "analyzer/ingest/escape_place.h"
#include "analyzer/ingest/escape_sum.h"
#include "analyzer/ingest/growth.h"
#include "analyzer/ingest/growth_container.h"
#include "analyzer/ingest/live.h"
#include "analyzer/ingest/lock_event.h"
#include "analyzer/ingest/mapping.h"
#include "analyzer/ingest/naming.h"
#include "analyzer/ingest/pool.h"
#include "analyzer/ingest/recording.h"
#include "analyzer/ingest/weight.h"
#include "analyzer/ingest/site_cell.h"
#include "analyzer/ingest/slack.h"
#include "analyzer/ingest/span.h"
#include "analyzer/ingest/span_histogram.h"
#include "analyzer/ingest/timebase.h"
#include "trace/event.h"

/* What a process did until now; timeline rows are differences of these. */
struct replay_counts {
	uint64_t allocations, allocated_bytes, frees;
};

/* What allocating calls of one kind did. */
struct replay_kind {
	uint64_t count, bytes;
};

struct replay_process {
	uint32_t id;
	uint32_t threads;   /* that have events in the trace */
	uint32_t open;      /* of these, not at their end */
	struct live live;
	struct growth_chains growth;
	uint64_t live_bytes, peak_bytes, peak_tick;
	uint64_t epoch;     /* number of peaks so far, see cell.h */
	uint64_t slice_max; /* largest live_bytes within the slice */
	uint64_t frees, unmatched_frees, implied_frees;
	uint64_t uncertain; /* blocks live at the end that may have been freed while the recording was paused */
	struct replay_kind kinds[EVENT_LAST_ALLOC + 1];
	struct replay_counts slice_began; /* counts when the slice began */
	struct replay_kind kinds_began[EVENT_LAST_ALLOC + 1];
	struct span_histogram histogram;
	uint32_t first_slice, last_slice; /* of its life */
	struct conflict_recent *recent;   /* NULL: it has one thread only */
	struct mapping_process mapped;
	uint64_t contended, wait_ns, blocked_ns; /* set by output_locks */
};

struct replay_thread {
	struct replay_process *process;
	uint32_t id;
	uint32_t last; /* number of its last allocation; 0: none yet */
	struct escape_chain chain;
	struct cell_index index;
	struct conflict conflict;
	struct lock_user *locks; /* NULL: it has told of none */
	struct growth_half half;
	uint64_t pool;  /* that the next event is of ... */
	int pool_named; /* ... if this is 1 */
	struct mapping_move move;
	uint64_t fresh; /* address of the last block it made, in most cases; 0: none yet */
};

struct timeline_row {
	uint32_t process, slice; /* slices from 0 */
	uint64_t live_bytes, live_end_bytes;
	struct replay_counts counts;
};

/* Allocating calls of one kind in a slice, from 0. */
struct kind_row {
	uint32_t process;
	uint16_t slice, kind;
	struct replay_kind sum;
};

struct replay {
	const struct timebase *time;
	const struct naming *naming;
	struct replay_process *processes; /* [id] */
	struct replay_thread *threads;    /* [id] */
	size_t process_count, thread_count;
	uint64_t sample_bytes; /* each block stands for several; 0: all were recorded */
	struct cells cells;
	struct weight_errors errors; /* of the cells' figures, where there is a sample */
	struct site_cells sites;
	struct spans spans;
	struct escape_places places;
	struct escape_sums escapes;
	struct escape_owners owners;
	struct locks locks;
	struct growth growth;
	struct growth_containers containers;
	struct slack slack;
	struct pools pools;
	struct mappings mappings;
	uint64_t *pauses;     /* ticks at which the recording was paused, by time */
	size_t pause_count, pause_room;
	uint64_t last_pause;  /* the last of them; 0: there is none */
	uint64_t now;         /* tick of the event at hand; never runs backwards */
	uint64_t stop;        /* the first tick of the next slice */
	uint32_t slice;       /* from 0 */
	uint64_t slice_began; /* its first tick */
	struct timeline_row *timeline;
	size_t timeline_count, timeline_room;
	struct kind_row *kinds;
	size_t kind_count, kind_room;
	struct span_bucket_rows histogram;
};

void replay_init(struct replay *r, const struct recording *recording, const struct timebase *time,
                 const struct naming *naming);
void replay_release(struct replay *r);

/* The key by which threads are merged. Even, so that a thread can wait for all of a tick's events. */
static inline uint64_t replay_key(const struct event *e)
{
	return e->stamp << 1;
}

/* Replays a thread's events from `at` until one's key is above `limit`, or `end`. Returns where it stopped; that event is
 * to be tried again at t->conflict.again, if this is not 0. The stack of an event is as feed.h says. */
const struct event *replay_run(struct replay *r, struct replay_thread *t, const struct event *at, const struct event *end,
                               uint64_t limit);
/* The thread has no more events. */
void replay_thread_done(struct replay *r, struct replay_thread *t);
/* All threads are done: closes the last slice. */
void replay_finish(struct replay *r);

/* Whether the recording was paused between a tick and now. */
int replay_was_paused(const struct replay *r, uint64_t since);
/* How many blocks one of the trace stands for. */
static inline uint64_t replay_weight(const struct replay *r, const struct live_block *b)
{
	return __builtin_expect(r->sample_bytes != 0, 0) ? weight_of(r->sample_bytes, b->size, b->address, b->tick) : 1;
}

/* --- for conflict.c: the two ends of a block's life --- */

/* A block begins: all sums, and the table of live blocks. */
void replay_begin(struct replay *r, struct replay_process *p, const struct live_block *block, unsigned kind);
/* A block that is live ends. `freer` NULL: nobody was seen to do it. `cell`: the freeing stack's. */
void replay_end(struct replay *r, struct replay_process *p, struct live_block *block, struct replay_thread *freer, uint32_t cell);
/* A block begins and ends at once, whatever lives at its address. `freer` NULL: another thread than the one that
 * allocated it. `cell`: of the stack that is counted as having freed it; `ender`: of the one that did. */
void replay_pass(struct replay *r, struct replay_process *p, const struct live_block *block, unsigned kind,
                 struct replay_thread *freer, uint32_t cell, uint32_t ender);

#endif
