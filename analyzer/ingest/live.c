/* SPDX-License-Identifier: MIT
 *
 * The rare parts of the table of live blocks.
 */
#include "analyzer/ingest/live.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

#define LIVE_FIRST 1024u

void live_grow(struct live *l)
{
	struct live larger = { .capacity = l->capacity ? l->capacity * 2 : LIVE_FIRST };

	larger.blocks = memory_zeroed(larger.capacity, sizeof(*larger.blocks));
	larger.shift = 64 - (unsigned)__builtin_ctzll(larger.capacity);
	for (size_t i = 0; i < l->capacity; i++) {
		int existed;

		if (l->blocks[i].address)
			*live_add(&larger, l->blocks[i].address, &existed) = l->blocks[i];
	}
	free(l->blocks);
	*l = larger;
}

void live_release(struct live *l)
{
	free(l->blocks);
	*l = (struct live){ 0 };
}
