/* SPDX-License-Identifier: MIT
 *
 * The events codec: walks the events past the predictor and writes what it did not expect into
 * columns, or reads it from there. Every field of an event has its pair of functions here, one
 * that writes and one that reads, which must tell the predictor the same. The encoder alone keeps two
 * indexes, of ops and of spots; the decoder is given their numbers.
 *
 * Decoding trusts nothing: each number is checked against what there is before it is used, and in
 * the end everything must have been used up.
 */
#include "trace/events.h"
#include "trace/block.h"
#include "trace/column.h"
#include "trace/predictor.h"
#include "trace/varint.h"

#include <string.h>

/* In the order in which they stand in the payload. */
enum column {
	COLUMN_OP,       /* NEW_OP, or 1 and more: the op's number */
	COLUMN_KIND,     /* of a new op */
	COLUMN_STACK,    /* of a new op, as the difference from the last new op's */
	COLUMN_SHARED,   /* difference from the guess */
	COLUMN_SIZE,     /* as it is */
	COLUMN_PLACE,    /* enum place */
	COLUMN_SPOT,     /* PLACE_SPOT: counted from the newest spot back */
	COLUMN_ADDRESS,  /* PLACE_ADDRESS, FREE_ADDRESS: difference from the last such */
	COLUMN_FREE,     /* FREE_..., or FREE_SLOT and more: the slot's number */
	COLUMN_OTHER,    /* address of what is neither allocation nor free, against the op's last */
	COLUMN_TICK,     /* codes only: see tick_write */
	COLUMN_LEAP,     /* large differences of ticks */
	COLUMNS,
};

#define ROUNDING_PROBES 1024u /* events that are looked at to find out the rounding */

enum { NEW_OP = 0 };
enum { FREE_ADDRESS = 0, FREE_SPOT = 1, FREE_SLOT = 2 };

#define TICK_ZEROS 15u /* events without a tick before a tick code's own event, at most */
#define TICK_LEAP 15u  /* difference from which on it is in COLUMN_LEAP */

/* --- the encoder's index --------------------------------------------------------------------- */

/* From a key to its number: open addressing over an array of keys, which grows with it. */
struct index {
	uint16_t slots[2 * BLOCK_MAX_EVENTS]; /* numbers, 0: free */
	unsigned bits;
};

#define INDEX_FIRST_BITS 9u

static void index_start(struct index *x)
{
	x->bits = INDEX_FIRST_BITS;
	memset(x->slots, 0, sizeof(x->slots[0]) << x->bits);
}

/* The slot in which the key's number stands, or would. */
static inline uint16_t *index_slot(struct index *x, const uint64_t *keys, uint64_t key)
{
	uint32_t mask = (1u << x->bits) - 1;
	uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15ull) >> (64 - x->bits));

	while (x->slots[at] && keys[x->slots[at]] != key)
		at = (at + 1) & mask;
	return &x->slots[at];
}

/* Puts the newest number in; doubles when half full. */
static void index_add(struct index *x, const uint64_t *keys, uint16_t *slot, uint32_t number)
{
	*slot = (uint16_t)number;
	if (number << 1 < 1u << x->bits)
		return;
	if (sizeof(x->slots) / sizeof(x->slots[0]) < 2ull << x->bits)
		return;
	x->bits++;
	memset(x->slots, 0, sizeof(x->slots[0]) << x->bits);
	for (uint32_t i = 1; i <= number; i++)
		*index_slot(x, keys, keys[i]) = (uint16_t)i;
}

/* --- state ----------------------------------------------------------------------------------- */

struct encoder {
	struct predictor p;
	struct index ops, spots;
	uint64_t op_keys[BLOCK_MAX_EVENTS + 1];
	struct column_writer columns[COLUMNS];
	uint32_t stack; /* of the newest op */
	uint32_t zeros; /* events without a tick, not written yet */
	uint64_t tick;
	unsigned char codes[COLUMNS][BLOCK_MAX_EVENTS * COLUMN_CODES_ROOM];
	unsigned char wide[COLUMNS][BLOCK_MAX_EVENTS * COLUMN_WIDE_ROOM];
	unsigned char runs[COLUMNS][BLOCK_MAX_EVENTS * COLUMN_RUNS_ROOM];
};

struct decoder {
	struct predictor p;
	struct column_reader columns[COLUMNS];
	uint32_t stack;
	uint32_t zeros; /* events before the tick code's own that were read */
	uint64_t tick;
	int bad;
};

size_t events_scratch_size(void)
{
	return sizeof(struct encoder) > sizeof(struct decoder) ? sizeof(struct encoder) : sizeof(struct decoder);
}

