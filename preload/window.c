/* SPDX-License-Identifier: MIT
 *
 * mremap() with an old size of 0 maps the pages of a shared mapping once more, and as many behind them as wanted,
 * whether those were mapped or not. So a window is reached from the last page of the base: by one mapping that goes from there
 * to the window's end, of which only the window is kept; or, where address space is limited, by several shorter ones, each from
 * the last page of the one before.
 *
 * Where address space is limited we take a quarter of it at most, of what the program has not taken yet: the rest is for its heap
 * and its threads.
 */
#include "preload/window.h"

#include <sys/resource.h>

#include "preload/sys.h"

#define PAGE 4096ull

static struct segment *whole; /* it is mapped all at once, for want of windows; NULL: it is not */
static _Atomic uint64_t taken; /* address space */
static _Atomic(void *) threads[SEGMENT_THREADS];
static _Atomic(void *) levels[NODE_LEVELS];

/* Whether the kernel maps shared pages again: gVisor and valgrind do not. */
static int can_map_again(char *from)
{
	long p = SYS6(SYS_mremap, from, 0, 2 * PAGE, MREMAP_MAYMOVE, 0, 0);
	if (p > 0)
		SYS2(SYS_munmap, p, 2 * PAGE);
	return p > 0;
}

static int is_limited(uint64_t *limit)
{
	struct rlimit64 r;
	if (SYS4(SYS_prlimit64, 0, RLIMIT_AS, NULL, &r) < 0 || r.rlim_cur == RLIM64_INFINITY)
		return 0;
	*limit = r.rlim_cur;
	return 1;
}

/* How much of the address space is in use; all of it if that cannot be told. */
static uint64_t in_use(void)
{
	char text[128];
	uint64_t pages = 0;
	if (sys_read_file("/proc/self/statm", text, sizeof text) <= 0)
		return UINT64_MAX;
	for (const char *c = text; *c >= '0' && *c <= '9'; c++)
		pages = pages * 10 + (uint64_t)(*c - '0');
	return pages * PAGE;
}

/* Whether we may take so much more. */
static int may_take(uint64_t size)
{
	uint64_t limit, used, mine = atomic_load(&taken);
	if (!is_limited(&limit))
		return 1;
	used = in_use();
	return used < limit && mine + size <= (limit - used + mine) / 4;
}

struct segment *window_open(int fd)
{
	uint64_t size = SEGMENT_BASE_SIZE;
	if (!may_take(size))
		return NULL;
	struct segment *s = sys_map(size, fd);
	if (s && !can_map_again((char *)s + size - PAGE)) {
		SYS2(SYS_munmap, s, size);
		size = SEGMENT_SIZE;
		s = whole = sys_map(size, fd);
	}
	atomic_store(&taken, s ? size : 0);
	if (s) /* a core dump would otherwise make and write every page of it; windows inherit this */
		SYS3(SYS_madvise, s, size, MADV_DONTDUMP);
	return s;
}

void window_close(struct segment *s)
{
	SYS2(SYS_munmap, s, s == whole ? SEGMENT_SIZE : SEGMENT_BASE_SIZE);
}

/* The longest mapping of `least` to *size bytes that begins with the page at `from`; NULL: there is none. */
static char *map_from(const char *from, uint64_t least, uint64_t *size)
{
	for (;;) {
		long p = SYS6(SYS_mremap, from, 0, *size, MREMAP_MAYMOVE, 0, 0);
		if (p > 0)
			return (char *)p;
		if (*size == least)
			return NULL;
		*size = *size / 2 > least ? *size / 2 & ~(PAGE - 1) : least;
	}
}

/* Maps [offset, offset + size) of the segment, which lies behind the base. */
static void *map_window(struct segment *s, uint64_t offset, uint64_t size)
{
	const char *base = (char *)s + SEGMENT_BASE_SIZE - PAGE, *from = base;
	uint64_t at = SEGMENT_BASE_SIZE - PAGE, end = offset + size;
	if (s == whole)
		return (char *)s + offset;
	SYS2(SYS_munlock, base, PAGE); /* what is mapped from locked memory would be locked too, and so made at once */
	if (!may_take(size))
		return NULL;
	uint64_t limit, most_at_once = is_limited(&limit) ? size + PAGE : SEGMENT_SIZE; /* another thread may want some too */
	for (;;) {
		uint64_t wanted = end - at, got = wanted < most_at_once ? wanted : most_at_once;
		char *p = map_from(from, size + PAGE, &got);
		if (from != base)
			SYS2(SYS_munmap, from, PAGE);
		if (!p)
			return NULL;
		uint64_t most = wanted - size - (got < wanted ? PAGE : 0), step = got - PAGE < most ? got - PAGE : most;
		if (step)
			SYS2(SYS_munmap, p, step);
		if (got == wanted)
			return p + step;
		SYS2(SYS_munmap, p + step + PAGE, got - step - PAGE); /* kept is the page to go on from */
		from = p + step;
		at += step;
	}
}

/* Where a window was made twice, the one that was there first. */
static void *keep(_Atomic(void *) *where, void *made, uint64_t size)
{
	void *there = NULL;
	if (!made)
		return NULL;
	if (atomic_compare_exchange_strong(where, &there, made)) {
		atomic_fetch_add(&taken, size);
		return made;
	}
	SYS2(SYS_munmap, made, size);
	return there;
}

struct segment_thread *window_mapped_thread(uint32_t index)
{
	return atomic_load_explicit(&threads[index], memory_order_acquire);
}

int window_reachable(uint32_t index)
{
	return window_mapped_thread(index) || whole || sys_allowed(SYS_mremap, 0, 0, 0, MREMAP_MAYMOVE, 0, 0);
}

struct segment_thread *window_thread(struct segment *s, uint32_t index)
{
	const uint64_t size = sizeof(struct segment_thread);
	struct segment_thread *t = window_mapped_thread(index);
	if (t)
		return t;
	return keep(&threads[index], map_window(s, SEGMENT_THREAD_OFFSET + index * size, size), size);
}

struct segment_node *window_level(struct segment *s, unsigned level)
{
	if (level == 0)
		return segment_nodes(s);
	const uint64_t size = node_level_size(level) * sizeof(struct segment_node);
	struct segment_node *n = atomic_load_explicit(&levels[level], memory_order_acquire);
	if (n)
		return n;
	return keep(&levels[level], map_window(s, SEGMENT_NODE_OFFSET + node_level_first(level) * sizeof(*n), size), size);
}

void window_reserve(struct segment *s, uint32_t count)
{
	for (unsigned i = 1; i < NODE_LEVELS && window_level(s, i); i++)
		;
	for (uint32_t i = 0; i < count && window_thread(s, i); i++)
		;
}

void window_forget(void)
{
	for (unsigned i = 0; i < NODE_LEVELS; i++)
		atomic_store(&levels[i], NULL);
	for (uint32_t i = 0; i < SEGMENT_THREADS; i++)
		atomic_store(&threads[i], NULL);
}
