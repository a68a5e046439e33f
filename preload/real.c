/* SPDX-License-Identifier: MIT
 *
 * Resolving the originals. dlsym may allocate (it reports a missing name by an allocated message), and is
 * called from within the first allocation of the process: while it runs, allocations come from
 * a small static arena. What no library has is made of malloc and free where a program may call it all the same: it
 * may look for jemalloc's names or for operator new by weak references, and finds ours.
 */
#include "preload/real.h"

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "preload/real_map.h"

_Alignas(64) char real_arena[REAL_ARENA_SIZE];
static _Atomic size_t arena_used;

static void *bootstrap_allocate(size_t size, size_t alignment)
{
	if (size > REAL_ARENA_SIZE || alignment > 4096)
		return NULL;
	size_t need = ((size + 15) & ~15ul) + (alignment > 16 ? alignment : 0);
	size_t at = atomic_fetch_add(&arena_used, need);
	if (at + need > REAL_ARENA_SIZE)
		return NULL;
	return (void *)(((uintptr_t)real_arena + at + alignment - 1) & ~(uintptr_t)(alignment - 1));
}

void real_copy_bootstrap(void *to, const void *from, size_t n)
{
	size_t room = (size_t)(real_arena + REAL_ARENA_SIZE - (const char *)from);
	memcpy(to, from, n < room ? n : room);
}

static void *bootstrap_malloc(size_t size)
{
	real_resolve();
	return real.malloc == bootstrap_malloc ? bootstrap_allocate(size, 16) : real.malloc(size);
}

static void *bootstrap_calloc(size_t n, size_t size)
{
	size_t total;
	real_resolve();
	if (real.calloc != bootstrap_calloc)
		return real.calloc(n, size);
	return __builtin_mul_overflow(n, size, &total) ? NULL : bootstrap_allocate(total, 16); /* zero: never used before */
}

static void *bootstrap_realloc(void *p, size_t size)
{
	real_resolve();
	if (real.realloc != bootstrap_realloc)
		return real.realloc(p, size);
	void *q = bootstrap_allocate(size, 16);
	if (p && q)
		real_copy_bootstrap(q, p, size);
	return q;
}

static void bootstrap_free(void *p)
{
	real_resolve();
	if (real.free != bootstrap_free)
		real.free(p);
}

static int bootstrap_posix_memalign(void **out, size_t alignment, size_t size)
{
	real_resolve();
	if (real.posix_memalign != bootstrap_posix_memalign)
		return real.posix_memalign(out, alignment, size);
	void *p = bootstrap_allocate(size, alignment);
	if (p)
		*out = p;
	return p ? 0 : 12; /* ENOMEM */
}

static void *bootstrap_aligned_alloc(size_t alignment, size_t size)
{
	real_resolve();
	return real.aligned_alloc == bootstrap_aligned_alloc ? bootstrap_allocate(size, alignment)
	                                                     : real.aligned_alloc(alignment, size);
}

static void *bootstrap_memalign(size_t alignment, size_t size)
{
	real_resolve();
	return real.memalign == bootstrap_memalign ? bootstrap_allocate(size, alignment) : real.memalign(alignment, size);
}

static void *bootstrap_reallocarray(void *p, size_t n, size_t size)
{
	size_t total;
	real_resolve();
	if (real.reallocarray != bootstrap_reallocarray)
		return real.reallocarray(p, n, size);
	return __builtin_mul_overflow(n, size, &total) ? NULL : bootstrap_realloc(p, total);
}

static void *bootstrap_valloc(size_t size)
{
	real_resolve();
	return real.valloc == bootstrap_valloc ? bootstrap_allocate(size, 4096) : real.valloc(size);
}

static void *bootstrap_pvalloc(size_t size)
{
	real_resolve();
	return real.pvalloc == bootstrap_pvalloc ? bootstrap_allocate((size + 4095) & ~4095ul, 4096) : real.pvalloc(size);
}

static int bootstrap_dlclose(void *handle)
{
	real_resolve();
	return real.dlclose == bootstrap_dlclose ? -1 : real.dlclose(handle);
}

/* jemalloc's flags: the logarithm of an alignment, and a bit for zeroed memory. */
static void *plain_mallocx(size_t size, int flags)
{
	real_resolve();
	if (real.mallocx != plain_mallocx)
		return real.mallocx(size, flags);
	void *p = real_plain_new(size, 1ul << (flags & 63));
	return p && (flags & 64) ? memset(p, 0, size) : p;
}

