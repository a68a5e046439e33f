/* SPDX-License-Identifier: MIT
 *
 * The arena: a list of chunks, filled from the newest.
 */
#include "analyzer/base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define ARENA_CHUNK 16384u

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	char bytes[];
};

char *arena_text(struct arena *a, const void *bytes, size_t size)
{
	struct arena_chunk *c = a->chunks;
	char *copy;

	if (!c || c->size - c->used <= size) {
		size_t room = size < ARENA_CHUNK ? ARENA_CHUNK : size + 1;

		c = memory_resized(NULL, sizeof(*c) + room, 1);
		*c = (struct arena_chunk){ .next = a->chunks, .size = room };
		a->chunks = c;
	}
	copy = c->bytes + c->used;
	c->used += size + 1;
	if (size && bytes)
		memcpy(copy, bytes, size);
	copy[size] = 0;
	return copy;
}

void arena_release(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
}
