/* SPDX-License-Identifier: MIT
 *
 * Growing cells and their indices.
 */
#include "analyzer/ingest/cell.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

#define INDEX_FIRST 64u

static void index_put(struct cell_index *x, struct cell_slot slot)
{
	uint32_t i = cell_home(x, slot.stack);

	while (x->slots[i].cell)
		i = (i + 1) & (x->capacity - 1);
	x->slots[i] = slot;
	x->count++;
}

static void index_grow(struct cell_index *x)
{
	struct cell_index larger = { .capacity = x->capacity ? x->capacity * 2 : INDEX_FIRST };

	larger.slots = memory_zeroed(larger.capacity, sizeof(*larger.slots));
	for (uint32_t i = 0; i < x->capacity; i++)
		if (x->slots[i].cell)
			index_put(&larger, x->slots[i]);
	free(x->slots);
	*x = larger;
}

void cell_index_add(struct cell_index *x, uint32_t stack, uint32_t cell)
{
	if ((x->count + 1) * 2 > x->capacity)
		index_grow(x);
	index_put(x, (struct cell_slot){ .stack = stack, .cell = cell });
}

void cell_index_release(struct cell_index *x)
{
	free(x->slots);
	*x = (struct cell_index){ 0 };
}

uint32_t cells_add(struct cells *c)
{
	c->at = memory_grown(c->at, &c->room, c->count + 2, sizeof(*c->at));
	c->count++;
	c->at[c->count] = (struct cell){ 0 };
	return (uint32_t)c->count;
}

void cells_release(struct cells *c)
{
	free(c->at);
	*c = (struct cells){ 0 };
}
