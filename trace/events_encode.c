/* SPDX-License-Identifier: MIT
 *
 * Encoding events: walks them past the predictor and writes what it did not expect into columns. Each
 * field has its function here and the counterpart in events_decode.c; both must tell the predictor the
 * same in the same order. Only the encoder has indexes: the decoder is given numbers.
 *
 * It runs in the collector for every event; hence inline functions, and no branches where which way they go is
 * up to the data. Every table is started small or emptied per block, whatever the scratch held.
 */
#include "trace/events.h"
#include "trace/block.h"
#include "trace/events_columns.h"
#include "trace/index.h"

#include <string.h>

#define ROUNDING_PROBES 1024u /* events that are looked at to find out the rounding */
#define CUT_STRING 256u /* what is worth a compressor's block of its own: a string of that size ... */
#define CUT_SOME 512u   /* ... or several of together that size */

struct encoder {
	struct predictor p;
	struct index ops, spots;
	struct column_writer columns[COLUMNS];
	uint32_t stack; /* of the newest op */
	uint32_t zeros; /* events without a step that no tick code was written for */
	uint64_t tick;
	unsigned char codes[COLUMNS][BLOCK_MAX_EVENTS * COLUMN_CODES_ROOM];
	unsigned char wide[COLUMNS][BLOCK_MAX_EVENTS * COLUMN_WIDE_ROOM];
	unsigned char runs[COLUMNS][BLOCK_MAX_EVENTS * COLUMN_RUNS_ROOM];
};

_Static_assert(sizeof(struct encoder) > sizeof(struct predictor) + DECODER_ROOM, "the decoder fits too");

size_t events_scratch_size(void)
{
	return sizeof(struct encoder);
}

/* --- requests -------------------------------------------------------------------------------- */

static uint32_t op_write_wrong(struct encoder *c, const struct event *e, int sure)
{
	uint16_t *slot = index_slot(&c->ops, &c->p, key_of_op, op_key(e->stack, e->kind));
	uint32_t op = *slot;

	column_wrong(&c->columns[COLUMN_OP], sure, op);
	if (op)
		return op;
	op = op_add(&c->p, e->stack, e->kind);
	index_add(&c->ops, &c->p, key_of_op, slot, op);
	column_put(&c->columns[COLUMN_KIND], e->kind);
	column_put(&c->columns[COLUMN_STACK], zigzag_fold((int32_t)(e->stack - c->stack)));
	c->stack = e->stack;
	return op;
}

static inline uint32_t op_write(struct encoder *c, const struct event *e)
{
	struct op *before = &c->p.ops[c->p.op_before];
	uint32_t op = before->next;
	int sure = before->sure[GUESS_NEXT], right = op && c->p.ops[op].stack == e->stack && c->p.ops[op].kind == e->kind;

	if (right)
		column_right(&c->columns[COLUMN_OP], sure);
	else
		op = op_write_wrong(c, e, sure);
	before->sure[GUESS_NEXT] = (uint8_t)right;
	before->next = (uint16_t)op;
	return op;
}

static inline void shared_write(struct encoder *c, const struct event *e, uint32_t op)
{
	uint32_t check, *pair = op_pair(&c->p, op, &check);
	int known = *pair >> 16 == check;

	if (e->shared == shared_guess(&c->p, op, *pair, known))
		column_right(&c->columns[COLUMN_SHARED], known);
	else
		column_wrong(&c->columns[COLUMN_SHARED], known, e->shared);
	*pair = check << 16 | e->shared;
	if (!known)
		depth_learn(&c->p, op, e->shared);
}

static inline void size_write(struct encoder *c, const struct event *e, struct op *op)
{
	int sure = op->sure[GUESS_SIZE], right = e->size == op->size;

	if (right)
		column_right(&c->columns[COLUMN_SIZE], sure);
	else
		column_wrong(&c->columns[COLUMN_SIZE], sure, e->size);
	op->sure[GUESS_SIZE] = (uint8_t)right;
	op->size = e->size;
}

static inline void tick_write(struct encoder *c, const struct event *e)
{
	struct column_writer *column = &c->columns[COLUMN_TICK];
	uint64_t step = e->stamp > c->tick ? e->stamp - c->tick : 0;
	int written = step != 0 || c->zeros == TICK_ZEROS;

	c->tick += step;
	*column->codes = (unsigned char)(c->zeros << 4 | (step < TICK_LEAP ? step : TICK_LEAP));
	column->codes += written;
	c->zeros = written ? 0 : c->zeros + 1;
	if (step >= TICK_LEAP)
		column_put(&c->columns[COLUMN_LEAP], step - TICK_LEAP);
}

