/* SPDX-License-Identifier: MIT
 *
 * How something went over time: what was allocated, live, waited for, slice by slice of the whole recording. A
 * span that the store's lens has does not shorten it, so that there is always an axis to choose another one on; a filter
 * counts.
 */
#ifndef REPORT_COURSE_H
#define REPORT_COURSE_H

#include <stdint.h>

#include "analyzer/base/err.h"
#include "analyzer/base/table.h"
#include "analyzer/store/store.h"

enum course_of {
	COURSE_ALL,      /* all that was recorded; id is nothing */
	COURSE_HEAP,     /* of that, what is known without looking at stacks */
	COURSE_WAITS,    /* the rest of it */
	COURSE_SITE,
	COURSE_FUNCTION, /* stacks that pass through it */
	COURSE_STACK,    /* this one alone */
	COURSE_THREAD,
	COURSE_LOCK,
	COURSE_KINDS
};

/* A row a slice of time, in order; of an id that is not there all figures are 0. Columns: start_ns, end_ns; allocations, allocated_bytes
 * and live_bytes (at the slice's end; blocks that were never freed until their process ended), which locks and COURSE_WAITS have none of;
 * most_live_bytes (largest within the slice), rss_bytes, threads (that were there), which only COURSE_ALL and COURSE_HEAP have, the
 * first not under a filter that takes parts of processes; waits, wait_ns, blocked_ns (by when the waits ended), which COURSE_HEAP has none
 * of; caused_wait_ns (by when the locks were released), of sites, functions, stacks and threads. 0, or -1 with nothing to release. Reads all sums by slice of blocks, but of the first three only under such a filter, and those of
 * waits; can be interrupted. */
int course_read(struct store *s, enum course_of of, int64_t id, struct table *t, struct err *err);

#endif
