/* SPDX-License-Identifier: MIT
 *
 * The collector: drains a segment into a trace until nobody is left who could write to it. One
 * thread does it all; its owner calls collector_round in a loop and decides when to stop.
 *
 *	open -> start -> round ... round -> stop -> release
 *
 * Nothing in here prints or exits. What went wrong stands in `failure` as a sentence.
 */
#ifndef COLLECTOR_COLLECTOR_H
#define COLLECTOR_COLLECTOR_H

#include <signal.h>

#include <limits.h>

#include "collector/clock.h"
#include "collector/control.h"
#include "collector/door.h"
#include "collector/journal.h"
#include "collector/keep.h"
#include "collector/roster.h"
#include "collector/share.h"
#include "collector/tree.h"
#include "collector/writer.h"

/* What a recording does by itself. Times and sizes: 0 none. */
struct collector_plan {
	uint64_t delay_ns;    /* paused until then */
	uint64_t duration_ns; /* over after that, counted from the first moment that it is not paused */
	uint64_t max_size;    /* of the trace in bytes: over when it has it */
	uint64_t keep_ns;     /* only the last of it is kept: so much time, */
	uint64_t keep_bytes;  /* ... or so many bytes of trace */
};

struct collector {
	struct share *share;
	struct door *door;
	struct writer writer;
	struct journal journal;
	struct tree tree;
	struct drain drain;
	struct roster roster;
	struct clock clock;
	struct control control;
	struct keep keep;
	struct collector_plan plan;            /* the caller's to set before the start */
	uint64_t started_ns, next_poll_ns, next_sample_ns, next_second_ns, next_idle_ns, next_look_ns, next_totals_ns;
	uint64_t empty_since_ns;
	uint64_t nap_ns;
	uint64_t nodes_refused, slots_refused; /* as last told */
	int locks_refused;
	uint32_t door_refused, door_notes;     /* as last told, and times that it was */
	const char *name;                      /* the recording's, in its processes' environment */
	int first_pid;                         /* no process of the recording is older than this one's */
	int expects_more;                      /* 1: somebody may yet come, even if nobody is there */
	int passes_over;                       /* 1: not all that can be recorded is; those others may yet execute what is */
	int stopped;
	volatile sig_atomic_t poked;
	uint64_t turned_ns;                    /* when it was last paused or resumed; started_ns at first */
	uint64_t first_on_ns;                  /* when it first ran; 0: not yet */
	uint64_t rate, rate_events, rate_ns;   /* events a second, and where it was last counted */
	int keep_failed;                       /* 1: told */
	const char *over;                      /* why the plan has ended it; NULL: it has not */
	char path[PATH_MAX];                   /* of the trace; absolute where it can be */
	char failure[512];                     /* why nothing is written any more; "" while all is well */
};

/* Makes ready to write the trace of `share` to `path`; the file is created, nothing is written. Borrows share, door and
 * name. 0, or -1 with failure set (and nothing to release). */
int collector_open(struct collector *c, struct share *share, struct door *door, const char *name, const char *path);

/* Takes the lock and begins: header and first records. `start`: read before anything could be recorded. `options`: how the
 * recording was started, each terminated by NUL. */
void collector_start(struct collector *c, const struct clock_reading *start, const char *options, size_t options_size);

/* Reads what there is and does what is due; sleeps, interrupted by signals and by a ring that fills, when there was
 * little. */
void collector_round(struct collector *c);

/* Makes the round under way, or the next one, end without a sleep. From a signal handler of the same thread. */
void collector_poke(struct collector *c);

/* Pauses (on: 0) or resumes the recording. Nothing where it is so already. */
void collector_turn(struct collector *c, int on);
/* Ends the recording, while its processes go on: nothing is recorded any more, and the trace says why. Nothing where it has ended. */
void collector_end(struct collector *c, const char *why);
/* Leaves a mark with a name. */
void collector_mark(struct collector *c, const char *name);
/* Everything that has been published until now is in the file when this returns. */
void collector_flush(struct collector *c);

/* A child of the collector's has ended with this wait status, and is a zombie still: the launched command, or an orphan. */
void collector_child_ended(struct collector *c, int pid, int wait_status);

/* 1 when no process of the recording is left and none can come. */
int collector_over(struct collector *c);

/* Ends the recording, wherever it stands: the last events, the end block. Processes that go on do so unrecorded. */
void collector_stop(struct collector *c);

void collector_release(struct collector *c);

#endif
