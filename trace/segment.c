/* SPDX-License-Identifier: MIT
 *
 * Starting and recognising a segment. The layout and its rules are in the header.
 */
#include "trace/segment.h"

_Static_assert(sizeof(struct segment_process) == 4160 || sizeof(struct segment_process) <= 4608, "process slot");
_Static_assert(sizeof(struct segment_thread) % 4096 == 0, "thread slots are whole pages");
_Static_assert(offsetof(struct segment_thread, events) % 4096 == 0, "rings start on a page");

void segment_init(struct segment *s, uint32_t flags, const uint8_t id[16])
{
	for (int i = 0; i < 16; i++)
		s->id[i] = id[i];
	s->flags = flags;
	s->layout = SEGMENT_LAYOUT;
	atomic_store_explicit(&s->state, SEGMENT_RUNNING, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	s->magic = SEGMENT_MAGIC;
}

void segment_turn(struct segment *s, uint32_t state)
{
	uint32_t turn = atomic_load(&s->turn), runs = state == SEGMENT_RUNNING;
	if (atomic_load(&s->state) == SEGMENT_OFF)
		return;
	atomic_store(&s->state, state); /* first: who sees the new turn is to find it */
	if ((turn & 1) == runs)
		atomic_store(&s->turn, turn + 1);
}

int segment_valid(const struct segment *s)
{
	return s->magic == SEGMENT_MAGIC && s->layout == SEGMENT_LAYOUT;
}
