/* SPDX-License-Identifier: MIT
 *
 * The figures of a life of a lock, as the table `lock` has them: from its counters, and from its rows of waits where these count.
 *
 * The waits on one futex may be of two classes, as the callers' names tell; then the life has two figures, each with its
 * own waits.
 */
#ifndef INGEST_LOCK_FIGURE_H
#define INGEST_LOCK_FIGURE_H

#include <stdint.h>

#include "analyzer/ingest/lock_life.h"
#include "analyzer/ingest/timebase.h"
#include "analyzer/ingest/wait_row.h"

struct lock_figure {
	uint32_t class; /* of its waits, or those it would have */
	unsigned kind;  /* enum lock_kind */
	uint64_t acquisitions, read_acquisitions;
	uint64_t contended, read_contended, try_failures, timeouts;
	uint64_t wait_ns, read_wait_ns, wait_max_ns, waits;
	uint64_t hold_ns, hold_max_ns, hold_measured, hold_allocations, hold_waiting_ns;
	uint64_t owner_changes, max_waiters;
	uint64_t broadcasts, woken_in_vain;
	uint8_t sampled;
	uint64_t wait_buckets[LOCK_BUCKETS]; /* add up to waits, where the counters are complete */
};

/* Fills out[0] and maybe out[1]: how many there are. run: the life's, or NULL: nobody waited. */
unsigned lock_figures(struct lock_figure out[2], const struct lock_lives *lives, uint32_t life, const struct wait_rows *waits,
                      const struct wait_run *run, const struct timebase *time);

#endif
