/* SPDX-License-Identifier: MIT
 *
 * Memory that the program maps itself. A mapping is recorded after the call, when it is there. The end of one is stamped before
 * the call, while the addresses cannot be given to another, and recorded after it, once it is known to have ended. A call that fails
 * is nothing.
 *
 * What the C library and the loader map for themselves (stacks of threads, libraries, the heap) does not come by here. What
 * an allocator maps does: from within malloc it meets the guard, and else (its constructor, its own threads) it is known
 * by where it was called from.
 */
#include "preload/hook.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/lock_use.h"
#include "preload/real_map.h"

#define PAGE 4096ull
#define HUGE_PAGE_BITS 21u /* where the flags do not say how large */

/* 1: the call is to be recorded, and the guard is shut. Nothing is looked for here: an allocator that is preloaded before us may
 * call while it begins, under a lock that the loader, which allocates, would wait for. */
static inline __attribute__((always_inline)) int enter(const uint64_t *frame)
{
	if (__builtin_expect(!real_map.allocator_end, 0))
		return 0;
	if (frame[1] - real_map.allocator < real_map.allocator_end - real_map.allocator)
		return 0;
	return recorder_enter(frame);
}

static uint64_t whole(uint64_t size, uint64_t page)
{
	return (size + page - 1) & ~(page - 1);
}

static enum event_kind kind_of(int flags)
{
	int shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	if (flags & MAP_ANONYMOUS)
		return shared ? EVENT_MAP_SHARED : EVENT_MAP;
	return shared ? EVENT_MAP_FILE_SHARED : EVENT_MAP_FILE;
}

static void tell_map(enum event_kind kind, const void *address, uint64_t size, const uint64_t *frame)
{
	struct event e = {.stamp = arch_stamp(), .address = (uint64_t)address, .kind = kind, .size = size};
	lock_memory_allocated((uint64_t)address, size);
	e.stack = recorder_stack(frame);
	recorder_cells(&e, 1);
}

static void tell_unmap(const void *address, uint64_t size, uint64_t stamp)
{
	struct event e = {.stamp = stamp, .address = (uint64_t)address, .kind = EVENT_UNMAP, .size = size};
	recorder_cells(&e, 1);
}

/* mmap, mmap64: the same but for the function behind. */
#define MAP_HOOK(name)                                                                                           \
	HOOK void *name(void *address, size_t size, int protection, int flags, int fd, off_t offset)             \
	{                                                                                                        \
		const uint64_t *frame = HOOK_FRAME;                                                              \
		if (!enter(frame))                                                                               \
			return real_map.name(address, size, protection, flags, fd, offset);                      \
		void *p = real_map.name(address, size, protection, flags, fd, offset);                           \
		if (p != MAP_FAILED)                                                                             \
			tell_map(kind_of(flags), p, whole(size, page_of(flags)), frame);                         \
		recorder_leave();                                                                                \
		return p;                                                                                        \
	}

static uint64_t page_of(int flags)
{
	unsigned bits = (unsigned)flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
	if (!(flags & MAP_HUGETLB))
		return PAGE;
	return 1ull << (bits ? bits : HUGE_PAGE_BITS);
}

MAP_HOOK(mmap)
#undef mmap64
MAP_HOOK(mmap64)

HOOK int munmap(void *address, size_t size)
{
	if (!enter(HOOK_FRAME))
		return real_map.munmap(address, size);
	uint64_t stamp = arch_stamp();
	int result = real_map.munmap(address, size);
	if (result == 0)
		tell_unmap(address, whole(size, PAGE), stamp);
	recorder_leave();
	return result;
}

static void tell_remap(const void *from, uint64_t moved, uint64_t stamp, const void *to, uint64_t size, const uint64_t *frame)
{
	struct event group[2] = {
		{.stamp = stamp, .address = (uint64_t)from, .kind = EVENT_REMAP_FROM, .size = moved},
		{.stamp = arch_stamp(), .address = (uint64_t)to, .kind = EVENT_REMAP_TO, .size = size},
	};
	if (to != from)
		lock_memory_allocated((uint64_t)to, size);
	group[1].stack = recorder_stack(frame);
	recorder_cells(group, 2);
}

HOOK void *mremap(void *address, size_t size, size_t new_size, int flags, ...)
{
	const uint64_t *frame = HOOK_FRAME;
	va_list rest;
	va_start(rest, flags);
	void *to = va_arg(rest, void *); /* whatever it is where the flags ask for none */
	va_end(rest);
	if (!enter(frame))
		return real_map.mremap(address, size, new_size, flags, to);
	uint64_t stamp = arch_stamp();
	void *p = real_map.mremap(address, size, new_size, flags, to);
	if (p != MAP_FAILED)
		tell_remap(address, flags & MREMAP_DONTUNMAP ? 0 : whole(size, PAGE), stamp, p, whole(new_size, PAGE), frame);
	recorder_leave();
	return p;
}

static void tell_break(char *before, char *after, uint64_t stamp, const uint64_t *frame)
{
	if (after > before)
		tell_map(EVENT_MAP_BREAK, before, (uint64_t)(after - before), frame);
	else if (after < before)
		tell_unmap(after, (uint64_t)(before - after), stamp);
}

HOOK int brk(void *to)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!enter(frame))
		return real_map.brk(to);
	char *before = real_map.sbrk(0);
	uint64_t stamp = arch_stamp();
	int result = real_map.brk(to);
	if (result == 0 && before != MAP_FAILED)
		tell_break(before, to, stamp, frame);
	recorder_leave();
	return result;
}

HOOK void *sbrk(intptr_t by)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!by || !enter(frame))
		return real_map.sbrk(by);
	uint64_t stamp = arch_stamp();
	char *before = real_map.sbrk(by);
	if (before != MAP_FAILED)
		tell_break(before, before + by, stamp, frame);
	recorder_leave();
	return before;
}
