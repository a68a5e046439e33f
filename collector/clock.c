/* SPDX-License-Identifier: MIT
 *
 * Reading three clocks at once and choosing the tick. Knows nothing of the trace.
 */
#include "collector/clock.h"

#define MEASURE_NS 300000u
#define TRIES 5

static uint64_t realtime_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct clock_reading clock_read(void)
{
	struct clock_reading best = { 0 };
	uint64_t best_span = UINT64_MAX;
	for (int i = 0; i < TRIES; i++) {
		uint64_t before = clock_stamp();
		uint64_t monotonic = clock_now_ns(), realtime = realtime_ns();
		uint64_t after = clock_stamp();
		if (after - before < best_span) {
			best_span = after - before;
			best = (struct clock_reading){ before + (after - before) / 2, monotonic, realtime };
		}
	}
	return best;
}

void clock_init(struct clock *c, const struct clock_reading *start)
{
	struct clock_reading now;
	do
		now = clock_read();
	while (now.monotonic_ns - start->monotonic_ns < MEASURE_NS);
	c->start = *start;
	c->stamp_hz = (uint64_t)((double)(now.stamp - start->stamp) * 1e9 / (double)(now.monotonic_ns - start->monotonic_ns));
	c->tick_shift = 0;
	while (c->stamp_hz && (2ull << c->tick_shift) * 1000000000ull / c->stamp_hz < CLOCK_MAX_TICK_NS)
		c->tick_shift++;
}

uint64_t clock_span_ns(const struct clock *c, uint64_t stamps)
{
	return c->stamp_hz ? (uint64_t)((double)stamps * 1e9 / (double)c->stamp_hz) : 0;
}
