/* SPDX-License-Identifier: MIT
 *
 * Pages of the segment made ahead of their use: the kernel then charges them, and the time it takes to clear them, to
 * the collector instead of the service. What a thread that says little will not need is not made.
 */
#ifndef COLLECTOR_PAGES_H
#define COLLECTOR_PAGES_H

#include "trace/segment.h"

struct pages {
	uint32_t ring[SEGMENT_THREADS]; /* events of the ring that have pages, by slot */
	uint32_t levels;                /* levels of the node table that have */
};

/* The ring of slot `index` has been read up to count `tail`. */
void pages_make_ring(struct pages *p, struct segment *s, uint32_t index, uint64_t tail);

/* Rings about to be claimed, nodes about to be inserted. */
void pages_make_next(struct pages *p, struct segment *s);

#endif