/* --- addresses ------------------------------------------------------------------------------- */

static void far_write(struct encoder *c, uint64_t address)
{
	column_put(&c->columns[COLUMN_ADDRESS], address_fold(c->p.far, address));
	c->p.far = address;
}

static void spot_write(struct encoder *c, uint32_t spot)
{
	column_put(&c->columns[COLUMN_SPOT], c->p.spot_count - spot);
}

/* The place that names this address best: of a spot, or (spot 0) of a new address. */
static unsigned place_find(const struct predictor *p, uint32_t spot, uint64_t address, unsigned class)
{
	unsigned place;

	if (!spot) {
		for (place = PLACE_BEHIND; place <= PLACE_STRIDE; place++)
			if (place_address(p, place, class) == address)
				return place;
		return PLACE_ADDRESS;
	}
	for (place = PLACE_TOP; place <= PLACE_FOURTH; place++)
		if (place_spot(p, place, class) == spot)
			return place;
	return PLACE_SPOT;
}

static void alloc_write_other(struct encoder *c, const struct event *e, struct op *op, unsigned class)
{
	struct predictor *p = &c->p;
	uint16_t *slot = index_slot(&c->spots, p, key_of_spot, e->address);
	uint32_t spot = *slot;
	struct habit *habit = habit_of(p, op, class);
	int sure = habit->sure, right = 0;

	if (!spot && habit->place >= PLACE_BEHIND && place_address(p, habit->place, class) == e->address) {
		right = 1;
		column_right(&c->columns[COLUMN_PLACE], sure);
	} else {
		unsigned place = place_find(p, spot, e->address, class);
		column_wrong(&c->columns[COLUMN_PLACE], sure, place);
		if (place == PLACE_SPOT)
			spot_write(c, spot);
		if (place == PLACE_ADDRESS)
			far_write(c, e->address);
		if (place < PLACE_SPOT)
			habit->place = (uint8_t)place;
	}
	habit->sure = (uint8_t)right;
	if (!spot) {
		spot = spot_add(p, e->address);
		index_add(&c->spots, p, key_of_spot, slot, spot);
		place_learn(p, e->address, e->size, class);
	}
	spot_allocate(p, spot, class);
}

static inline void alloc_write(struct encoder *c, const struct event *e, struct op *op)
{
	unsigned class = size_class(c->p.rounding, e->size);
	struct habit *habit = habit_of(&c->p, op, class);
	uint32_t spot = habit->place < PLACE_BEHIND ? place_spot(&c->p, habit->place, class) : 0;

	if (spot && c->p.spots[spot].address == e->address) {
		column_right(&c->columns[COLUMN_PLACE], habit->sure);
		habit->sure = 1;
		spot_allocate(&c->p, spot, class);
	} else {
		alloc_write_other(c, e, op, class);
	}
	c->p.far = e->address;
}

static void free_write_other(struct encoder *c, const struct event *e, struct op *op)
{
	struct predictor *p = &c->p;
	uint16_t *slot = index_slot(&c->spots, p, key_of_spot, e->address);
	uint32_t spot = *slot;
	int sure = op->sure[GUESS_ADDRESS];

	op->sure[GUESS_ADDRESS] = 0;
	if (!spot) {
		column_wrong(&c->columns[COLUMN_FREE], sure, FREE_ADDRESS);
		far_write(c, e->address);
		spot = spot_add(p, e->address);
		index_add(&c->spots, p, key_of_spot, slot, spot);
	} else if (p->spots[spot].state != SPOT_LIVE) {
		column_wrong(&c->columns[COLUMN_FREE], sure, FREE_SPOT);
		spot_write(c, spot);
	} else {
		column_wrong(&c->columns[COLUMN_FREE], sure, FREE_SLOT + p->spots[spot].slot);
		op->age = (uint16_t)spot_age(p, spot);
	}
	spot_free(p, spot);
}

