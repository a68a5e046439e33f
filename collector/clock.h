/* SPDX-License-Identifier: MIT
 *
 * The recording's clock: processor stamps, made coarse enough to be cheap in the trace and fine
 * enough to place an event within a quarter of a microsecond. The frequency given at the start is
 * a first measure; clock records through the trace refine it.
 */
#ifndef COLLECTOR_CLOCK_H
#define COLLECTOR_CLOCK_H

#include <stdint.h>
#include <time.h>
#include <x86intrin.h>

#define CLOCK_MAX_TICK_NS 250

struct clock_reading {
	uint64_t stamp, monotonic_ns, realtime_ns;
};

struct clock {
	struct clock_reading start;
	uint64_t stamp_hz;
	unsigned tick_shift;
};

static inline uint64_t clock_stamp(void) { return __rdtsc(); }

static inline uint64_t clock_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The same instant on the three clocks, to some 50 ns unless the reader is preempted all the time. */
struct clock_reading clock_read(void);

/* Measures the frequency from `start` to now (waits until 300 us have passed since) and chooses the tick. */
void clock_init(struct clock *c, const struct clock_reading *start);

/* Nanoseconds between two stamps that far apart; good to some 100 ppm. */
uint64_t clock_span_ns(const struct clock *c, uint64_t stamps);

#endif
