/* SPDX-License-Identifier: MIT
 *
 * What to make next: a ring grows by steps ahead of its reader until it is whole; a level of the node table is made when
 * the one before fills up. The counters these rules look at are the target's and only ever cost us memory, bounded by
 * the segment.
 */
#include "collector/pages.h"

#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define STEP 8192u  /* events: 256 KiB of a ring at a time */
#define FIRST 2048u /* of a ring nobody has claimed yet */
#define AHEAD 2u    /* so many of those */
#define PAGE (4096u / (uint32_t)sizeof(struct event))
#define LEVELS 4u   /* of the node table; the last ones are hundreds of MiB */

static void make_ring(struct pages *p, struct segment *s, uint32_t index, uint64_t wanted)
{
	uint32_t had = p->ring[index];
	wanted = wanted > RING_EVENTS ? RING_EVENTS : (wanted + PAGE - 1) / PAGE * PAGE;
	if (wanted <= had)
		return;
	struct event *first = segment_thread(s, index)->events + had;
	madvise(first, (wanted - had) * sizeof(*first), MADV_POPULATE_WRITE);
	p->ring[index] = (uint32_t)wanted;
}

void pages_make_ring(struct pages *p, struct segment *s, uint32_t index, uint64_t tail)
{
	if (p->ring[index] < RING_EVENTS && tail > FIRST / 2 && tail + STEP / 2 > p->ring[index])
		make_ring(p, s, index, tail + STEP);
}

static void make_nodes(struct pages *p, struct segment *s)
{
	uint32_t level = atomic_load_explicit(&s->node_level, memory_order_relaxed);
	if (level >= NODE_LEVELS || p->levels > level + 1 || p->levels >= LEVELS)
		return;
	uint32_t inserted = atomic_load_explicit(&s->node_counts[level], memory_order_relaxed);
	if (p->levels == level + 1 && inserted < node_level_size(level) / 4)
		return;
	uint32_t next = p->levels++;
	struct segment_node *first = segment_nodes(s) + node_level_first(next);
	madvise(first, node_level_size(next) * sizeof(*first), MADV_POPULATE_WRITE);
}

/* The first ring is the main thread's and made whole: it begins at once. */
void pages_make_next(struct pages *p, struct segment *s)
{
	uint32_t high = atomic_load_explicit(&s->thread_high, memory_order_relaxed);
	make_nodes(p, s);
	for (uint32_t i = high; i < high + AHEAD && i < SEGMENT_THREADS; i++)
		make_ring(p, s, i, i ? FIRST : RING_EVENTS);
}