static inline void free_write(struct encoder *c, const struct event *e, struct op *op)
{
	uint32_t spot = spot_of_age(&c->p, op->age);

	if (spot && c->p.spots[spot].address == e->address) {
		column_right(&c->columns[COLUMN_FREE], op->sure[GUESS_ADDRESS]);
		op->sure[GUESS_ADDRESS] = 1;
		spot_free(&c->p, spot);
	} else {
		free_write_other(c, e, op);
	}
}

static inline void other_write(struct encoder *c, const struct event *e, struct op *op)
{
	int sure = op->sure[GUESS_ADDRESS], right = e->address == op->address;

	if (right)
		column_right(&c->columns[COLUMN_OTHER], sure);
	else
		column_wrong(&c->columns[COLUMN_OTHER], sure, address_fold(op->address, e->address));
	op->sure[GUESS_ADDRESS] = (uint8_t)right;
}

/* --- blocks ---------------------------------------------------------------------------------- */

static unsigned rounding_of(const struct event *events, size_t n)
{
	for (size_t i = 0; i < n && i < ROUNDING_PROBES; i++)
		if (event_is_alloc(events[i].kind) && !rounding_fits_quarters(events[i].size, events[i].address))
			return ROUNDING_HEADER;
	return ROUNDING_QUARTERS;
}

static inline void event_write(struct encoder *c, const struct event *e)
{
	uint32_t number = op_write(c, e);
	struct op *op = &c->p.ops[number];

	shared_write(c, e, number);
	tick_write(c, e);
	if (event_is_free(e->kind)) {
		free_write(c, e, op);
	} else {
		size_write(c, e, op);
		if (event_is_alloc(e->kind))
			alloc_write(c, e, op);
		else
			other_write(c, e, op);
	}
	op->address = e->address;
	c->p.op_before = number;
}

/* The payload: a byte of rounding, the sizes of the columns' strings, the strings. */
static long encoder_finish(struct encoder *c, unsigned char *out, size_t cap)
{
	unsigned char *at = out, *end = out + cap;

	if (cap < 1 + COLUMNS * 3 * VARINT_MAX)
		return TRACE_FULL;
	*at++ = (unsigned char)c->p.rounding;
	for (int i = 0; i < COLUMNS; i++) {
		at = varint_put(at, (uint64_t)(c->columns[i].codes - c->codes[i]));
		at = varint_put(at, (uint64_t)(c->columns[i].wide - c->wide[i]));
		at = varint_put(at, (uint64_t)(c->columns[i].runs - c->runs[i]));
	}
	for (int i = 0; i < COLUMNS; i++) {
		const unsigned char *from[3] = {c->codes[i], c->wide[i], c->runs[i]};
		size_t size[3] = {(size_t)(c->columns[i].codes - from[0]), (size_t)(c->columns[i].wide - from[1]),
		                  (size_t)(c->columns[i].runs - from[2])};

		for (int k = 0; k < 3; k++) {
			if (size[k] > (size_t)(end - at))
				return TRACE_FULL;
			memcpy(at, from[k], size[k]);
			at += size[k];
		}
	}
	return at - out;
}

long events_encode(void *scratch, const struct event *events, size_t n, unsigned char *out, size_t cap)
{
	struct encoder *c = scratch;

	predictor_start(&c->p, rounding_of(events, n));
	index_start(&c->ops);
	index_start(&c->spots);
	for (int i = 0; i < COLUMNS; i++)
		c->columns[i] = (struct column_writer){c->codes[i], c->wide[i], c->runs[i], 0};
	c->stack = c->zeros = 0;
	c->tick = events[0].stamp;
	for (size_t i = 0; i < n; i++)
		event_write(c, &events[i]);
	return encoder_finish(c, out, cap);
}

size_t events_cuts(const unsigned char *payload, size_t size, size_t *cuts)
{
	const unsigned char *at = payload + 1, *end = payload + size;
	uint64_t sizes[COLUMNS * COLUMN_STRINGS];
	size_t count = 0, offset, last = 0;

	for (unsigned i = 0; i < COLUMNS * COLUMN_STRINGS; i++) {
		at = size ? varint_get(at, end, &sizes[i]) : NULL;
		if (!at)
			return 0;
	}
	offset = (size_t)(at - payload);
	for (unsigned i = 0; i < COLUMNS * COLUMN_STRINGS; i++) {
		offset += sizes[i];
		if (offset >= size)
			break;
		if (sizes[i] < CUT_STRING && offset - last < CUT_SOME)
			continue;
		cuts[count++] = last = offset;
	}
	return count;
}
