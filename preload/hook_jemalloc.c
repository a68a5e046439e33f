/* SPDX-License-Identifier: MIT
 *
 * jemalloc's own interface. A program without jemalloc may find these names by weak references: real.c has plain
 * versions for it. xallocx resizes in place or not at all: it returns the size the block then has.
 */
#include "preload/hook.h"

void *mallocx(size_t size, int flags);
void *rallocx(void *p, size_t size, int flags);
size_t xallocx(void *p, size_t size, size_t extra, int flags);
void dallocx(void *p, int flags);
void sdallocx(void *p, size_t size, int flags);

HOOK void *mallocx(size_t size, int flags)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!recorder_enter(frame))
		return real.mallocx(size, flags);
	void *p = real.mallocx(size, flags);
	if (p)
		recorder_event(EVENT_MALLOCX, p, size, frame);
	recorder_leave();
	return p;
}

HOOK void *rallocx(void *p, size_t size, int flags)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!recorder_enter(frame))
		return real.rallocx(p, size, flags);
	uint64_t stamp = recorder_resize(p);
	void *q = real.rallocx(p, size, flags);
	if (q)
		recorder_realloc(p, stamp, q, size, frame);
	else
		recorder_resize_failed(p, stamp);
	recorder_leave();
	return q;
}

HOOK size_t xallocx(void *p, size_t size, size_t extra, int flags)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!recorder_enter(frame))
		return real.xallocx(p, size, extra, flags);
	uint64_t stamp = recorder_resize(p);
	size_t now = real.xallocx(p, size, extra, flags);
	if (now >= size)
		recorder_realloc(p, stamp, p, size, frame);
	else
		recorder_resize_failed(p, stamp);
	recorder_leave();
	return now;
}

HOOK void dallocx(void *p, int flags)
{
	const uint64_t *frame = HOOK_FRAME;
	int on = recorder_enter(frame);
	if (on)
		recorder_event(EVENT_FREE, p, 0, frame);
	real.dallocx(p, flags);
	if (on)
		recorder_leave();
}

HOOK void sdallocx(void *p, size_t size, int flags)
{
	const uint64_t *frame = HOOK_FRAME;
	int on = recorder_enter(frame);
	if (on)
		recorder_event(EVENT_FREE, p, 0, frame);
	real.sdallocx(p, size, flags);
	if (on)
		recorder_leave();
}
