/* SPDX-License-Identifier: MIT
 *
 * From cells to rows.
 */
#include "analyzer/ingest/wait_row.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/futex.h"
#include "analyzer/ingest/wait_share.h"

static uint32_t class_of(const struct naming *naming, unsigned kind, uint32_t stack)
{
	if (kind == LOCK_FUTEX && stack != WAIT_UNRECORDED)
		return futex_classify(naming, stack) == FUTEX_LOCK ? WAIT_CLASS_LOCK : WAIT_CLASS_WORK;
	return kind < LOCK_COND ? WAIT_CLASS_LOCK : WAIT_CLASS_WORK;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void row_add(struct wait_rows *w, struct wait_row row)
{
	w->at = memory_grown(w->at, &w->room, w->count + 1, sizeof(*w->at));
	w->at[w->count++] = row;
}

static int row_compare(const void *left, const void *right)
{
	const struct wait_row *a = left, *b = right;

	if (a->cell.life != b->cell.life)
		return a->cell.life < b->cell.life ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->cell.stack != b->cell.stack)
		return a->cell.stack < b->cell.stack ? -1 : 1;
	if (a->cell.thread != b->cell.thread)
		return a->cell.thread < b->cell.thread ? -1 : 1;
	if (a->cell.owner != b->cell.owner)
		return a->cell.owner < b->cell.owner ? -1 : 1;
	if (a->cell.slice != b->cell.slice)
		return a->cell.slice < b->cell.slice ? -1 : 1;
	return (a->cell.reading > b->cell.reading) - (a->cell.reading < b->cell.reading);
}

static void row_merge(struct wait_row *into, const struct wait_row *row)
{
	struct wait_cell *a = &into->cell;
	const struct wait_cell *b = &row->cell;

	a->events += b->events;
	a->weight += b->weight;
	a->time += b->time;
	a->extra += b->extra;
	a->max = a->max > b->max ? a->max : b->max;
	a->timeouts += b->timeouts;
	a->timeouts_weight += b->timeouts_weight;
	a->unfinished += b->unfinished;
	into->waits += row->waits;
}

/* Sorts from row `first` on, and puts those with one key together. */
static void rows_sort(struct wait_rows *w)
{
	size_t kept = 0;

	if (w->count < 2)
		return;
	qsort(w->at, w->count, sizeof(*w->at), row_compare);
	for (size_t i = 1; i < w->count; i++) {
		if (row_compare(&w->at[kept], &w->at[i]))
			w->at[++kept] = w->at[i];
		else
			row_merge(&w->at[kept], &w->at[i]);
	}
	w->count = kept + 1;
}

static void rows_recorded(struct wait_rows *w, const struct locks *l, const struct naming *naming, uint8_t *seen)
{
	for (size_t i = 0; i < l->waits.count; i++) {
		struct wait_row row = { .cell = *(const struct wait_cell *)keyed_item(&l->waits, i) };

		row.cell.life = lock_lives_resolve(&l->lives, row.cell.life);
		row.class = class_of(naming, lock_lives_kind(&l->lives, row.cell.life), row.cell.stack);
		seen[row.cell.life] = 1;
		row_add(w, row);
	}
}

/* Waits that were counted, of a life of which none was recorded: as if one had been that stands for all of them. */
static void row_unrecorded(struct wait_rows *w, struct wait_row row, uint64_t waits, uint64_t time, uint64_t timeouts)
{
	if (!waits && !time)
		return;
	row.cell.weight = waits * WAIT_ONE;
	row.cell.extra = time;
	row.cell.timeouts_weight = (timeouts < waits ? timeouts : waits) * WAIT_ONE;
	if (row.cell.max > time)
		row.cell.max = time;
	w->unrecorded = 1;
	row_add(w, row);
}

static void rows_unrecorded(struct wait_rows *w, const struct locks *l, const struct timebase *time, const struct naming *naming,
                            const uint8_t *seen)
{
	for (size_t i = 0; i < l->counted.count; i++) {
		const struct counted_cell *c = keyed_item(&l->counted, i);
		uint32_t life = lock_lives_resolve(&l->lives, c->life);
		uint64_t reads = c->read_waits < c->waits ? c->read_waits : c->waits;
		uint64_t read_time = c->read_time < c->time ? c->read_time : c->time;
		struct wait_row row = {
			.cell = { .life = life, .stack = WAIT_UNRECORDED, .thread = c->thread, .max = c->max,
			          .slice = timebase_slice(time, c->tick) + 1 },
			.class = class_of(naming, lock_lives_kind(&l->lives, life), WAIT_UNRECORDED),
		};

		if (seen[life])
			continue;
		row_unrecorded(w, row, c->waits - reads, c->time - read_time, c->timeouts);
		row.cell.reading = 1;
		row_unrecorded(w, row, reads, read_time, 0);
	}
}

/* --- runs ------------------------------------------------------------------------------------ */

static void rows_settle(struct wait_rows *w, const struct locks *l, const struct timebase *time)
{
	for (size_t first = 0, end; first < w->count; first = end) {
		uint32_t life = w->at[first].cell.life;
		struct wait_run run = { .life = life, .first = first };

		for (end = first + 1; end < w->count && w->at[end].cell.life == life;)
			end++;
		run.count = end - first;
		wait_share(&run, w->at + first, l->lives.at[life].counts, time);
		w->runs = memory_grown(w->runs, &w->run_room, w->run_count + 1, sizeof(*w->runs));
		w->runs[w->run_count++] = run;
	}
}

void wait_rows_make(struct wait_rows *w, const struct locks *l, const struct timebase *time, const struct naming *naming)
{
	uint8_t *seen = memory_zeroed(l->lives.count + 1, 1);

	*w = (struct wait_rows){ 0 };
	rows_recorded(w, l, naming, seen);
	rows_unrecorded(w, l, time, naming, seen);
	free(seen);
	rows_sort(w);
	rows_settle(w, l, time);
}

void wait_rows_unrecorded(struct wait_rows *w, uint32_t stack)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].cell.stack == WAIT_UNRECORDED)
			w->at[i].cell.stack = stack;
}

void wait_rows_release(struct wait_rows *w)
{
	free(w->at);
	free(w->runs);
	*w = (struct wait_rows){ 0 };
}