/* --- ops ------------------------------------------------------------------------------------- */

static inline uint64_t op_key(const struct event *e)
{
	return (uint64_t)e->stack << 8 | e->kind;
}

static uint32_t op_write_wrong(struct encoder *c, uint64_t key)
{
	uint16_t *slot = index_slot(&c->ops, c->op_keys, key);
	uint32_t op = *slot, stack = (uint32_t)(key >> 8);

	column_wrong(&c->columns[COLUMN_OP], op);
	if (op)
		return op;
	op = op_add(&c->p, stack, key & 0xff);
	c->op_keys[op] = key;
	index_add(&c->ops, c->op_keys, slot, op);
	column_put(&c->columns[COLUMN_KIND], key & 0xff);
	column_put(&c->columns[COLUMN_STACK], zigzag_fold((int32_t)(stack - c->stack)));
	c->stack = stack;
	return op;
}

static inline uint32_t op_write(struct encoder *c, const struct event *e)
{
	uint64_t key = op_key(e);
	struct op *before = &c->p.ops[c->p.op_before];
	uint32_t op = before->next;

	if (op && c->op_keys[op] == key)
		column_right(&c->columns[COLUMN_OP]);
	else
		op = op_write_wrong(c, key);
	before->next = (uint16_t)op;
	return op;
}

static uint32_t op_read_wrong(struct decoder *c)
{
	uint64_t op = column_get(&c->columns[COLUMN_OP]), kind;

	if (op != NEW_OP) {
		c->bad |= op > c->p.op_count;
		return op <= c->p.op_count ? (uint32_t)op : 0;
	}
	kind = column_get(&c->columns[COLUMN_KIND]);
	c->stack += (uint32_t)zigzag_unfold(column_get(&c->columns[COLUMN_STACK]));
	c->bad |= kind >= EVENT_MESSAGE_FIRST;
	return op_add(&c->p, c->stack, kind & 0x7f);
}

static inline uint32_t op_read(struct decoder *c)
{
	struct op *before = &c->p.ops[c->p.op_before];
	uint32_t op = before->next;

	if (!column_is_right(&c->columns[COLUMN_OP]))
		op = op_read_wrong(c);
	c->bad |= op == 0;
	before->next = (uint16_t)op;
	return op;
}

static inline void shared_write(struct encoder *c, const struct event *e, uint32_t op)
{
	uint64_t key, *pair = op_pair(&c->p, op, &key);
	uint32_t guess = shared_guess(&c->p, *pair, key, op);

	if (e->shared == guess)
		column_right(&c->columns[COLUMN_SHARED]);
	else
		column_wrong(&c->columns[COLUMN_SHARED], zigzag_fold((int32_t)(e->shared - guess)));
	shared_learn(&c->p, pair, key, op, e->shared);
}

static inline uint16_t shared_read(struct decoder *c, uint32_t op)
{
	uint64_t key, *pair = op_pair(&c->p, op, &key);
	uint32_t shared = shared_guess(&c->p, *pair, key, op);

	if (!column_is_right(&c->columns[COLUMN_SHARED]))
		shared += (uint32_t)zigzag_unfold(column_get(&c->columns[COLUMN_SHARED]));
	c->bad |= shared > UINT16_MAX;
	shared_learn(&c->p, pair, key, op, (uint16_t)shared);
	return (uint16_t)shared;
}

static inline void size_write(struct encoder *c, const struct event *e, struct op *op)
{
	if (e->size == op->size)
		column_right(&c->columns[COLUMN_SIZE]);
	else
		column_wrong(&c->columns[COLUMN_SIZE], e->size);
	op->size = e->size;
}

static inline uint64_t size_read(struct decoder *c, struct op *op)
{
	if (!column_is_right(&c->columns[COLUMN_SIZE]))
		op->size = column_get(&c->columns[COLUMN_SIZE]);
	return op->size;
}

/* --- ticks ----------------------------------------------------------------------------------- */

/* A code is zeros << 4 | step: that many events at the same tick, then one `step` ticks later (0 only
 * after TICK_ZEROS). Events at the same tick at the end of the block are not written. */
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

static inline uint64_t tick_read(struct decoder *c)
{
	struct column_reader *column = &c->columns[COLUMN_TICK];
	uint64_t step;
	int next;

	if (column->codes == column->codes_end)
		return c->tick;
	next = c->zeros == *column->codes >> 4;
	step = next ? *column->codes & 15 : 0;
	column->codes += next;
	c->zeros = next ? 0 : c->zeros + 1;
	if (step == TICK_LEAP)
		step += column_get(&c->columns[COLUMN_LEAP]);
	c->tick += step;
	c->bad |= c->tick < step;
	return c->tick;
}

