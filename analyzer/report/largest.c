/* SPDX-License-Identifier: MIT
 *
 * A heap of values that grows to its size and then gives up its least for what is larger.
 */
#include "analyzer/report/largest.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

enum { ROOM = 1 << 20 }; /* more are not kept: then the least is not known */

void largest_init(struct largest *l, size_t most)
{
	*l = (struct largest){ .most = most <= ROOM ? most : 0 };
	if (l->most)
		l->at = memory_zeroed(l->most, sizeof(*l->at));
}

static void swap(int64_t *a, int64_t *b)
{
	int64_t kept = *a;

	*a = *b;
	*b = kept;
}

static void sink(struct largest *l)
{
	for (size_t at = 0, child; (child = 2 * at + 1) < l->count; at = child) {
		if (child + 1 < l->count && l->at[child + 1] < l->at[child])
			child++;
		if (l->at[at] <= l->at[child])
			return;
		swap(&l->at[at], &l->at[child]);
	}
}

void largest_add(struct largest *l, int64_t value)
{
	if (l->count < l->most) {
		size_t at = l->count++;

		for (l->at[at] = value; at && l->at[at] < l->at[(at - 1) / 2]; at = (at - 1) / 2)
			swap(&l->at[at], &l->at[(at - 1) / 2]);
	} else if (l->most && value > l->at[0]) {
		l->at[0] = value;
		sink(l);
	}
}

int64_t largest_least(const struct largest *l)
{
	return l->most && l->count == l->most ? l->at[0] : INT64_MIN;
}

void largest_release(struct largest *l)
{
	free(l->at);
	*l = (struct largest){ 0 };
}
