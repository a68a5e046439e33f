/* SPDX-License-Identifier: MIT
 *
 * A column of the events payload: what the predictor got wrong, and how often it was right in
 * between. Three byte strings a column, so that zstd finds bytes of one meaning together:
 *
 *   codes  one byte a wrong guess, the start of its number; or COLUMN_RUN: a run of right guesses
 *   wide   the further bytes of numbers
 *   runs   the lengths of those runs
 *
 * Right guesses after the last code are not written at all: a column of which everything was
 * guessed is empty. FORMAT.md has the bytes. Writing does not check for room: COLUMN_*_ROOM bytes
 * an event are always enough, with at most two numbers in an event. Reading trusts nothing.
 */
#ifndef TRACE_COLUMN_H
#define TRACE_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#define COLUMN_RUN 0u          /* the code of a run of right guesses */
#define COLUMN_DIRECT 127u     /* numbers below stand in their code: 1..127 */
#define COLUMN_TWO_BYTE 128u   /* first code of the numbers that take one wide byte */
#define COLUMN_RAW 248u        /* first code of the numbers that take 1..8 wide bytes */
#define COLUMN_RUN_MORE 255u   /* in runs: 255, and go on */
#define COLUMN_FOREVER UINT32_MAX

#define COLUMN_CODES_ROOM 2u
#define COLUMN_WIDE_ROOM 16u
#define COLUMN_RUNS_ROOM 1u

struct column_writer {
	unsigned char *codes, *wide, *runs; /* where the next byte goes */
	uint32_t right;                     /* right guesses not written yet */
};

static inline void column_put(struct column_writer *c, uint64_t value)
{
	uint64_t rest = value - COLUMN_DIRECT;
	unsigned bytes = 0;

	if (value < COLUMN_DIRECT || rest < (uint64_t)(COLUMN_RAW - COLUMN_TWO_BYTE) << 8) {
		int two = value >= COLUMN_DIRECT; /* no branch: both are common, in no order */

		*c->codes++ = (unsigned char)(two ? COLUMN_TWO_BYTE + (rest >> 8) : value + 1);
		*c->wide = (unsigned char)rest;
		c->wide += two;
		return;
	}
	for (; value; value >>= 8, bytes++)
		*c->wide++ = (unsigned char)value;
	*c->codes++ = (unsigned char)(COLUMN_RAW - 1 + bytes);
}

/* The guess was right. */
static inline void column_right(struct column_writer *c)
{
	c->right++;
}

static inline void column_put_run(struct column_writer *c)
{
	uint32_t more = c->right - 1;

	*c->codes++ = COLUMN_RUN;
	for (; more >= COLUMN_RUN_MORE; more -= COLUMN_RUN_MORE)
		*c->runs++ = COLUMN_RUN_MORE;
	*c->runs++ = (unsigned char)more;
	c->right = 0;
}

/* The guess was wrong; this is what stands for the truth. */
static inline void column_wrong(struct column_writer *c, uint64_t value)
{
	if (c->right)
		column_put_run(c);
	column_put(c, value);
}

struct column_reader {
	const unsigned char *codes, *codes_end, *wide, *wide_end, *runs, *runs_end;
	uint32_t right; /* right guesses before the next code */
	int bad;        /* something was missing or impossible; sticky */
};

static inline uint64_t column_get_raw(struct column_reader *c, unsigned bytes)
{
	uint64_t value = 0;

	if (c->wide_end - c->wide < (ptrdiff_t)bytes) {
		c->bad = 1;
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)*c->wide++ << (8 * i);
	return value;
}

static inline uint64_t column_get(struct column_reader *c)
{
	unsigned code = c->codes < c->codes_end ? *c->codes++ : COLUMN_RUN;
	int two = code >= COLUMN_TWO_BYTE;
	uint64_t rest;

	if (code >= COLUMN_RAW)
		return column_get_raw(c, code - COLUMN_RAW + 1);
	c->bad |= code == COLUMN_RUN;
	if (c->wide == c->wide_end) {
		c->bad |= two;
		return (uint64_t)code - 1;
	}
	rest = COLUMN_DIRECT + ((uint64_t)(code - COLUMN_TWO_BYTE) << 8) + *c->wide;
	c->wide += two; /* no branch: both are common, in no order */
	return two ? rest : (uint64_t)code - 1;
}

static inline int column_get_run(struct column_reader *c)
{
	unsigned byte;

	c->codes++;
	do {
		if (c->runs == c->runs_end) {
			c->bad = 1;
			return 1;
		}
		byte = *c->runs++;
		c->right += byte;
	} while (byte == COLUMN_RUN_MORE);
	return 1;
}

/* Whether the next guess is right; if not, column_get has the truth. */
static inline int column_is_right(struct column_reader *c)
{
	if (c->right) {
		c->right--;
		return 1;
	}
	if (c->codes == c->codes_end) {
		c->right = COLUMN_FOREVER;
		return 1;
	}
	return *c->codes == COLUMN_RUN ? column_get_run(c) : 0;
}

/* Whether everything was read and nothing was wrong. */
static inline int column_done(const struct column_reader *c)
{
	return !c->bad && c->codes == c->codes_end && c->wide == c->wide_end && c->runs == c->runs_end &&
	       (c->right == 0 || c->right > COLUMN_FOREVER / 2);
}

#endif
