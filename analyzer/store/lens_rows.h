/* SPDX-License-Identifier: MIT
 *
 * Two figures by an id (a stack, a site) and a thread: added in any order, in the end one row each, in the order of
 * the tables' keys. Memory is bounded by the rows there are in the end, not by those added.
 */
#ifndef STORE_LENS_ROWS_H
#define STORE_LENS_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct lens_row {
	uint32_t id, thread;
	int64_t count, amount;
};

struct lens_rows { /* zeroed: none */
	struct lens_row *at;
	size_t count, room;
};

/* Figures too large for a column wrap around: a damaged database's are nonsense anyhow. */
static inline int64_t lens_plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

void lens_rows_grow(struct lens_rows *r);
static inline void lens_rows_add(struct lens_rows *r, uint32_t id, uint32_t thread, int64_t count, int64_t amount)
{
	if (r->count == r->room)
		lens_rows_grow(r);
	r->at[r->count++] = (struct lens_row){ id, thread, count, amount };
}

/* Sorts, and adds up those of one id and thread. */
void lens_rows_settle(struct lens_rows *r);
void lens_rows_release(struct lens_rows *r);

#endif
