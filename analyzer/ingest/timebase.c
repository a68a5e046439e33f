/* SPDX-License-Identifier: MIT
 *
 * Where time begins and ends, and how long a tick is. Clock readings some way apart say that best;
 * a recording too short for that has the frequency measured at its start.
 */
#include "analyzer/ingest/timebase.h"

#define CLOCKS_APART_NS 10000000u
#define LONGEST_TICK_NS 1000000000ull

static void span_take(struct timebase *t, uint64_t tick)
{
	if (!tick)
		return;
	if (tick < t->first)
		t->first = tick;
	if (tick > t->last)
		t->last = tick;
}

/* First and last tick of whatever happened. */
static void timebase_span(struct timebase *t, const struct recording *r)
{
	t->first = UINT64_MAX;
	t->last = 0;
	span_take(t, r->first_clock.tick);
	span_take(t, r->last_clock.tick);
	for (size_t i = 1; i <= r->process_count; i++) {
		span_take(t, r->processes[i].start_tick);
		span_take(t, r->processes[i].end_tick);
	}
	for (size_t i = 0; i < r->block_count; i++) {
		span_take(t, r->blocks[i].first_tick);
		span_take(t, r->blocks[i].last_tick);
	}
	if (t->first > t->last)
		t->first = t->last;
}

static uint64_t timebase_tick(const struct recording *r, const struct file_header *header)
{
	const struct recorded_clock *a = &r->first_clock, *b = &r->last_clock;
	unsigned __int128 tick = (unsigned __int128)1 << 32;

	if (a->tick && b->tick > a->tick && b->monotonic_ns > a->monotonic_ns &&
	    b->monotonic_ns - a->monotonic_ns >= CLOCKS_APART_NS)
		tick = ((unsigned __int128)(b->monotonic_ns - a->monotonic_ns) << 32) / (b->tick - a->tick);
	else if (header->tick_hz_x1000)
		tick = ((unsigned __int128)1000000000000ull << 32) / header->tick_hz_x1000;
	if (tick > (unsigned __int128)LONGEST_TICK_NS << 32)
		tick = (unsigned __int128)LONGEST_TICK_NS << 32;
	return tick ? (uint64_t)tick : 1;
}

void timebase_init(struct timebase *t, const struct recording *r, const struct file_header *header)
{
	uint64_t slices, ticks;

	timebase_span(t, r);
	t->tick_ns = timebase_tick(r, header);
	t->tick_shift = header->tick_shift & 63;
	t->duration_ns = timebase_ns(t, t->last);
	slices = t->duration_ns / TIMEBASE_MIN_SLICE_NS;
	t->slices = slices < 1 ? 1 : slices > TIMEBASE_MAX_SLICES ? TIMEBASE_MAX_SLICES : (uint32_t)slices;
	ticks = t->last - t->first;
	if (t->slices > ticks)
		t->slices = 1;
	/* slices < ticks + 1, or one slice of any length: the factor is below 2^64 */
	t->slice_factor = t->slices == 1 ? 0 : (uint64_t)(((unsigned __int128)t->slices << 64) / (ticks + 1));
}

uint64_t timebase_ticks(const struct timebase *t, uint64_t ns)
{
	unsigned __int128 ticks = ((unsigned __int128)ns << 32) / t->tick_ns;

	if (ticks > UINT64_MAX / 4)
		return UINT64_MAX / 4;
	return ticks ? (uint64_t)ticks : 1;
}

uint64_t timebase_slice_start(const struct timebase *t, uint32_t slice)
{
	uint64_t tick;

	if (!slice)
		return t->first;
	if (slice >= t->slices)
		return UINT64_MAX;
	tick = t->first + (uint64_t)(((unsigned __int128)slice << 64) / t->slice_factor);
	while (timebase_slice(t, tick) < slice)
		tick++;
	return tick;
}
