/* SPDX-License-Identifier: MIT
 *
 * Decoding events: the counterpart of events_encode.c, function by function. Nothing in a payload is
 * trusted: each number is held against what there is before it is used. What cannot be sets `bad` and is
 * replaced by something harmless, mostly 0; the block is refused at the end of that event. In the end every
 * byte must have been used.
 */
#include "trace/events.h"
#include "trace/block.h"
#include "trace/events_columns.h"

struct decoder {
	struct predictor p;
	struct column_reader columns[COLUMNS];
	uint32_t stack; /* of the newest op */
	uint32_t zeros; /* events of the tick code in hand that were read */
	uint64_t tick;
	int bad;
};

_Static_assert(sizeof(struct decoder) <= sizeof(struct predictor) + DECODER_ROOM, "see events_scratch_size");

/* --- requests -------------------------------------------------------------------------------- */

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
	int right = column_is_right(&c->columns[COLUMN_OP], before->sure[GUESS_NEXT]);

	if (!right)
		op = op_read_wrong(c);
	before->sure[GUESS_NEXT] = (uint8_t)right;
	c->bad |= op == 0;
	before->next = (uint16_t)op;
	return op;
}

static inline uint16_t shared_read(struct decoder *c, uint32_t op)
{
	uint32_t check, *pair = op_pair(&c->p, op, &check);
	int known = *pair >> 16 == check;
	uint64_t shared = shared_guess(&c->p, op, *pair, known);

	if (!column_is_right(&c->columns[COLUMN_SHARED], known))
		shared = column_get(&c->columns[COLUMN_SHARED]);
	c->bad |= shared > UINT16_MAX;
	*pair = check << 16 | (uint16_t)shared;
	if (!known)
		depth_learn(&c->p, op, (uint16_t)shared);
	return (uint16_t)shared;
}

static inline uint64_t size_read(struct decoder *c, struct op *op)
{
	int right = column_is_right(&c->columns[COLUMN_SIZE], op->sure[GUESS_SIZE]);

	if (!right)
		op->size = column_get(&c->columns[COLUMN_SIZE]);
	op->sure[GUESS_SIZE] = (uint8_t)right;
	return op->size;
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

static uint64_t far_read(struct decoder *c)
{
	c->p.far = address_unfold(c->p.far, column_get(&c->columns[COLUMN_ADDRESS]));
	return c->p.far;
}

static uint32_t spot_read(struct decoder *c)
{
	uint64_t back = column_get(&c->columns[COLUMN_SPOT]);

	c->bad |= back >= c->p.spot_count;
	return back < c->p.spot_count ? c->p.spot_count - (uint32_t)back : 0;
}

static inline uint64_t alloc_read(struct decoder *c, struct op *op)
{
	struct predictor *p = &c->p;
	unsigned class = size_class(p->rounding, op->size);
	struct habit *habit = habit_of(p, op, class);
	uint64_t place = habit->place, address;
	uint32_t spot;
	int right = column_is_right(&c->columns[COLUMN_PLACE], habit->sure);

	habit->sure = (uint8_t)right;
	if (!right) {
		place = column_get(&c->columns[COLUMN_PLACE]);
		c->bad |= place > PLACE_ADDRESS;
		if (place < PLACE_SPOT)
			habit->place = (uint8_t)place;
	}
	if (place < PLACE_BEHIND || place == PLACE_SPOT) {
		spot = place == PLACE_SPOT ? spot_read(c) : place_spot(p, (unsigned)place, class);
		c->bad |= spot == 0;
		address = p->spots[spot].address;
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
	int right = column_is_right(&c->columns[COLUMN_FREE], op->sure[GUESS_ADDRESS]);
	uint32_t spot = right ? spot_of_age(&c->p, op->age) : free_read_other(c, op);

	op->sure[GUESS_ADDRESS] = (uint8_t)right;
	c->bad |= spot == 0;
	if (!c->bad)
		spot_free(&c->p, spot);
	return c->p.spots[spot].address;
}

static inline uint64_t other_read(struct decoder *c, struct op *op)
{
	int right = column_is_right(&c->columns[COLUMN_OTHER], op->sure[GUESS_ADDRESS]);

	op->sure[GUESS_ADDRESS] = (uint8_t)right;
	if (right)
		return op->address;
	return address_unfold(op->address, column_get(&c->columns[COLUMN_OTHER]));
}

/* --- blocks ---------------------------------------------------------------------------------- */

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
		column_next_run(&c->columns[i]);
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
