/* SPDX-License-Identifier: MIT
 *
 * Sharing by running sums: a share is the difference of two rounded ones, so nothing is left over.
 */
#include "analyzer/ingest/wait_share.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

static uint64_t capped_sum(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

uint64_t wait_part(uint64_t value, uint64_t from, uint64_t to, uint64_t whole)
{
	return (uint64_t)((unsigned __int128)value * to / whole) - (uint64_t)((unsigned __int128)value * from / whole);
}

/* Adds shares of `rest` to the figures at out, out + step, ...; 0: all weights are 0. */
static int spread(uint64_t rest, const uint64_t *weights, size_t count, uint64_t *out, size_t step)
{
	uint64_t whole = 0, from = 0;

	for (size_t i = 0; i < count; i++)
		whole = capped_sum(whole, weights[i]);
	if (!whole)
		return 0;
	for (size_t i = 0; i < count; i++, out = (uint64_t *)((char *)out + step)) {
		uint64_t to = capped_sum(from, weights[i]);

		*out += wait_part(rest, from, to, whole);
		from = to;
	}
	return 1;
}

/* What a row has of something: recorded, and what that stands for beyond it. */
struct part {
	uint64_t recorded, extra;
};

static struct part part_waits(const struct wait_row *r)
{
	return (struct part){ r->cell.events, r->cell.weight - r->cell.events * WAIT_ONE };
}

static struct part part_time(const struct wait_row *r)
{
	return (struct part){ r->cell.time, r->cell.extra };
}

static struct part part_timeouts(const struct wait_row *r)
{
	return (struct part){ r->cell.timeouts, r->cell.timeouts_weight - r->cell.timeouts * WAIT_ONE };
}

/* Of the rows with `reading`, or -1 of all. */
static struct part part_sum(const struct wait_run *run, const struct wait_row *rows, struct part (*part)(const struct wait_row *),
                            int reading)
{
	struct part sum = { 0, 0 };

	for (size_t i = 0; i < run->count; i++) {
		struct part p = part(&rows[i]);

		if (reading >= 0 && rows[i].cell.reading != (uint32_t)reading)
			continue;
		sum.recorded = capped_sum(sum.recorded, p.recorded);
		sum.extra = capped_sum(sum.extra, p.extra);
	}
	return sum;
}

/* By what a rest is shared, as long as anything has it: by what is stood for; where that is nothing (events were lost), by what
 * was recorded; else alike. */
enum share_by { BY_EXTRA, BY_RECORDED, ALIKE, SHARE_WAYS };

static uint64_t share_weight(struct part p, enum share_by by)
{
	if (by == ALIKE)
		return 1;
	return by == BY_EXTRA ? p.extra : p.recorded;
}

/* Gives each row, of those with `reading` or -1 of all, what was recorded of it and its share of the rest of `total`, which is
 * no less than all that was recorded. out: the figure of the first row. */
static void share(const struct wait_run *run, struct wait_row *rows, struct part (*part)(const struct wait_row *), int reading,
                  uint64_t total, uint64_t *out)
{
	uint64_t *weights = memory_zeroed(run->count, sizeof(*weights));
	uint64_t rest = total - part_sum(run, rows, part, reading).recorded;
	int shared = 0;

	for (int by = 0; by < SHARE_WAYS && !shared; by++) {
		for (size_t i = 0; i < run->count; i++)
			if (reading < 0 || rows[i].cell.reading == (uint32_t)reading)
				weights[i] = share_weight(part(&rows[i]), by);
		shared = spread(rest, weights, run->count, out, sizeof(*rows));
	}
	for (size_t i = 0; i < run->count; i++, out = (uint64_t *)((char *)out + sizeof(*rows)))
		if (reading < 0 || rows[i].cell.reading == (uint32_t)reading)
			*out += part(&rows[i]).recorded;
	free(weights);
}

/* Reading and writing have counters of their own; where both were seen, each is shared out for itself. */
static void share_time(const struct wait_run *run, struct wait_row *rows, const struct lock_counts *counts, uint64_t total)
{
	struct part reading = part_sum(run, rows, part_time, 1), writing = part_sum(run, rows, part_time, 0);
	int both = 0;

	for (size_t i = 0; i < run->count; i++)
		both |= rows[i].cell.reading ? 1 : 2;
	if (run->counted && both == 3 && counts->totals[LOCK_READ_WAIT] >= reading.recorded &&
	    total >= counts->totals[LOCK_READ_WAIT] && total - counts->totals[LOCK_READ_WAIT] >= writing.recorded) {
		share(run, rows, part_time, 1, counts->totals[LOCK_READ_WAIT], &rows->time);
		share(run, rows, part_time, 0, total - counts->totals[LOCK_READ_WAIT], &rows->time);
	} else {
		share(run, rows, part_time, -1, total, &rows->time);
	}
}

static void share_timeouts(const struct wait_run *run, struct wait_row *rows, uint64_t total)
{
	share(run, rows, part_timeouts, -1, total, &rows->timeouts);
	for (size_t i = 0; i < run->count; i++)
		if (rows[i].timeouts > rows[i].waits)
			rows[i].timeouts = rows[i].waits;
}

void wait_share(struct wait_run *run, struct wait_row *rows, const struct lock_counts *counts, const struct timebase *time)
{
	struct part waits = part_sum(run, rows, part_waits, -1), times = part_sum(run, rows, part_time, -1);
	struct part timeouts = part_sum(run, rows, part_timeouts, -1);
	uint64_t waits_total = capped_sum(waits.recorded, waits.extra / WAIT_ONE);
	uint64_t time_total = capped_sum(times.recorded, times.extra);
	uint64_t timeouts_total = capped_sum(timeouts.recorded, timeouts.extra / WAIT_ONE), at = 0;

	run->counted = counts && counts->totals[LOCK_WAITS] && counts->totals[LOCK_WAITS] >= waits.recorded &&
	               counts->totals[LOCK_WAIT] >= times.recorded;
	if (run->counted) {
		waits_total = counts->totals[LOCK_WAITS];
		time_total = counts->totals[LOCK_WAIT];
		if (counts->totals[LOCK_TIMEOUTS] >= timeouts.recorded)
			timeouts_total = counts->totals[LOCK_TIMEOUTS];
	}
	run->sampled = waits_total != waits.recorded;
	share(run, rows, part_waits, -1, waits_total, &rows->waits);
	share_time(run, rows, counts, time_total);
	share_timeouts(run, rows, timeouts_total);
	for (size_t i = 0; i < run->count; i++) {
		uint64_t to = capped_sum(at, rows[i].time), longest = timebase_raw_ns(time, rows[i].cell.max);

		rows[i].ns = timebase_raw_ns(time, to) - timebase_raw_ns(time, at);
		rows[i].max_ns = longest < rows[i].ns ? longest : rows[i].ns; /* of times that exceed all measure the sum is capped */
		at = to;
	}
}
