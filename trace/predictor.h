/* SPDX-License-Identifier: MIT
 *
 * What the events codec expects next. Encoder and decoder each keep one of these and tell it the
 * same truths in the same order, so that both make the same guesses; only where a guess is wrong
 * something is written. It knows two things:
 *
 *   requests  an op is a distinct (kind, stack); guessed are the op that follows, its size and the
 *             activations it shares with the op before
 *   the heap  a spot is a distinct address; an allocator hands out what was freed last in a size
 *             class, or what lies behind the block before; a free ends the block that is as old as
 *             the one which the same op freed last
 *
 * Numbers of ops and spots start at 1, 0 is none. There are at most BLOCK_MAX_EVENTS of each.
 * For events_encode.c and events_decode.c; FORMAT.md describes the same as rules.
 */
#ifndef TRACE_PREDICTOR_H
#define TRACE_PREDICTOR_H

#include <stdint.h>
#include <string.h>

#include "trace/block.h"
#include "trace/event.h"

#define ADDRESS_MASK ((1ull << 48) - 1)
#define DEPTH_UNKNOWN 0xffffu
#define CLASSES 576u
#define PAIR_BITS 13u

/* Where an allocation came to lie. The first ones name a spot, or two an address not seen before. */
enum place {
	PLACE_TOP,     /* the class's spot that was freed last */
	PLACE_FREED,   /* the spot that was freed last of all */
	PLACE_SECOND,  /* the class's second, third and fourth last */
	PLACE_THIRD,
	PLACE_FOURTH,
	PLACE_BEHIND,  /* behind the newest spot, as glibc cuts its heap */
	PLACE_STRIDE,  /* as far from the class's newest spot as that from the one before */
	PLACE_SPOT,    /* a spot, by number */
	PLACE_ADDRESS, /* elsewhere */
};

/* Guesses an op is made for. */
enum guess { GUESS_NEXT, GUESS_SIZE, GUESS_ADDRESS };

/* Where allocations come to lie, and whether the last one did. */
struct habit {
	uint8_t place; /* enum place, below PLACE_SPOT */
	uint8_t sure;
};

struct op {
	uint64_t size;    /* of its last event */
	uint64_t address; /* of its last event */
	uint32_t stack;
	uint8_t kind;
	struct habit habit; /* of EVENT_REALLOC_ALLOC */
	uint16_t depth;   /* activations it has in common with most others */
	uint16_t next;    /* the op that followed last time */
	uint16_t age;     /* of the block freed last: allocations since its own */
	uint8_t sure[3];  /* by enum guess: the last guess from here was right */
};

enum spot_state { SPOT_NEW, SPOT_LIVE, SPOT_FREE };

struct spot {
	uint64_t address;
	uint16_t class;        /* of its last allocation; 0: none was seen */
	uint16_t older, newer; /* SPOT_FREE: neighbours in the class's list, by time of the free */
	uint16_t serial;       /* of its last allocation */
	uint16_t slot;         /* SPOT_LIVE: its number among the live */
	uint16_t state;        /* enum spot_state */
};

struct class_state {
	uint64_t newest, stride; /* the last address that was new, and its distance from the one before */
	uint16_t top;            /* free spots, last freed first */
	struct habit habit;
};

struct predictor {
	struct op ops[BLOCK_MAX_EVENTS + 1]; /* [0]: what was before the first event */
	struct spot spots[BLOCK_MAX_EVENTS + 1]; /* [0]: the end of every list; its links mean nothing */
	uint16_t by_slot[BLOCK_MAX_EVENTS];     /* live spots by slot; 0: the slot is free */
	uint16_t free_slots[BLOCK_MAX_EVENTS];  /* the last freed is taken first */
	uint16_t by_serial[BLOCK_MAX_EVENTS];   /* spots in the order of their allocations */
	struct class_state classes[CLASSES];
	uint32_t pairs[1u << PAIR_BITS];        /* check of (op, op that followed) << 16 | activations they shared */
	uint32_t op_count, spot_count, slot_count, free_slot_count, serial_count;
	uint32_t op_before, last_freed;
	uint64_t newest, newest_size;           /* the last address that was new, and its request */
	uint64_t far;                           /* what PLACE_ADDRESS and new spots of frees count from */
	unsigned rounding;                      /* how the allocator rounds sizes: see size_class */
};

