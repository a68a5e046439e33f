/* SPDX-License-Identifier: MIT
 *
 * Who waited, who let others wait, in which order locks were taken; and what follows from the first two, as costs of
 * stacks and sums by slice. All of these are sums over the same rows.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/lock_cycle.h"
#include "analyzer/ingest/output.h"
#include "analyzer/store/cost.h"

#define CLASS_HOLDS 23u

/* --- waits ----------------------------------------------------------------------------------- */

static void write_wait(struct inserter *i, const struct wait_row *row, uint32_t lock)
{
	inserter_number(i, 1, row->class);
	inserter_number(i, 2, lock);
	inserter_number(i, 3, row->cell.stack);
	inserter_number(i, 4, row->cell.thread);
	inserter_number(i, 5, row->cell.owner);
	inserter_number(i, 6, row->cell.slice);
	inserter_number(i, 7, row->cell.reading);
	inserter_figure(i, 8, row->waits);
	inserter_figure(i, 9, row->ns);
	inserter_figure(i, 10, row->max_ns);
	inserter_figure(i, 11, row->timeouts);
	inserter_figure(i, 12, row->cell.unfinished);
	inserter_run(i);
}

/* A life whose waits are of two classes is two locks, the second right after the first. */
static void write_waits_of(struct inserter *i, const struct wait_rows *w, const uint32_t *lock_of, uint32_t class)
{
	for (size_t k = 0; k < w->run_count; k++) {
		const struct wait_row *rows = &w->at[w->runs[k].first];

		for (size_t n = 0; n < w->runs[k].count; n++)
			if (rows[n].class == class)
				write_wait(i, &rows[n], lock_of[w->runs[k].life] + (class != rows[0].class));
	}
}

static int write_waits(const struct output *o, const uint32_t *lock_of, struct err *err)
{
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO lock_wait VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", err);
	write_waits_of(&i, o->waits, lock_of, WAIT_CLASS_LOCK);
	write_waits_of(&i, o->waits, lock_of, WAIT_CLASS_WORK);
	return inserter_close(&i);
}

/* --- holds ----------------------------------------------------------------------------------- */

static int hold_compare(const void *left, const void *right)
{
	const struct hold_cell *a = left, *b = right;

	if (a->life != b->life)
		return a->life < b->life ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	return (a->slice > b->slice) - (a->slice < b->slice);
}

/* The cells in the table's order, those with one key put together, as they may be once their lives are resolved. From here on
 * none can be found by its key. */
static size_t holds_sort(struct locks *l)
{
	struct hold_cell *cells = (struct hold_cell *)(void *)l->holds.items;
	size_t kept = 0;

	for (size_t k = 0; k < l->holds.count; k++)
		cells[k].life = lock_lives_resolve(&l->lives, cells[k].life);
	if (!l->holds.count)
		return 0;
	qsort(cells, l->holds.count, sizeof(*cells), hold_compare);
	for (size_t k = 1; k < l->holds.count; k++) {
		struct hold_cell *last = &cells[kept];

		if (hold_compare(last, &cells[k])) {
			cells[++kept] = cells[k];
			continue;
		}
		last->releases += cells[k].releases;
		last->caused += cells[k].caused;
		last->held += cells[k].held;
		last->held_max = last->held_max > cells[k].held_max ? last->held_max : cells[k].held_max;
		last->allocations += cells[k].allocations;
	}
	l->holds.count = kept + 1;
	return kept + 1;
}

