/* SPDX-License-Identifier: MIT
 *
 * Figures of a lock.
 */
#include "analyzer/ingest/lock_figure.h"

#include "analyzer/ingest/wait_share.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* How long it was held by all: measured where the acquirer had waited or made others wait, and by samples of the rest. */
static uint64_t held_ns(const struct lock_counts *c, uint64_t acquisitions, const struct timebase *time)
{
	uint64_t others = acquisitions - least(acquisitions, c->totals[LOCK_HELD_COUNT]);
	uint64_t estimate = 0;

	if (c->totals[LOCK_SAMPLED_WEIGHT]) {
		unsigned __int128 sum = (unsigned __int128)c->totals[LOCK_SAMPLED_TIME] * others / c->totals[LOCK_SAMPLED_WEIGHT];

		estimate = sum > UINT64_MAX ? UINT64_MAX : (uint64_t)sum;
	}
	return timebase_raw_ns(time, c->totals[LOCK_HELD_TIME]) + timebase_raw_ns(time, estimate);
}

/* All that has nothing to do with waiting. */
static void figure_uses(struct lock_figure *f, const struct lock_life *l, const struct timebase *time)
{
	const struct lock_counts *c = l->counts;

	f->read_acquisitions = l->reads;
	f->acquisitions = l->acquisitions + l->reads;
	f->owner_changes = l->owner_changes;
	if (!c)
		return;
	f->try_failures = c->totals[LOCK_TRY_FAILURES];
	f->max_waiters = c->totals[LOCK_MAX_WAITERS];
	f->hold_measured = c->totals[LOCK_HELD_COUNT] + c->totals[LOCK_SAMPLED_COUNT];
	f->hold_max_ns = timebase_raw_ns(time, c->totals[LOCK_HELD_MAX]);
	f->hold_allocations = c->totals[LOCK_HELD_ALLOCATIONS];
	f->hold_ns = held_ns(c, f->acquisitions, time);
	f->hold_waiting_ns = timebase_raw_ns(time, c->totals[LOCK_HELD_WAITING]);
	f->broadcasts = least(c->totals[LOCK_BROADCASTS], f->acquisitions);
	f->woken_in_vain = c->totals[LOCK_WOKEN_IN_VAIN];
}

/* What the rows of a class add up to, as far as no counter is better. Returns the raw time of reading. */
static uint64_t figure_waits(struct lock_figure *f, const struct wait_row *rows, size_t count)
{
	uint64_t read_time = 0;

	for (size_t i = 0; i < count; i++) {
		const struct wait_row *r = &rows[i];

		if (r->class != f->class)
			continue;
		f->waits += r->waits;
		f->wait_ns += r->ns;
		f->wait_max_ns = most(f->wait_max_ns, r->max_ns);
		f->timeouts += r->timeouts;
		if (r->cell.reading) {
			f->read_wait_ns += r->ns;
			f->read_contended += r->waits - r->timeouts;
			read_time += r->time;
		}
	}
	return read_time;
}

/* Buckets of `part` of all waits, from `from` on; the running sum is what is rounded. */
static void figure_buckets(struct lock_figure *f, const uint64_t *counts, uint64_t unit, uint64_t from, uint64_t whole)
{
	uint64_t before = 0;

	for (unsigned b = 0; b < LOCK_BUCKETS && whole; b++) {
		uint64_t sum = before + counts[b];

		/* of the first sum / unit waits, and of these the share of this class */
		f->wait_buckets[b] = wait_part(sum / unit, from, from + f->waits, whole) -
		                     wait_part(before / unit, from, from + f->waits, whole);
		before = sum;
	}
}

static void figure_one(struct lock_figure *f, const struct lock_life *l, const struct wait_rows *waits,
                       const struct wait_run *run, uint64_t from, const struct timebase *time)
{
	const struct lock_counts *c = l->counts;
	const struct wait_row *rows = waits->at + run->first;
	uint64_t whole = 0, read_time = figure_waits(f, rows, run->count);

	for (size_t i = 0; i < run->count; i++)
		whole += rows[i].waits;
	f->sampled = run->sampled;
	if (run->counted && f->waits == whole) { /* not one of two */
		f->timeouts = least(most(f->timeouts, c->totals[LOCK_TIMEOUTS]), whole);
		f->read_contended = c->totals[LOCK_READ_CONTENDED];
		if (read_time != c->totals[LOCK_READ_WAIT])
			f->read_wait_ns = least(timebase_raw_ns(time, c->totals[LOCK_READ_WAIT]), f->wait_ns);
		f->wait_max_ns = most(f->wait_max_ns, least(timebase_raw_ns(time, c->totals[LOCK_WAIT_MAX]), f->wait_ns));
	}
	if (f->class == WAIT_CLASS_LOCK) {
		f->contended = f->waits - f->timeouts;
		f->read_contended = least(f->read_contended, f->contended);
		f->acquisitions = most(f->acquisitions, f->contended);
		f->read_acquisitions = most(f->read_acquisitions, f->read_contended);
	} else {
		f->read_contended = 0;
	}
	if (c && run->counted)
		figure_buckets(f, c->totals + LOCK_WAIT_BUCKET, 1, from, whole);
	else if (c)
		figure_buckets(f, c->seen_buckets, WAIT_ONE, from, whole);
}

unsigned lock_figures(struct lock_figure out[2], const struct lock_lives *lives, uint32_t life, const struct wait_rows *waits,
                      const struct wait_run *run, const struct timebase *time)
{
	const struct lock_life *l = &lives->at[life];
	unsigned kind = lock_lives_kind(lives, life);
	const struct wait_row *first = run ? &waits->at[run->first] : NULL;

	out[0] = (struct lock_figure){ .class = kind < LOCK_COND ? WAIT_CLASS_LOCK : WAIT_CLASS_WORK, .kind = kind };
	figure_uses(&out[0], l, time);
	if (!first)
		return 1;
	out[0].class = first->class;
	figure_one(&out[0], l, waits, run, 0, time);
	if (first[run->count - 1].class == first->class)
		return 1;
	out[1] = (struct lock_figure){ .class = first[run->count - 1].class, .kind = kind };
	figure_one(&out[1], l, waits, run, out[0].waits, time);
	return 2;
}
