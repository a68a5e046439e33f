/* SPDX-License-Identifier: MIT
 *
 * Time: from ticks of the trace to nanoseconds since the recording began, and to slices, the equal
 * spans that the recording is cut into. Both are linear, so neither ever runs backwards.
 */
#ifndef INGEST_TIMEBASE_H
#define INGEST_TIMEBASE_H

#include <stdint.h>

#include "analyzer/ingest/recording.h"

#define TIMEBASE_MAX_SLICES 256u
#define TIMEBASE_MIN_SLICE_NS 1000000u /* short recordings have fewer slices, not shorter ones */

struct timebase {
	uint64_t first, last;  /* ticks */
	uint64_t tick_ns;      /* nanoseconds of a tick, times 2^32 */
	uint64_t slice_factor; /* slices a tick, times 2^64 */
	uint64_t duration_ns;
	uint32_t slices;       /* 1..TIMEBASE_MAX_SLICES */
	uint32_t tick_shift;   /* a tick is 1 << tick_shift raw units of the time stamp counter; at most 63 */
};

void timebase_init(struct timebase *t, const struct recording *r, const struct file_header *header);

/* Nanoseconds of a span of ticks. */
static inline uint64_t timebase_span_ns(const struct timebase *t, uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * t->tick_ns >> 32);
}

/* Nanoseconds since the recording began; what is before the beginning is at it. At most INT64_MAX. */
static inline uint64_t timebase_ns(const struct timebase *t, uint64_t tick)
{
	unsigned __int128 ns = tick > t->first ? (unsigned __int128)(tick - t->first) * t->tick_ns >> 32 : 0;

	return ns > INT64_MAX ? INT64_MAX : (uint64_t)ns;
}

/* Nanoseconds of raw units. At most TIMEBASE_LONGEST_NS, so that some can be added up. */
#define TIMEBASE_LONGEST_NS ((uint64_t)1 << 60)
static inline uint64_t timebase_raw_ns(const struct timebase *t, uint64_t raw)
{
	unsigned __int128 ns = (unsigned __int128)raw * t->tick_ns >> 32 >> t->tick_shift;

	return ns > TIMEBASE_LONGEST_NS ? TIMEBASE_LONGEST_NS : (uint64_t)ns;
}

/* Ticks of a span, at least one. */
uint64_t timebase_ticks(const struct timebase *t, uint64_t ns);

/* The slice of a tick: 0 .. slices - 1 (the database counts from 1). */
static inline uint32_t timebase_slice(const struct timebase *t, uint64_t tick)
{
	uint64_t ticks = tick > t->first ? tick - t->first : 0;

	if (tick > t->last)
		return t->slices - 1;
	return (uint32_t)((unsigned __int128)ticks * t->slice_factor >> 64);
}

/* The first tick of a slice; UINT64_MAX for the one after the last. */
uint64_t timebase_slice_start(const struct timebase *t, uint32_t slice);

#endif
