/* SPDX-License-Identifier: MIT
 *
 * A column of the events payload: what stands for a field where the predictor's guess was wrong. The
 * predictor says with each guess whether it is sure of it; where it is and is right, only a counter
 * moves. Three byte strings a column, so that zstd finds bytes of one meaning together:
 *
 *   codes  a byte each time the guess was not sure or not right: the start of a number, or CODE_RIGHT
 *   wide   the further bytes of numbers
 *   runs   for each sure guess that was wrong: how many sure ones were right before it
 *
 * The right guesses after the last wrong one are not written: a column of which everything was
 * foreseen is empty. FORMAT.md has the bytes. Writing does not check for room: COLUMN_*_ROOM bytes
 * an event are enough for a number an event. Reading trusts nothing.
 */
#ifndef TRACE_COLUMN_H
#define TRACE_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#define CODE_RIGHT 0u    /* the guess was not sure but right; in no other way a number */
#define CODE_TWO 128u    /* first code of the numbers with one wide byte; below, code - 1 is the number */
#define CODE_RAW 248u    /* first code of the numbers with 1..8 wide bytes */
#define NUMBER_TWO 127u  /* first number with one wide byte */
#define RUN_MORE 255u    /* in runs: 255, and go on */
#define RUN_ENDLESS UINT32_MAX

#define COLUMN_CODES_ROOM 1u
#define COLUMN_WIDE_ROOM 9u /* 8, and one that is written before it is known to be of use */
#define COLUMN_RUNS_ROOM 1u

struct column_writer {
	unsigned char *codes, *wide, *runs; /* where the next byte goes */
	uint32_t right;                     /* sure and right guesses not written yet */
};

static inline void column_put(struct column_writer *c, uint64_t number)
{
	uint64_t rest = number - NUMBER_TWO;
	unsigned bytes = 0;

	if (number < NUMBER_TWO || rest < (uint64_t)(CODE_RAW - CODE_TWO) << 8) {
		int two = number >= NUMBER_TWO; /* no branch: both are common, in no order */

		*c->codes++ = (unsigned char)(two ? CODE_TWO + (rest >> 8) : number + 1);
		*c->wide = (unsigned char)rest;
		c->wide += two;
		return;
	}
	for (; number; number >>= 8, bytes++)
		*c->wide++ = (unsigned char)number;
	*c->codes++ = (unsigned char)(CODE_RAW - 1 + bytes);
}

/* The guess was right. */
static inline void column_right(struct column_writer *c, int sure)
{
	if (sure)
		c->right++;
	else
		*c->codes++ = CODE_RIGHT;
}

/* The guess was wrong; the number stands for the truth. */
static inline void column_wrong(struct column_writer *c, int sure, uint64_t number)
{
	if (sure) {
		for (; c->right >= RUN_MORE; c->right -= RUN_MORE)
			*c->runs++ = RUN_MORE;
		*c->runs++ = (unsigned char)c->right;
		c->right = 0;
	}
	column_put(c, number);
}

struct column_reader {
	const unsigned char *codes, *codes_end, *wide, *wide_end, *runs, *runs_end;
	uint32_t right; /* sure guesses that are right before one is wrong */
	int bad;        /* something was missing or impossible; sticky */
};

static inline void column_next_run(struct column_reader *c)
{
	unsigned byte = RUN_MORE;

	c->right = c->runs == c->runs_end ? RUN_ENDLESS : 0;
	while (byte == RUN_MORE && c->runs < c->runs_end)
		c->right += byte = *c->runs++;
	c->bad |= c->right != RUN_ENDLESS && byte == RUN_MORE;
}

static inline uint64_t column_get_raw(struct column_reader *c, unsigned bytes)
{
	uint64_t number = 0;

	if (c->wide_end - c->wide < (ptrdiff_t)bytes) {
		c->bad = 1;
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++)
		number |= (uint64_t)*c->wide++ << (8 * i);
	return number;
}

static inline uint64_t column_get(struct column_reader *c)
{
	unsigned code = c->codes < c->codes_end ? *c->codes++ : CODE_RIGHT;
	int two = code >= CODE_TWO;
	uint64_t rest;

	if (code >= CODE_RAW)
		return column_get_raw(c, code - CODE_RAW + 1);
	c->bad |= code == CODE_RIGHT;
	if (c->wide == c->wide_end) {
		c->bad |= two;
		return (uint64_t)code - 1;
	}
	rest = NUMBER_TWO + ((uint64_t)(code - CODE_TWO) << 8) + *c->wide;
	c->wide += two; /* no branch, as above */
	return two ? rest : (uint64_t)code - 1;
}

/* Whether the guess is right; if not, column_get has the truth. */
static inline int column_is_right(struct column_reader *c, int sure)
{
	if (!sure) {
		int right = c->codes < c->codes_end && *c->codes == CODE_RIGHT;

		c->codes += right;
		return right;
	}
	if (c->right) {
		c->right--;
		return 1;
	}
	column_next_run(c);
	return 0;
}

/* Whether everything was read and nothing was wrong. */
static inline int column_done(const struct column_reader *c)
{
	return !c->bad && c->codes == c->codes_end && c->wide == c->wide_end && c->runs == c->runs_end &&
	       c->right > RUN_ENDLESS / 2;
}

#endif