/* What realloc cannot do fails. */
static void *plain_rallocx(void *p, size_t size, int flags)
{
	real_resolve();
	if (real.rallocx != plain_rallocx)
		return real.rallocx(p, size, flags);
	return flags & 127 ? NULL : real.realloc(p, size);
}

static size_t plain_xallocx(void *p, size_t size, size_t extra, int flags)
{
	real_resolve();
	return real.xallocx == plain_xallocx ? malloc_usable_size(p) : real.xallocx(p, size, extra, flags);
}

static void plain_dallocx(void *p, int flags)
{
	real_resolve();
	real.dallocx == plain_dallocx ? real.free(p) : real.dallocx(p, flags);
}

static void plain_sdallocx(void *p, size_t size, int flags)
{
	real_resolve();
	real.sdallocx == plain_sdallocx ? real.free(p) : real.sdallocx(p, size, flags);
}

struct real real = {
	.malloc = bootstrap_malloc,
	.calloc = bootstrap_calloc,
	.realloc = bootstrap_realloc,
	.free = bootstrap_free,
	.reallocarray = bootstrap_reallocarray,
	.posix_memalign = bootstrap_posix_memalign,
	.aligned_alloc = bootstrap_aligned_alloc,
	.memalign = bootstrap_memalign,
	.valloc = bootstrap_valloc,
	.pvalloc = bootstrap_pvalloc,
	.dlclose = bootstrap_dlclose,
	.mallocx = plain_mallocx,
	.rallocx = plain_rallocx,
	.xallocx = plain_xallocx,
	.dallocx = plain_dallocx,
	.sdallocx = plain_sdallocx,
};

void *real_plain_new(size_t size, size_t alignment)
{
	return alignment > 16 ? real.memalign(alignment, size) : real.malloc(size);
}

#define ENTRY(name) {offsetof(struct real, name), #name}
const struct real_entry real_heap_entries[] = {
	ENTRY(malloc), ENTRY(calloc), ENTRY(realloc), ENTRY(free), ENTRY(reallocarray), ENTRY(posix_memalign),
	ENTRY(aligned_alloc), ENTRY(memalign), ENTRY(valloc), ENTRY(pvalloc), ENTRY(free_sized), ENTRY(free_aligned_sized),
	ENTRY(malloc_usable_size), ENTRY(mallocx), ENTRY(rallocx), ENTRY(xallocx), ENTRY(dallocx), ENTRY(sdallocx),
};
const size_t real_heap_entry_count = sizeof real_heap_entries / sizeof *real_heap_entries;
static const struct real_entry dlclose_entry = ENTRY(dlclose);

static void find_next(struct real *found, const struct real_entry *e)
{
	void *p = dlsym(RTLD_NEXT, e->name);
	if (p)
		memcpy((char *)found + e->offset, &p, sizeof p);
}

void real_clear_error(void)
{
	dlsym(RTLD_NEXT, "free"); /* a call that succeeds begins by forgetting the one before */
}

/* An allocator may have come without one, and then another's would be asked about blocks it does not know. */
static int of_one_library(const void *a, const void *b)
{
	struct dl_find_object one, other;
	return a && b && _dl_find_object((void *)(uintptr_t)a, &one) == 0 && _dl_find_object((void *)(uintptr_t)b, &other) == 0 &&
	       one.dlfo_link_map == other.dlfo_link_map;
}

void real_resolve(void)
{
	static _Atomic int state; /* 0: to do, 1: under way, 2: done */
	int expected = 0;
	if (atomic_load_explicit(&state, memory_order_acquire) != 0 || !atomic_compare_exchange_strong(&state, &expected, 1))
		return;
	/* The executable's own free may ask dlsym for the next one at its first call. That must not be the call by which dlsym
	 * forgets a lookup that failed: it would come back to itself, without end. */
	void *volatile nothing = NULL;
	free(nothing);
	struct real found = real;
	for (size_t i = 0; i < real_heap_entry_count; i++)
		find_next(&found, &real_heap_entries[i]);
	find_next(&found, &dlclose_entry);
	real_map_resolve((const void *)found.malloc);
	if (!of_one_library((const void *)found.malloc_usable_size, (const void *)found.malloc) ||
	    !of_one_library((const void *)found.malloc_usable_size, (const void *)found.realloc))
		found.malloc_usable_size = NULL;
	real_clear_error(); /* what is missing is no error of the program's */
	real = found;
	atomic_store_explicit(&state, 2, memory_order_release);
}