static inline void predictor_start(struct predictor *p, unsigned rounding)
{
	p->ops[0] = (struct op){.depth = DEPTH_UNKNOWN};
	p->spots[0] = (struct spot){0};
	memset(p->classes, 0, sizeof(p->classes));
	memset(p->pairs, 0, sizeof(p->pairs));
	p->op_count = p->spot_count = p->slot_count = p->free_slot_count = p->serial_count = 0;
	p->op_before = p->last_freed = 0;
	p->newest = p->newest_size = p->far = 0;
	p->rounding = rounding;
}

/* --- size classes ---------------------------------------------------------------------------- */

enum rounding {
	ROUNDING_HEADER = 0,   /* glibc: 8 bytes of header, steps of 16 */
	ROUNDING_QUARTERS = 1, /* jemalloc and its like: steps of 16 up to 128, then four to a doubling */
};

static inline unsigned highest_bit(uint64_t value)
{
	return 63u - (unsigned)__builtin_clzll(value);
}

static inline unsigned size_class(unsigned rounding, uint64_t size)
{
	uint64_t unit;
	unsigned high;

	if (rounding == ROUNDING_QUARTERS) {
		unit = size ? size - 1 : 0;
		if (unit < 128)
			return 1 + (unsigned)(unit >> 4);
		high = highest_bit(unit);
		return 9 + (high - 7) * 4 + (unsigned)(unit >> (high - 2) & 3);
	}
	unit = size <= 24 ? 2 : (size >> 4) + ((size & 15) > 8 ? 2 : 1);
	if (unit < 128)
		return (unsigned)unit;
	high = highest_bit(unit);
	return 128 + (high - 7) * 8 + (unsigned)(unit >> (high - 3) & 7);
}

/* Whether a block can lie there if the allocator rounds to quarters: it keeps a class's blocks side by
 * side from the start of a page, so the largest power of two in their size divides their addresses. */
static inline int rounding_fits_quarters(uint64_t size, uint64_t address)
{
	unsigned shift = size > 128 ? highest_bit(size - 1) - 2 : 4;
	uint64_t rounded = (size + ((uint64_t)1 << shift) - 1) >> shift << shift;

	return size == 0 || size > 2048 || (address & ((rounded & -rounded) - 1)) == 0;
}

/* --- requests -------------------------------------------------------------------------------- */

static inline uint32_t op_add(struct predictor *p, uint32_t stack, unsigned kind)
{
	p->ops[++p->op_count] = (struct op){.stack = stack, .kind = (uint8_t)kind, .depth = DEPTH_UNKNOWN};
	return p->op_count;
}

/* Where the pair of the last op and this one is kept, and its check. Another pair may pass the check:
 * then the guess is bad, no more. */
static inline uint32_t *op_pair(struct predictor *p, uint32_t op, uint32_t *check)
{
	uint64_t hash = ((uint64_t)p->op_before << 16 | op) * 0x9e3779b97f4a7c15ull;

	*check = (uint32_t)(hash >> 32) & 0xffff;
	return &p->pairs[hash >> (64 - PAIR_BITS)];
}

/* What this pair of ops shared last time, else what the shallower one of them has. */
static inline uint32_t shared_guess(const struct predictor *p, uint32_t op, uint32_t pair, int known)
{
	uint32_t one = p->ops[op].depth, other = p->ops[p->op_before].depth;

	return known ? pair & 0xffff : one < other ? one : other;
}

/* Two stacks share what the shallower one has, unless they part before: so its depth was off, or the
 * deeper one's is too small. Without branches: nobody can foresee which. */
static inline void depth_learn(struct predictor *p, uint32_t op, uint16_t shared)
{
	uint16_t *one = &p->ops[op].depth, *other = &p->ops[p->op_before].depth;
	uint16_t depth = *one, other_depth = *other;
	int differ = op != p->op_before;
	int off = differ & ((depth <= other_depth) | (depth < shared));
	int other_off = differ & ((other_depth <= depth) | (other_depth < shared));

	*one = (uint16_t)(depth ^ ((depth ^ shared) & -off));
	*other = (uint16_t)(other_depth ^ ((other_depth ^ shared) & -other_off));
}

