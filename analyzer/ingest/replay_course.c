/* SPDX-License-Identifier: MIT
 *
 * Rows of the slice, and of what outlives its process.
 */
#include "analyzer/ingest/replay_course.h"

#include "analyzer/base/memory.h"
#include "analyzer/ingest/replay.h"

/* What was asked for by which call since the slice began. */
static void end_kinds(struct replay *r, struct replay_process *p)
{
	for (unsigned kind = 0; kind <= EVENT_LAST_ALLOC; kind++) {
		struct replay_kind *began = &p->kinds_began[kind];
		const struct replay_kind *now = &p->kinds[kind];

		if (now->count == began->count)
			continue;
		r->kinds = memory_grown(r->kinds, &r->kind_room, r->kind_count + 1, sizeof(*r->kinds));
		r->kinds[r->kind_count++] = (struct kind_row){
			.process = p->id,
			.slice = (uint16_t)r->slice,
			.kind = (uint16_t)kind,
			.sum = { now->count - began->count, now->bytes - began->bytes },
		};
		*began = *now;
	}
}

/* A slice ends: its sums become rows, and each process that lives in it has a row in the timeline. */
static void end_slice(struct replay *r)
{
	spans_flush(&r->spans, &r->cells, r->slice + 1);
	for (size_t i = 1; i <= r->process_count; i++) {
		struct replay_process *p = &r->processes[i];
		struct replay_counts now = { .frees = p->frees };

		for (int kind = 0; kind <= EVENT_LAST_ALLOC; kind++) {
			now.allocations += p->kinds[kind].count;
			now.allocated_bytes += p->kinds[kind].bytes;
		}
		end_kinds(r, p);
		if (r->slice >= p->first_slice && (r->slice <= p->last_slice || p->live_bytes || p->open)) {
			r->timeline = memory_grown(r->timeline, &r->timeline_room, r->timeline_count + 1, sizeof(*r->timeline));
			r->timeline[r->timeline_count++] = (struct timeline_row){
				.process = (uint32_t)i,
				.slice = r->slice,
				.live_bytes = p->slice_max,
				.live_end_bytes = p->live_bytes,
				.counts = { now.allocations - p->slice_began.allocations,
				            now.allocated_bytes - p->slice_began.allocated_bytes,
				            now.frees - p->slice_began.frees },
			};
		}
		p->slice_began = now;
		p->slice_max = p->live_bytes;
	}
}

void replay_course_stop(struct replay *r)
{
	while (r->slice + 1 < r->time->slices && r->now >= timebase_slice_start(r->time, r->slice + 1)) {
		end_slice(r);
		r->slice++;
		r->slice_began = timebase_slice_start(r->time, r->slice);
	}
	r->stop = timebase_slice_start(r->time, r->slice + 1);
}

void replay_course_finish(struct replay *r)
{
	for (; r->slice < r->time->slices; r->slice++)
		end_slice(r);
}

/* What is live now lives for ever; its table is not needed any more. */
void replay_course_process_done(struct replay *r, struct replay_process *p)
{
	struct spans *s = &r->spans;

	spans_flush(s, &r->cells, r->slice + 1);
	for (size_t i = 0; i < p->live.capacity; i++) {
		const struct live_block *b = &p->live.blocks[i];

		if (!b->address)
			continue;
		spans_add(s, SPAN_ALLOCATIONS, timebase_slice(r->time, b->tick), b->cell, replay_weight(r, b), replay_weight(r, b) * b->size);
		p->uncertain += b->tick < r->last_pause ? replay_weight(r, b) : 0;
	}
	spans_flush(s, &r->cells, 0);
	span_histogram_finish(&p->histogram, p->id, &r->histogram);
	growth_process_done(&r->growth, &p->growth);
	live_release(&p->live);
}
