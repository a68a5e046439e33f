/* SPDX-License-Identifier: MIT
 *
 * The largest of many values, of which only some are kept: from which value on something is among the first. What equals that value may
 * be more than was asked for; which of it to take is the caller's to say.
 */
#ifndef REPORT_LARGEST_H
#define REPORT_LARGEST_H

#include <stddef.h>
#include <stdint.h>

struct largest {
	int64_t *at; /* a heap, the least on top */
	size_t count, most;
};

/* Of the `most` largest; 0: of all, which takes no memory. */
void largest_init(struct largest *l, size_t most);
void largest_add(struct largest *l, int64_t value);
/* What none of them is below, INT64_MIN as long as there is room for more. */
int64_t largest_least(const struct largest *l);
void largest_release(struct largest *l);

#endif