/* --- the heap -------------------------------------------------------------------------------- */

static inline uint32_t spot_add(struct predictor *p, uint64_t address)
{
	p->spots[++p->spot_count] = (struct spot){.address = address};
	return p->spot_count;
}

/* Ends of lists are not special cases: which way they go cannot be guessed by the processor. */
static inline void spot_unlink(struct predictor *p, uint32_t spot)
{
	const struct spot *s = &p->spots[spot];
	uint16_t *newer = s->newer ? &p->spots[s->newer].older : &p->classes[s->class].top;

	*newer = s->older;
	p->spots[s->older].newer = s->newer;
}

/* An allocation of that class came to lie at that spot. */
static inline void spot_allocate(struct predictor *p, uint32_t spot, unsigned class)
{
	struct spot *s = &p->spots[spot];

	if (s->state == SPOT_FREE)
		spot_unlink(p, spot);
	if (s->state != SPOT_LIVE) { /* if it is, its free was not seen */
		s->slot = (uint16_t)(p->free_slot_count ? p->free_slots[--p->free_slot_count] : p->slot_count++);
		s->state = SPOT_LIVE;
		p->by_slot[s->slot] = (uint16_t)spot;
	}
	s->class = (uint16_t)class;
	s->serial = (uint16_t)p->serial_count;
	p->by_serial[p->serial_count++] = (uint16_t)spot;
}

static inline void spot_free(struct predictor *p, uint32_t spot)
{
	struct spot *s = &p->spots[spot];
	uint16_t *top = &p->classes[s->class].top;

	if (s->state == SPOT_LIVE) {
		p->by_slot[s->slot] = 0;
		p->free_slots[p->free_slot_count++] = s->slot;
	} else if (s->state == SPOT_FREE) {
		spot_unlink(p, spot);
	}
	s->state = SPOT_FREE;
	s->newer = 0;
	s->older = *top;
	p->spots[s->older].newer = (uint16_t)spot;
	*top = (uint16_t)spot;
	p->last_freed = spot;
}

static inline uint32_t spot_age(const struct predictor *p, uint32_t spot)
{
	return p->serial_count - p->spots[spot].serial;
}

/* The live spot of that age, else 0. */
static inline uint32_t spot_of_age(const struct predictor *p, uint32_t age)
{
	uint32_t serial = p->serial_count - age, spot;

	if (age == 0 || age > p->serial_count)
		return 0;
	spot = p->by_serial[serial];
	return p->spots[spot].state == SPOT_LIVE && p->spots[spot].serial == serial ? spot : 0;
}

/* A block that grows often stays where it is, which is up to who grows it; where new blocks lie is up to the class. */
static inline struct habit *habit_of(struct predictor *p, struct op *op, unsigned class)
{
	return op->kind == EVENT_REALLOC_ALLOC ? &op->habit : &p->classes[class].habit;
}

/* The spot a place names, 0 if there is none. For places up to PLACE_FOURTH. */
static inline uint32_t place_spot(const struct predictor *p, unsigned place, unsigned class)
{
	uint32_t spot = p->classes[class].top;

	if (place == PLACE_TOP)
		return spot;
	if (place == PLACE_FREED)
		return p->last_freed;
	for (unsigned i = PLACE_TOP; spot && i < place - PLACE_FREED; i++)
		spot = p->spots[spot].older;
	return spot;
}

/* The address a place names. For PLACE_BEHIND and PLACE_STRIDE. */
static inline uint64_t place_address(const struct predictor *p, unsigned place, unsigned class)
{
	const struct class_state *c = &p->classes[class];

	if (place == PLACE_STRIDE)
		return (c->newest + c->stride) & ADDRESS_MASK;
	return (p->newest + (p->newest_size <= 24 ? 32 : (p->newest_size + 23) & ~15ull)) & ADDRESS_MASK;
}

/* An allocation came to lie at an address that was not seen before. */
static inline void place_learn(struct predictor *p, uint64_t address, uint64_t size, unsigned class)
{
	struct class_state *c = &p->classes[class];

	c->stride = address - c->newest;
	c->newest = address;
	p->newest = address;
	p->newest_size = size;
}

#endif