static int write_holds(const struct output *o, const uint32_t *lock_of, struct err *err)
{
	struct inserter i;
	size_t count = holds_sort(&o->replay->locks);

	inserter_open(&i, o->store, "INSERT INTO lock_hold VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", err);
	for (size_t k = 0; k < count; k++) {
		const struct hold_cell *c = keyed_item(&o->replay->locks.holds, k);

		inserter_number(&i, 1, lock_of[c->life]);
		inserter_number(&i, 2, c->stack);
		inserter_number(&i, 3, c->thread);
		inserter_number(&i, 4, c->slice);
		inserter_figure(&i, 5, c->releases);
		inserter_figure(&i, 6, timebase_raw_ns(o->time, c->caused));
		inserter_figure(&i, 7, timebase_raw_ns(o->time, c->held));
		inserter_figure(&i, 8, timebase_raw_ns(o->time, c->held_max));
		inserter_figure(&i, 9, c->allocations);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

/* --- order ----------------------------------------------------------------------------------- */

static int write_order(const struct output *o, const uint32_t *lock_of, struct err *err)
{
	struct locks *l = &o->replay->locks;
	struct order_cell *cells = (struct order_cell *)(void *)l->orders.items;
	struct inserter i;

	for (size_t k = 0; k < l->orders.count; k++) {
		cells[k].held = lock_lives_resolve(&l->lives, cells[k].held);
		cells[k].life = lock_lives_resolve(&l->lives, cells[k].life);
	}
	l->orders.count = lock_cycles(cells, l->orders.count);
	inserter_open_numbers(&i, o->store, "lock_order", 8, "", err);
	for (size_t k = 0; k < l->orders.count; k++) {
		inserter_number(&i, 1, (int64_t)k + 1);
		inserter_number(&i, 2, lock_of[cells[k].held]);
		inserter_number(&i, 3, lock_of[cells[k].life]);
		inserter_id(&i, 4, cells[k].held_stack);
		inserter_id(&i, 5, cells[k].stack);
		inserter_number(&i, 6, cells[k].thread);
		inserter_number(&i, 7, (int64_t)timebase_ns(o->time, cells[k].tick));
		inserter_number(&i, 8, cells[k].cycle);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

int output_waits(const struct output *o, const uint32_t *lock_of, struct err *err)
{
	if (write_waits(o, lock_of, err) || write_holds(o, lock_of, err) || write_order(o, lock_of, err))
		return -1;
	return 0;
}

/* --- sums ------------------------------------------------------------------------------------ */

/* A row of span_sum; without slice, all of its class and stack, or (in place of the stack) site. */
struct wait_sum {
	uint32_t class, slice, stack, thread;
	uint64_t count, amount;
};

static int sum_compare(const void *left, const void *right)
{
	const struct wait_sum *a = left, *b = right;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->slice != b->slice)
		return a->slice < b->slice ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

/* Sorts, and adds up those with one key. */
static size_t sums_sort(struct wait_sum *sums, size_t count)
{
	size_t kept = 0;

	if (!count)
		return 0;
	qsort(sums, count, sizeof(*sums), sum_compare);
	for (size_t k = 1; k < count; k++) {
		if (sum_compare(&sums[kept], &sums[k])) {
			sums[++kept] = sums[k];
		} else {
			sums[kept].count += sums[k].count;
			sums[kept].amount += sums[k].amount;
		}
	}
	return kept + 1;
}

static struct wait_sum *sums_make(const struct output *o, size_t *count)
{
	const struct keyed *holds = &o->replay->locks.holds;
	struct wait_sum *sums = memory_resized(NULL, o->waits->count + holds->count, sizeof(*sums));

	*count = 0;
	for (size_t k = 0; k < o->waits->count; k++) {
		const struct wait_row *r = &o->waits->at[k];

		sums[(*count)++] = (struct wait_sum){ r->class, r->cell.slice, r->cell.stack, r->cell.thread, r->waits, r->ns };
	}
	for (size_t k = 0; k < holds->count; k++) {
		const struct hold_cell *c = keyed_item(holds, k);

		sums[(*count)++] = (struct wait_sum){ CLASS_HOLDS, c->slice, c->stack, c->thread, c->releases,
		                                      timebase_raw_ns(o->time, c->caused) };
	}
	*count = sums_sort(sums, *count);
	return sums;
}

static int write_spans(const struct output *o, const struct wait_sum *sums, size_t count, struct err *err)
{
	struct inserter i;

	inserter_open_numbers(&i, o->store, "span_sum", 7, "", err);
	for (size_t k = 0; k < count; k++) {
		inserter_number(&i, 1, sums[k].class);
		inserter_number(&i, 2, sums[k].slice);
		inserter_number(&i, 3, 0);
		inserter_number(&i, 4, sums[k].stack);
		inserter_number(&i, 5, sums[k].thread);
		inserter_figure(&i, 6, sums[k].count);
		inserter_figure(&i, 7, sums[k].amount);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

/* A cost is what one of the two figures of a class adds up to. */
static const struct {
	enum cost_id cost;
	uint32_t class;
	size_t offset;
} wait_costs[] = {
	{ COST_WAIT_NS, WAIT_CLASS_LOCK, offsetof(struct wait_sum, amount) },
	{ COST_WAITS, WAIT_CLASS_LOCK, offsetof(struct wait_sum, count) },
	{ COST_BLOCKED_NS, WAIT_CLASS_WORK, offsetof(struct wait_sum, amount) },
	{ COST_HELD_NS, CLASS_HOLDS, offsetof(struct wait_sum, amount) },
};

static int write_costs(const struct output *o, const char *table, const struct wait_sum *sums, size_t count, struct err *err)
{
	struct inserter i;

	inserter_open_numbers(&i, o->store, table, 4, "", err);
	for (size_t c = 0; c < sizeof(wait_costs) / sizeof(wait_costs[0]); c++) {
		inserter_number(&i, 1, wait_costs[c].cost);
		for (size_t k = 0; k < count; k++) {
			uint64_t value = *(const uint64_t *)((const char *)&sums[k] + wait_costs[c].offset);

			if (sums[k].class != wait_costs[c].class || !value)
				continue;
			inserter_number(&i, 2, sums[k].stack);
			inserter_number(&i, 3, sums[k].thread);
			inserter_figure(&i, 4, value);
			inserter_run(&i);
		}
	}
	return inserter_close(&i);
}

int output_wait_sums(const struct output *o, struct err *err)
{
	size_t count;
	struct wait_sum *sums = sums_make(o, &count);
	int failed = write_spans(o, sums, count, err);

	for (size_t k = 0; k < count; k++)
		sums[k].slice = 0;
	count = sums_sort(sums, count);
	if (!failed)
		failed = write_costs(o, "total", sums, count, err);
	for (size_t k = 0; k < count; k++)
		sums[k].stack = o->naming->stacks[sums[k].stack].site;
	if (!failed)
		failed = write_costs(o, "site_total", sums, sums_sort(sums, count), err);
	free(sums);
	return failed;
}
