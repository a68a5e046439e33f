/* SPDX-License-Identifier: MIT
 *
 * Memory for the analyzer. These never return NULL: an analysis that runs out of memory has nothing
 * left to say, so the process ends with one line on stderr and status 1.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* count * size bytes, zeroed; free() gives them back. */
void *memory_zeroed(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Like reallocarray: the old bytes are kept, what is new is not zeroed. */
void *memory_resized(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
/* Makes room for `want` items in a growing array of *capacity items: returns `array` or its larger successor. */
void *memory_grown(void *array, size_t *capacity, size_t want, size_t size);
/* A copy of a text; of NULL, an empty one. free() gives it back. */
char *memory_text(const char *text) __attribute__((malloc, returns_nonnull));

#endif
