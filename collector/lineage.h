/* SPDX-License-Identifier: MIT
 *
 * Who was forked from whom: of every image met its id in the trace and its family, by the number that the shim counts it with,
 * also when it has ended: its children may outlive it. A *family* is an image that came by an exec and all that are forked
 * from it, and has the number of the first. For the collector's thread.
 */
#ifndef COLLECTOR_LINEAGE_H
#define COLLECTOR_LINEAGE_H

#include <stdint.h>

struct lineage {
	struct lineage_image *images; /* by number */
	uint32_t room;
};

/* Of an image that is met. Without memory, or where there are too many of them, it is forgotten. */
void lineage_remember(struct lineage *l, uint32_t number, uint32_t id, uint32_t family);

/* 0: never met. */
uint32_t lineage_id(const struct lineage *l, uint32_t number);

/* Of an image forked from another one; `forked_from` 0: it came by an exec. 0: that one was never met. */
uint32_t lineage_family(const struct lineage *l, uint32_t number, uint32_t forked_from);

void lineage_release(struct lineage *l);

#endif
