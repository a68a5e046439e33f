/* SPDX-License-Identifier: MIT
 *
 * The break is kept by the C library, in a word that it exports: before its functions are found they are done here.
 */
#include "preload/real_map.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/sys.h"

static long result_of(long result)
{
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

static void *bare_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	return (void *)result_of(SYS6(SYS_mmap, address, size, protection, flags, fd, offset));
}

static int bare_munmap(void *address, size_t size)
{
	return (int)result_of(SYS2(SYS_munmap, address, size));
}

static void *bare_mremap(void *address, size_t size, size_t new_size, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	void *to = va_arg(rest, void *);
	va_end(rest);
	return (void *)result_of(SYS6(SYS_mremap, address, size, new_size, flags, to, 0));
}

extern void *__curbrk __attribute__((weak));

static int bare_brk(void *to)
{
	void *now = (void *)SYS1(SYS_brk, to);
	if (&__curbrk)
		__curbrk = now;
	if (now >= to)
		return 0;
	errno = ENOMEM;
	return -1;
}

static void *bare_sbrk(intptr_t by)
{
	char *before = &__curbrk && __curbrk ? __curbrk : (void *)SYS1(SYS_brk, 0);
	return by && bare_brk(before + by) < 0 ? (void *)-1 : before; /* NOLINT: what sbrk returns */
}

struct real_map real_map = {
	.mmap = bare_mmap, .mmap64 = bare_mmap, .munmap = bare_munmap, .mremap = bare_mremap, .brk = bare_brk, .sbrk = bare_sbrk,
};

#define ENTRY(name) {offsetof(struct real_map, name), #name}
static const struct {
	size_t offset;
	const char *name;
} entries[] = {ENTRY(mmap), ENTRY(mmap64), ENTRY(munmap), ENTRY(mremap), ENTRY(brk), ENTRY(sbrk)};

void real_map_resolve(const void *malloc)
{
	struct dl_find_object object;
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		void *p = dlsym(RTLD_NEXT, entries[i].name);
		if (p)
			memcpy((char *)&real_map + entries[i].offset, &p, sizeof p);
	}
	if (_dl_find_object((void *)(uintptr_t)malloc, &object) != 0)
		return;
	real_map.allocator_end = (uintptr_t)object.dlfo_map_end;
	real_map.allocator = (uintptr_t)object.dlfo_map_start;
}
