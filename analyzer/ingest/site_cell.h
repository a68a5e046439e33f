/* SPDX-License-Identifier: MIT
 *
 * Site cells: the live blocks of a site, in a process or in one of its threads, and the most of them there
 * ever were: a peak of its own, which no sum over stacks gives. Those of a process also have the
 * distributions.
 */
#ifndef INGEST_SITE_CELL_H
#define INGEST_SITE_CELL_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/map.h"
#include "analyzer/ingest/distribution.h"

struct site_cell {
	uint64_t live, live_bytes, max_live, peak_bytes;
	struct distribution *distribution; /* NULL in a thread's */
	uint32_t site, process, thread;    /* thread 0: the process's */
};

struct site_cells {
	struct site_cell *at; /* [0] unused */
	size_t count, room;
	struct map by_process, by_thread; /* (site, process or thread) */
};

/* The number of a site's cell, a new one if need be. thread 0: of the process. */
uint32_t site_cells_find(struct site_cells *s, uint32_t site, uint32_t process, uint32_t thread);
void site_cells_release(struct site_cells *s);

static inline void site_cell_begin(struct site_cell *s, uint64_t count, uint64_t amount)
{
	s->live_bytes += amount;
	if (s->live_bytes > s->peak_bytes)
		s->peak_bytes = s->live_bytes;
	s->live += count;
	if (s->live > s->max_live)
		s->max_live = s->live;
}

static inline void site_cell_end(struct site_cell *s, uint64_t count, uint64_t amount)
{
	s->live_bytes -= amount;
	s->live -= count;
}

#endif
