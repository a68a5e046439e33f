/* SPDX-License-Identifier: MIT
 *
 * What events_encode.c and events_decode.c have in common beside the predictor: which columns a payload
 * has, and the meaning of their numbers. FORMAT.md has the same as a table.
 */
#ifndef TRACE_EVENTS_COLUMNS_H
#define TRACE_EVENTS_COLUMNS_H

#include <stdint.h>

#include "trace/column.h"
#include "trace/predictor.h"
#include "trace/varint.h"

/* In the order in which they stand in the payload. */
enum events_column {
	COLUMN_OP,      /* NEW_OP, or the op's number */
	COLUMN_KIND,    /* of a new op */
	COLUMN_STACK,   /* of a new op: difference from that of the new op before */
	COLUMN_SHARED,  /* as it is */
	COLUMN_SIZE,    /* as it is; not of frees */
	COLUMN_PLACE,   /* enum place */
	COLUMN_SPOT,    /* of PLACE_SPOT and FREE_SPOT: counted back from the newest spot */
	COLUMN_ADDRESS, /* of PLACE_ADDRESS and FREE_ADDRESS: difference from predictor.far */
	COLUMN_FREE,    /* FREE_..., or FREE_SLOT + the slot's number */
	COLUMN_OTHER,   /* of neither allocations nor frees: difference from the op's last address */
	COLUMN_TICK,    /* codes only, of their own kind: zeros << 4 | step */
	COLUMN_LEAP,    /* of steps from TICK_LEAP on: the rest */
	COLUMNS,
};

#define COLUMN_STRINGS 3u /* codes, wide, runs */

enum { NEW_OP = 0 };
enum { FREE_ADDRESS = 0, FREE_SPOT = 1, FREE_SLOT = 2 };

/* A tick code is that many events at the same tick, then one `step` ticks later. Only after TICK_ZEROS of
 * the former the step may be 0. Events at the same tick at the end of a block are not written. */
#define TICK_ZEROS 15u
#define TICK_LEAP 15u

/* What the decoder needs of the scratch beside the predictor; the encoder needs more. */
#define DECODER_ROOM 4096u

/* Differences of addresses are mostly multiples of 16; the last bit tells which. */
static inline uint64_t address_fold(uint64_t from, uint64_t to)
{
	int64_t difference = (int64_t)((to - from) << 16) >> 16;

	return difference & 15 ? zigzag_fold(difference) << 1 | 1 : zigzag_fold(difference >> 4) << 1;
}

static inline uint64_t address_unfold(uint64_t from, uint64_t folded)
{
	uint64_t difference = (uint64_t)zigzag_unfold(folded >> 1);

	return (from + (folded & 1 ? difference : difference << 4)) & ADDRESS_MASK;
}

#endif
