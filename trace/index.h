/* SPDX-License-Identifier: MIT
 *
 * The encoder's way from a (kind, stack) to the number of its op, and from an address to that of its spot.
 * The keys themselves are the predictor's. Nothing is ever taken out. For events_encode.c alone.
 */
#ifndef TRACE_INDEX_H
#define TRACE_INDEX_H

#include <stdint.h>
#include <string.h>

#include "trace/predictor.h"

#define INDEX_FIRST_BITS 11u
#define INDEX_LAST_BITS 16u /* twice BLOCK_MAX_EVENTS */

/* Open addressing, in a table that grows with what is in it. */
struct index {
	uint16_t slots[1u << INDEX_LAST_BITS]; /* numbers, 0: free */
	unsigned bits;
};

static inline void index_start(struct index *x)
{
	x->bits = INDEX_FIRST_BITS;
	memset(x->slots, 0, sizeof(x->slots[0]) << x->bits);
}

static inline uint64_t op_key(uint32_t stack, unsigned kind)
{
	return (uint64_t)stack << 8 | kind;
}

typedef uint64_t key_of(const struct predictor *p, uint32_t number);

static inline uint64_t key_of_op(const struct predictor *p, uint32_t op)
{
	return op_key(p->ops[op].stack, p->ops[op].kind);
}

static inline uint64_t key_of_spot(const struct predictor *p, uint32_t spot)
{
	return p->spots[spot].address;
}

/* The slot in which the key's number stands, or would. */
static inline uint16_t *index_slot(struct index *x, const struct predictor *p, key_of *of, uint64_t key)
{
	uint32_t mask = (1u << x->bits) - 1;
	uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15ull) >> (64 - x->bits));

	while (x->slots[at] && of(p, x->slots[at]) != key)
		at = (at + 1) & mask;
	return &x->slots[at];
}

/* Puts the newest number in; a quarter full is enough, so that most look-ups end at once. */
static inline void index_add(struct index *x, const struct predictor *p, key_of *of, uint16_t *slot, uint32_t number)
{
	*slot = (uint16_t)number;
	if (number << 2 < 1u << x->bits || x->bits == INDEX_LAST_BITS)
		return;
	x->bits++;
	memset(x->slots, 0, sizeof(x->slots[0]) << x->bits);
	for (uint32_t i = 1; i <= number; i++)
		*index_slot(x, p, of, of(p, i)) = (uint16_t)i;
}

#endif
