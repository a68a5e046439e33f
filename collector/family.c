/* SPDX-License-Identifier: MIT
 *
 * Which families live is asked twice, before and after those that have just claimed slots are looked for (trace/segment.h tells
 * what a child does meanwhile). Whom a child took for living a moment ago counts as that, even if it has executed another program
 * since.
 */
#include "collector/family.h"

#include <stdlib.h>

#include "collector/roster.h"

/* Adds the families of those that live. */
static uint32_t collect(const struct roster *r, uint32_t *families, uint32_t count)
{
	for (uint32_t i = 0; i < r->image_count; i++)
		families[count++] = r->images[i]->family;
	return count;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Of whom it is not known from whom they were forked, any nodes might be the stacks: while such a one lives none is freed. */
void family_free_stacks(struct roster *r)
{
	uint32_t living[2 * SEGMENT_PROCESSES], count;
	if (r->drain->tree->met < r->drain->tree->free_at)
		return;
	count = collect(r, living, 0);
	atomic_fetch_add(&r->segment->nodes_freed, 1);
	roster_find(r);
	count = collect(r, living, count);
	qsort(living, count, sizeof(*living), compare);
	if (count && !living[0])
		return;
	tree_free_others(r->drain->tree, living, count);
}