/* --- addresses ------------------------------------------------------------------------------- */

/* Differences of addresses, mostly multiples of 16: the last bit tells which those are. */
static uint64_t address_fold(uint64_t from, uint64_t to)
{
	int64_t difference = (int64_t)((to - from) << 16) >> 16;

	return difference & 15 ? zigzag_fold(difference) << 1 | 1 : zigzag_fold(difference >> 4) << 1;
}

static uint64_t address_unfold(uint64_t from, uint64_t folded)
{
	uint64_t difference = (uint64_t)zigzag_unfold(folded >> 1);

	return (from + (folded & 1 ? difference : difference << 4)) & ADDRESS_MASK;
}

static void far_write(struct encoder *c, uint64_t address)
{
	column_put(&c->columns[COLUMN_ADDRESS], address_fold(c->p.far, address));
	c->p.far = address;
}

static uint64_t far_read(struct decoder *c)
{
	c->p.far = address_unfold(c->p.far, column_get(&c->columns[COLUMN_ADDRESS]));
	return c->p.far;
}

static void spot_write(struct encoder *c, uint32_t spot)
{
	column_put(&c->columns[COLUMN_SPOT], c->p.spot_count - spot);
}

static uint32_t spot_read(struct decoder *c)
{
	uint64_t back = column_get(&c->columns[COLUMN_SPOT]);

	c->bad |= back >= c->p.spot_count;
	return back < c->p.spot_count ? c->p.spot_count - (uint32_t)back : 0;
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
	uint16_t *slot = index_slot(&c->spots, p->addresses, e->address);
	uint32_t spot = *slot;
	unsigned place;

	if (!spot && op->place >= PLACE_BEHIND && place_address(p, op->place, class) == e->address) {
		place = op->place;
		column_right(&c->columns[COLUMN_PLACE]);
	} else {
		place = place_find(p, spot, e->address, class);
		column_wrong(&c->columns[COLUMN_PLACE], place);
		if (place == PLACE_SPOT)
			spot_write(c, spot);
		if (place == PLACE_ADDRESS)
			far_write(c, e->address);
		if (place < PLACE_SPOT)
			op->place = (uint8_t)place;
	}
	if (!spot) {
		spot = spot_add(p, e->address);
		index_add(&c->spots, p->addresses, slot, spot);
		place_learn(p, e->address, e->size, class);
	}
	spot_allocate(p, spot, class);
}

static inline void alloc_write(struct encoder *c, const struct event *e, struct op *op)
{
	unsigned class = size_class(c->p.rounding, e->size);
	uint32_t spot = op->place < PLACE_BEHIND ? place_spot(&c->p, op->place, class) : 0;

	if (spot && c->p.addresses[spot] == e->address) {
		column_right(&c->columns[COLUMN_PLACE]);
		spot_allocate(&c->p, spot, class);
	} else {
		alloc_write_other(c, e, op, class);
	}
	c->p.far = e->address;
}

static inline uint64_t alloc_read(struct decoder *c, struct op *op)
{
	struct predictor *p = &c->p;
	unsigned class = size_class(p->rounding, op->size);
	uint64_t place = op->place, address;
	uint32_t spot;

	if (!column_is_right(&c->columns[COLUMN_PLACE])) {
		place = column_get(&c->columns[COLUMN_PLACE]);
		c->bad |= place > PLACE_ADDRESS;
		if (place < PLACE_SPOT)
			op->place = (uint8_t)place;
	}
	if (place < PLACE_BEHIND || place == PLACE_SPOT) {
		spot = place == PLACE_SPOT ? spot_read(c) : place_spot(p, (unsigned)place, class);
		c->bad |= spot == 0;
		address = p->addresses[spot];
	} else {
		address = place < PLACE_SPOT ? place_address(p, (unsigned)place, class) : far_read(c);
		spot = spot_add(p, address);
		place_learn(p, address, op->size, class);
	}
	if (!c->bad)
		spot_allocate(p, spot, class);
	p->far = address;
	return address;
}

static void free_write_other(struct encoder *c, const struct event *e, struct op *op)
{
	struct predictor *p = &c->p;
	uint16_t *slot = index_slot(&c->spots, p->addresses, e->address);
	uint32_t spot = *slot;

	if (!spot) {
		column_wrong(&c->columns[COLUMN_FREE], FREE_ADDRESS);
		far_write(c, e->address);
		spot = spot_add(p, e->address);
		index_add(&c->spots, p->addresses, slot, spot);
	} else if (p->spots[spot].state != SPOT_LIVE) {
		column_wrong(&c->columns[COLUMN_FREE], FREE_SPOT);
		spot_write(c, spot);
	} else {
		column_wrong(&c->columns[COLUMN_FREE], FREE_SLOT + p->spots[spot].slot);
		op->age = (uint16_t)spot_age(p, spot);
	}
	spot_free(p, spot);
}

