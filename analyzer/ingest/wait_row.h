/* SPDX-License-Identifier: MIT
 *
 * Waits as the database has them: cells put together, and brought to what was counted. Counters are exact, whatever was
 * recorded. Where a lock's say that there was more than its recorded waits, the rest is shared out among the stacks that
 * were seen, by what the recorded waits stand for; where none was seen, it goes to a stack that says so. Where
 * they say less, they were not yet written when the trace ended, and what was recorded counts.
 *
 * Every figure of a lock, a process or a stack is a sum over these rows, so all agree to the last nanosecond.
 */
#ifndef INGEST_WAIT_ROW_H
#define INGEST_WAIT_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/ingest/lock_event.h"
#include "analyzer/ingest/wait_cell.h"

#define WAIT_CLASS_LOCK 20u
#define WAIT_CLASS_WORK 22u

#define WAIT_UNRECORDED UINT32_MAX /* in place of a stack: none of the waits was recorded */

struct wait_row {
	struct wait_cell cell; /* its life is no alias */
	uint32_t class;
	uint64_t waits, timeouts; /* at least cell.events, cell.timeouts */
	uint64_t time;            /* raw units */
	uint64_t ns, max_ns;
};

/* The rows of a life that was waited for. */
struct wait_run {
	uint32_t life;
	uint8_t counted; /* 1: brought to its counters; 0: these are not complete */
	uint8_t sampled; /* 1: not each of its waits is in a row by itself */
	size_t first, count;
};

struct wait_rows {
	struct wait_row *at; /* by life, class, stack, thread, owner, slice, reading */
	size_t count, room;
	struct wait_run *runs; /* by life */
	size_t run_count, run_room;
	int unrecorded; /* 1: WAIT_UNRECORDED occurs */
};

/* Rows of all that was replayed. */
void wait_rows_make(struct wait_rows *w, const struct locks *l, const struct timebase *time, const struct naming *naming);
/* The stack that stands for WAIT_UNRECORDED is known. */
void wait_rows_unrecorded(struct wait_rows *w, uint32_t stack);
void wait_rows_release(struct wait_rows *w);

#endif
