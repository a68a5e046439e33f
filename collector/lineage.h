/* SPDX-License-Identifier: MIT
 *
 * Who was forked from whom: of the images met, but for those long gone, their ids in the trace and their families, by the number that
 * the shim counts them with: an image's children may outlive it. A *family* is an image that came by an exec and all that are
 * forked from it, and has the number of the first. For the collector's thread.
 */
#ifndef COLLECTOR_LINEAGE_H
#define COLLECTOR_LINEAGE_H

#include <stdint.h>

struct lineage {
	struct lineage_image *images; /* by number, modulo `room` */
	uint32_t room;                /* a power of two, or 0 */
};

/* Of an image that is met. One that came long before may be forgotten for it. */
void lineage_remember(struct lineage *l, uint32_t number, uint32_t id, uint32_t family);

/* 0: never met, or forgotten. */
uint32_t lineage_id(const struct lineage *l, uint32_t number);

uint32_t lineage_family(const struct lineage *l, uint32_t number);

void lineage_release(struct lineage *l);

#endif
