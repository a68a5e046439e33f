/* SPDX-License-Identifier: MIT
 *
 * What a program tells by itself, through include/culprit.h: blocks of its own pools, marks, names of locks. Nothing is behind
 * these functions.
 */
#include "preload/hook.h"

#include <string.h>

#include "preload/lock_use.h"

void culprit_shim_alloc(const void *pool, const void *block, size_t size);
void culprit_shim_free(const void *pool, const void *block);
void culprit_shim_mark(const char *name);
void culprit_shim_lock_name(const void *lock, const char *name);

/* An event of the pool's and what it is of, as one group. */
static void tell(const void *pool, enum event_kind kind, const void *block, uint64_t size, uint32_t stack)
{
	uint64_t stamp = arch_stamp();
	struct event group[2] = {
		{.stamp = stamp, .address = (uint64_t)pool, .kind = EVENT_POOL},
		{.stamp = stamp, .address = (uint64_t)block, .kind = kind, .size = size, .stack = stack},
	};
	recorder_cells(group, 2);
}

HOOK void culprit_shim_alloc(const void *pool, const void *block, size_t size)
{
	const uint64_t *frame = HOOK_FRAME;
	if (!block || !recorder_enter(frame))
		return;
	lock_memory_allocated((uintptr_t)block, size);
	tell(pool, EVENT_POOL_ALLOC, block, size, recorder_stack(frame));
	recorder_leave();
}

HOOK void culprit_shim_free(const void *pool, const void *block)
{
	if (!recorder_enter(HOOK_FRAME))
		return;
	tell(pool, EVENT_POOL_FREE, block, 0, 0);
	recorder_leave();
}

static void tell_name(enum segment_name_of of, const void *address, const char *name, const uint64_t *frame)
{
	if (!name || !recorder_enter(frame))
		return;
	struct message_part part = {name, (uint32_t)strnlen(name, SEGMENT_NAME_MAX)};
	recorder_message(EVENT_NAME, (uint64_t)address, of, 0, &part, 1);
	recorder_leave();
}

HOOK void culprit_shim_mark(const char *name)
{
	tell_name(NAME_OF_MARK, NULL, name, HOOK_FRAME);
}

HOOK void culprit_shim_lock_name(const void *lock, const char *name)
{
	tell_name(NAME_OF_LOCK, lock, name, HOOK_FRAME);
}
