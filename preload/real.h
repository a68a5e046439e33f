/* SPDX-License-Identifier: MIT
 *
 * The functions behind the hooks: whatever the program would call without us. One struct, filled at the
 * first hook call or in the constructor, whichever comes first; until it is, the heap's entries lead
 * to bootstrap versions that fill it.
 */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <stddef.h>
#include <stdint.h>

#include "preload/arch.h"

struct real {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	void *(*reallocarray)(void *, size_t, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	void *(*memalign)(size_t, size_t);
	void *(*valloc)(size_t);
	void *(*pvalloc)(size_t);
	size_t (*malloc_usable_size)(void *); /* NULL: there is none, or not of the allocator that malloc is of */
	void (*free_sized)(void *, size_t);
	void (*free_aligned_sized)(void *, size_t, size_t);
	int (*dlclose)(void *);
	/* jemalloc's own */
	void *(*mallocx)(size_t, int);
	void *(*rallocx)(void *, size_t, int);
	size_t (*xallocx)(void *, size_t, size_t, int);
	void (*dallocx)(void *, int);
	void (*sdallocx)(void *, size_t, int);
};

extern HERE struct real real;

/* Its functions of the heap, by name. */
struct real_entry {
	size_t offset; /* in struct real */
	const char *name;
};
extern const struct real_entry real_heap_entries[];
extern const size_t real_heap_entry_count;

/* Fills `real` if it is not. Any thread; concurrent callers may see bootstrap versions meanwhile. */
void real_resolve(void);

/* After a lookup that failed: takes back what dlsym has noted for dlerror. dlerror itself would ask gettext for words, whose
 * lock our caller may hold. */
void real_clear_error(void);

/* A block for an operator new that no library has, from malloc or memalign. */
void *real_plain_new(size_t size, size_t alignment);

/* 1 if p came from the bootstrap arena: it is never freed. */
#define REAL_ARENA_SIZE (64u << 10)
extern HERE char real_arena[REAL_ARENA_SIZE];
static inline int real_is_bootstrap(const void *p)
{
	return (uintptr_t)p - (uintptr_t)real_arena < REAL_ARENA_SIZE;
}
/* Copies a bootstrap block's first bytes (at most n; never past the arena). */
void real_copy_bootstrap(void *to, const void *from, size_t n);

#endif
