/* SPDX-License-Identifier: MIT
 *
 * Rows are sorted by their keys' digits, least first: these are millions, and ids are dense.
 */
#include "analyzer/store/lens_rows.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define DIGIT_BITS 11
#define DIGITS 6 /* of 64 bits */
#define DIGIT_VALUES (1u << DIGIT_BITS)
#define ROWS_FIRST 4096

static uint64_t key_of(const struct lens_row *row)
{
	return (uint64_t)row->id << 32 | row->thread;
}

static unsigned digit_of(uint64_t key, int digit)
{
	return key >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

/* Moves the rows, in the order of one digit, to another array. */
static void sort_digit(const struct lens_row *from, struct lens_row *to, size_t count, int digit)
{
	size_t starts[DIGIT_VALUES] = { 0 }, start = 0;

	for (size_t i = 0; i < count; i++)
		starts[digit_of(key_of(&from[i]), digit)]++;
	for (size_t v = 0; v < DIGIT_VALUES; v++) {
		size_t size = starts[v];
		starts[v] = start;
		start += size;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[digit_of(key_of(&from[i]), digit)]++] = from[i];
}

/* Digits that all rows share need no look. */
static void sort_rows(struct lens_rows *r)
{
	struct lens_row *other = NULL;
	uint64_t differ = 0;
	int sorted = 1;

	for (size_t i = 1; i < r->count; i++) {
		differ |= key_of(&r->at[i]) ^ key_of(&r->at[0]);
		sorted &= key_of(&r->at[i - 1]) <= key_of(&r->at[i]);
	}
	if (sorted)
		return;
	other = memory_resized(NULL, r->room, sizeof(*other));
	for (int digit = 0; digit < DIGITS; digit++) {
		struct lens_row *was = r->at;

		if (!digit_of(differ, digit))
			continue;
		sort_digit(r->at, other, r->count, digit);
		r->at = other;
		other = was;
	}
	free(other);
}

void lens_rows_settle(struct lens_rows *r)
{
	size_t kept = 0;

	sort_rows(r);
	for (size_t i = 1; i < r->count; i++) {
		struct lens_row *last = &r->at[kept], *row = &r->at[i];

		if (key_of(last) == key_of(row)) {
			last->count = lens_plus(last->count, row->count);
			last->amount = lens_plus(last->amount, row->amount);
		} else {
			r->at[++kept] = *row;
		}
	}
	if (r->count)
		r->count = kept + 1;
}

void lens_rows_grow(struct lens_rows *r)
{
	lens_rows_settle(r);
	if (r->count * 2 <= r->room && r->room)
		return;
	r->room = r->room ? r->room * 2 : ROWS_FIRST;
	r->at = memory_resized(r->at, r->room, sizeof(*r->at));
}

void lens_rows_release(struct lens_rows *r)
{
	free(r->at);
	*r = (struct lens_rows){ 0 };
}
