/* SPDX-License-Identifier: MIT
 *
 * Strings and small records that live as long as what they belong to: taken one by one, given back
 * all at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_chunk *chunks;
};

#define ARENA_INIT { 0 }

/* A terminated copy of size bytes (room for them, if bytes is NULL); never NULL. */
char *arena_text(struct arena *a, const void *bytes, size_t size);
void arena_release(struct arena *a);

#endif
