/* SPDX-License-Identifier: MIT
 *
 * The C heap. An allocation is recorded after the real call, when the block is there; a free before
 * it, while the address cannot be handed out again. For realloc the end of the old block is stamped
 * before the call and recorded after it, once it is known to have moved or grown: a failed realloc
 * leaves the old block alive. free(NULL) is nothing.
 */
#include "preload/hook.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t alignment, size_t size);

HOOK void *malloc(size_t size)
{
	if (!recorder_enter(HOOK_FRAME))
		return real.malloc(size);
	void *p = real.malloc(size);
	if (p)
		recorder_event(EVENT_MALLOC, p, size, HOOK_FRAME);
	recorder_leave();
	return p;
}

HOOK void *calloc(size_t n, size_t size)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!recorder_enter(frame))
		return real.calloc(n, size);
	void *p = real.calloc(n, size);
	if (p)
		recorder_event(EVENT_CALLOC, p, n * size, frame);
	recorder_leave();
	return p;
}

HOOK void free(void *p)
{
	if (!p || __builtin_expect(real_is_bootstrap(p), 0))
		return;
	if (!recorder_enter(HOOK_FRAME)) {
		real.free(p);
		return;
	}
	recorder_event(EVENT_FREE, p, 0, HOOK_FRAME);
	real.free(p);
	recorder_leave();
}

/* A bootstrap block cannot be given to the real realloc. */
static __attribute__((cold)) void *leave_bootstrap(void *p, size_t size)
{
	void *q = malloc(size);
	if (q)
		real_copy_bootstrap(q, p, size);
	return q;
}

/* realloc(p, 0) frees p and returns NULL, in glibc, tcmalloc and jemalloc alike; any other NULL leaves p alive. */
static inline void note_realloc(void *p, void *q, size_t size, uint64_t stamp, const uint64_t *frame)
{
	if (q || (p && size == 0))
		recorder_realloc(p, stamp, q, size, frame);
	else
		recorder_resize_failed(p, stamp);
}

HOOK void *realloc(void *p, size_t size)
{
	const uint64_t *frame = HOOK_FRAME;
	if (p && __builtin_expect(real_is_bootstrap(p), 0))
		return leave_bootstrap(p, size);
	if (!recorder_enter(frame))
		return real.realloc(p, size);
	uint64_t stamp = recorder_resize(p);
	void *q = real.realloc(p, size);
	note_realloc(p, q, size, stamp, frame);
	recorder_leave();
	return q;
}

HOOK void *reallocarray(void *p, size_t n, size_t size)
{
	const uint64_t *frame = HOOK_FRAME;
	size_t total;
	int overflow = __builtin_mul_overflow(n, size, &total);
	if (p && !overflow && __builtin_expect(real_is_bootstrap(p), 0))
		return leave_bootstrap(p, total);
	if (overflow || !recorder_enter(frame))
		return real.reallocarray(p, n, size);
	uint64_t stamp = recorder_resize(p);
	void *q = real.reallocarray(p, n, size);
	note_realloc(p, q, total, stamp, frame);
	recorder_leave();
	return q;
}

HOOK int posix_memalign(void **out, size_t alignment, size_t size)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!recorder_enter(frame))
		return real.posix_memalign(out, alignment, size);
	int result = real.posix_memalign(out, alignment, size);
	if (result == 0 && *out)
		recorder_event(EVENT_ALIGNED, *out, size, frame);
	recorder_leave();
	return result;
}

/* aligned_alloc, memalign: the same but for the function behind. */
#define ALIGNED_HOOK(name)                                           \
	HOOK void *name(size_t alignment, size_t size)               \
	{                                                            \
		const uint64_t *frame = HOOK_FRAME;                  \
		if (!recorder_enter(frame))                          \
			return real.name(alignment, size);           \
		void *p = real.name(alignment, size);                \
		if (p)                                               \
			recorder_event(EVENT_ALIGNED, p, size, frame); \
		recorder_leave();                                    \
		return p;                                            \
	}
ALIGNED_HOOK(aligned_alloc)
ALIGNED_HOOK(memalign)

#define PAGE_HOOK(name)                                              \
	HOOK void *name(size_t size)                                 \
	{                                                            \
		const uint64_t *frame = HOOK_FRAME;                  \
		if (!recorder_enter(frame))                          \
			return real.name(size);                      \
		void *p = real.name(size);                           \
		if (p)                                               \
			recorder_event(EVENT_ALIGNED, p, size, frame); \
		recorder_leave();                                    \
		return p;                                            \
	}
PAGE_HOOK(valloc)
PAGE_HOOK(pvalloc)

/* C23's sized frees: an allocator that has none gets a plain free, as the standard allows. */
HOOK void free_sized(void *p, size_t size)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!p || real_is_bootstrap(p))
		return;
	int on = recorder_enter(frame);
	if (on)
		recorder_event(EVENT_FREE, p, 0, frame);
	if (real.free_sized)
		real.free_sized(p, size);
	else
		real.free(p);
	if (on)
		recorder_leave();
}

HOOK void free_aligned_sized(void *p, size_t alignment, size_t size)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!p || real_is_bootstrap(p))
		return;
	int on = recorder_enter(frame);
	if (on)
		recorder_event(EVENT_FREE, p, 0, frame);
	if (real.free_aligned_sized)
		real.free_aligned_sized(p, alignment, size);
	else
		real.free(p);
	if (on)
		recorder_leave();
}
