/* SPDX-License-Identifier: MIT
 *
 * Ranges of addresses that do not overlap, each with what is known of it. In order, in chunks of bounded size, so that to put
 * one in or to cut one costs about the same however many there are.
 */
#ifndef INGEST_RANGE_SET_H
#define INGEST_RANGE_SET_H

#include <stddef.h>
#include <stdint.h>

struct range {
	uint64_t start, end; /* end > start: one past it */
	uint64_t tick;       /* this and the next two are the user's */
	uint32_t cell;
	uint32_t kind;
};

struct range_chunk;

struct range_set {
	struct range_chunk **chunks; /* in order, none empty */
	size_t count, room;          /* of chunks */
};

/* Puts a range in; none that is there may overlap it. */
void range_set_put(struct range_set *s, const struct range *range);
/* Takes out what lies between two addresses; ranges that lie there in part are cut. Each piece is given to `piece` (NULL:
 * nobody), in order, once it is out. How many bytes it were. */
uint64_t range_set_take(struct range_set *s, uint64_t start, uint64_t end, void (*piece)(void *arg, const struct range *r), void *arg);
/* The bytes that lie between two addresses. */
uint64_t range_set_covered(const struct range_set *s, uint64_t start, uint64_t end);
/* The range that an address lies in; NULL: none. Good until the set is changed. */
const struct range *range_set_at(const struct range_set *s, uint64_t address);
/* Every range, in order. */
void range_set_each(const struct range_set *s, void (*each)(void *arg, const struct range *r), void *arg);
void range_set_release(struct range_set *s);

#endif