static inline void free_write(struct encoder *c, const struct event *e, struct op *op)
{
	uint32_t spot = spot_of_age(&c->p, op->age);

	if (spot && c->p.addresses[spot] == e->address) {
		column_right(&c->columns[COLUMN_FREE]);
		spot_free(&c->p, spot);
	} else {
		free_write_other(c, e, op);
	}
}

static uint32_t free_read_other(struct decoder *c, struct op *op)
{
	uint64_t what = column_get(&c->columns[COLUMN_FREE]), slot = what - FREE_SLOT;
	uint32_t spot;

	if (what == FREE_ADDRESS)
		return spot_add(&c->p, far_read(c));
	if (what == FREE_SPOT)
		return spot_read(c);
	spot = slot < c->p.slot_count ? c->p.by_slot[slot] : 0;
	op->age = (uint16_t)spot_age(&c->p, spot);
	return spot;
}

static inline uint64_t free_read(struct decoder *c, struct op *op)
{
	uint32_t spot = column_is_right(&c->columns[COLUMN_FREE]) ? spot_of_age(&c->p, op->age) : free_read_other(c, op);

	c->bad |= spot == 0;
	if (!c->bad)
		spot_free(&c->p, spot);
	return c->p.addresses[spot];
}

static inline void other_write(struct encoder *c, const struct event *e, const struct op *op)
{
	if (e->address == op->address)
		column_right(&c->columns[COLUMN_OTHER]);
	else
		column_wrong(&c->columns[COLUMN_OTHER], address_fold(op->address, e->address));
}

static inline uint64_t other_read(struct decoder *c, const struct op *op)
{
	if (column_is_right(&c->columns[COLUMN_OTHER]))
		return op->address;
	return address_unfold(op->address, column_get(&c->columns[COLUMN_OTHER]));
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

static inline void event_read(struct decoder *c, struct event *e)
{
	uint32_t number = op_read(c);
	struct op *op = &c->p.ops[number];
	uint16_t shared = shared_read(c, number);
	uint64_t tick = tick_read(c), size = 0, address;

	if (event_is_free(op->kind)) {
		address = free_read(c, op);
	} else {
		size = size_read(c, op);
		address = event_is_alloc(op->kind) ? alloc_read(c, op) : other_read(c, op);
	}
	*e = (struct event){.stamp = tick, .address = address, .kind = op->kind, .size = size, .stack = op->stack,
	                    .shared = shared};
	op->address = address;
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

static int decoder_start(struct decoder *c, const unsigned char *in, size_t size, uint64_t first_tick)
{
	const unsigned char *end = in + size, *at = in + 1;
	uint64_t sizes[COLUMNS][3];

	if (size == 0 || in[0] > ROUNDING_QUARTERS)
		return TRACE_BAD;
	for (int i = 0; i < COLUMNS * 3 && at; i++)
		at = varint_get(at, end, &sizes[i / 3][i % 3]);
	if (!at)
		return TRACE_BAD;
	for (int i = 0; i < COLUMNS; i++) {
		const unsigned char *string[4] = {at};

		for (int k = 0; k < 3; k++) {
			if (sizes[i][k] > (size_t)(end - string[k]))
				return TRACE_BAD;
			string[k + 1] = string[k] + sizes[i][k];
		}
		c->columns[i] = (struct column_reader){string[0], string[1], string[1], string[2], string[2], string[3], 0, 0};
		at = string[3];
	}
	predictor_start(&c->p, in[0]);
	c->stack = c->zeros = 0;
	c->tick = first_tick;
	c->bad = 0;
	return at == end ? TRACE_OK : TRACE_BAD;
}

int events_decode(void *scratch, const unsigned char *in, size_t size, uint64_t first_tick, struct event *events,
                  size_t n)
{
	struct decoder *c = scratch;

	if (n > BLOCK_MAX_EVENTS || decoder_start(c, in, size, first_tick) != TRACE_OK)
		return TRACE_BAD;
	for (size_t i = 0; i < n && !c->bad; i++)
		event_read(c, &events[i]);
	for (int i = 0; i < COLUMNS; i++)
		c->bad |= !column_done(&c->columns[i]);
	return c->bad ? TRACE_BAD : TRACE_OK;
}
