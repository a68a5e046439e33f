/* SPDX-License-Identifier: MIT
 *
 * The sums, in the order of the tables' keys, so that each row is put at a table's end.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"
#include "analyzer/store/cost.h"

/* --- totals ---------------------------------------------------------------------------------- */

/* Where the value of a cost stands in a cell. */
static const struct {
	enum cost_id cost;
	size_t offset;
} cell_costs[] = {
	{ COST_ALLOCATIONS, offsetof(struct cell, allocations) },
	{ COST_ALLOCATED_BYTES, offsetof(struct cell, allocated_bytes) },
	{ COST_AT_PEAK_BYTES, offsetof(struct cell, at_peak_bytes) },
	{ COST_LEAKED_BYTES, offsetof(struct cell, live_bytes) },
	{ COST_LEAKED_ALLOCATIONS, offsetof(struct cell, live) },
	{ COST_TEMPORARY_ALLOCATIONS, offsetof(struct cell, temporary) },
	{ COST_TEMPORARY_BYTES, offsetof(struct cell, temporary_bytes) },
	{ COST_REALLOCATIONS, offsetof(struct cell, reallocations) },
	{ COST_AT_PEAK_ALLOCATIONS, offsetof(struct cell, at_peak) },
	{ COST_FREES, offsetof(struct cell, frees) },
	{ COST_FREED_BYTES, offsetof(struct cell, freed_bytes) },
	{ COST_LOCAL_BYTES, offsetof(struct cell, local_bytes) },
	{ COST_ESCAPED_BYTES, offsetof(struct cell, escaped_bytes) },
	{ COST_RETAINED_BYTES, offsetof(struct cell, live_bytes) },
};

/* A cell's place in the order of a table. */
struct cell_key {
	uint32_t id; /* stack or site */
	uint32_t thread;
	uint32_t cell;
};

static int key_compare(const void *left, const void *right)
{
	const struct cell_key *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static struct cell_key *cells_by_stack(const struct cells *cells)
{
	struct cell_key *keys = memory_resized(NULL, cells->count, sizeof(*keys));

	for (uint32_t i = 1; i <= cells->count; i++)
		keys[i - 1] = (struct cell_key){ cells->at[i].stack, cells->at[i].thread, i };
	if (cells->count)
		qsort(keys, cells->count, sizeof(*keys), key_compare);
	return keys;
}

static void keys_by_site(const struct output *o, struct cell_key *keys, size_t count)
{
	for (size_t k = 0; k < count; k++)
		keys[k].id = o->naming->stacks[keys[k].id].site;
	if (count)
		qsort(keys, count, sizeof(*keys), key_compare);
}

/* Every cost of the cells, those with one key added up. */
static int write_costs(const struct output *o, const char *table, const struct cell_key *keys, size_t count, struct err *err)
{
	const struct cell *cells = o->replay->cells.at;
	struct inserter i;

	inserter_open_numbers(&i, o->store, table, 4, "", err);
	for (size_t c = 0; c < sizeof(cell_costs) / sizeof(cell_costs[0]); c++) {
		uint64_t value = 0;

		inserter_number(&i, 1, cell_costs[c].cost);
		for (size_t k = 0; k < count; k++) {
			value += *(const uint64_t *)((const char *)&cells[keys[k].cell] + cell_costs[c].offset);
			if (!value || (k + 1 < count && !key_compare(&keys[k], &keys[k + 1])))
				continue;
			inserter_number(&i, 2, keys[k].id);
			inserter_number(&i, 3, keys[k].thread);
			inserter_number(&i, 4, (int64_t)value);
			inserter_run(&i);
			value = 0;
		}
	}
	return inserter_close(&i);
}

static int write_totals(const struct output *o, struct err *err)
{
	size_t count = o->replay->cells.count;
	struct cell_key *keys = cells_by_stack(&o->replay->cells);
	int failed = write_costs(o, "total", keys, count, err);

	if (!failed) {
		keys_by_site(o, keys, count);
		failed = write_costs(o, "site_total", keys, count, err);
	}
	free(keys);
	return failed;
}

/* --- sites ----------------------------------------------------------------------------------- */

static int site_compare(const void *left, const void *right)
{
	const struct site_cell *a = *(const struct site_cell *const *)left, *b = *(const struct site_cell *const *)right;

	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static void write_peak(struct inserter *i, const struct site_cell *s, uint32_t thread)
{
	inserter_number(i, 1, s->site);
	inserter_number(i, 2, s->process);
	inserter_number(i, 3, thread);
	inserter_number(i, 4, (int64_t)s->peak_bytes);
	inserter_number(i, 5, (int64_t)s->max_live);
	inserter_run(i);
}

/* The one thread of a process: what is the process's is its own. */
static uint32_t only_thread(const struct output *o, uint32_t process)
{
	if (o->replay->processes[process].threads != 1)
		return 0;
	for (uint32_t t = 1; t <= o->recording->thread_count; t++)
		if (o->recording->threads[t].process == process && o->recording->threads[t].blocks)
			return t;
	return 0;
}

static int write_peaks(const struct output *o, struct site_cell **sites, size_t count, struct err *err)
{
	struct inserter i;
	uint32_t *only = memory_zeroed(o->recording->process_count + 1, sizeof(*only));

	inserter_open_numbers(&i, o->store, "site_peak", 5, "", err);
	for (uint32_t p = 1; p <= o->recording->process_count; p++)
		only[p] = only_thread(o, p);
	for (size_t k = 0; k < count; k++) {
		write_peak(&i, sites[k], sites[k]->thread);
		if (!sites[k]->thread && only[sites[k]->process])
			write_peak(&i, sites[k], only[sites[k]->process]);
	}
	free(only);
	return inserter_close(&i);
}

static void write_bucket(struct inserter *i, const struct site_cell *s, uint64_t low, uint64_t high, uint64_t count,
                         uint64_t amount)
{
	inserter_number(i, 2, s->site);
	inserter_number(i, 3, s->process);
	inserter_number(i, 4, (int64_t)(low > INT64_MAX ? INT64_MAX : low));
	inserter_number(i, 5, (int64_t)(high > INT64_MAX ? INT64_MAX : high));
	inserter_number(i, 6, (int64_t)count);
	inserter_number(i, 7, (int64_t)amount);
	inserter_run(i);
}

static void write_lifetimes(struct inserter *i, const struct site_cell *s)
{
	uint64_t low, high;

	for (unsigned b = 0; b < DISTRIBUTION_LIFETIMES; b++) {
		const struct bucket *bucket = &s->distribution->lifetimes[b];

		if (!bucket->count)
			continue;
		distribution_lifetime_bounds(b, &low, &high);
		write_bucket(i, s, low, high, bucket->count, bucket->amount);
	}
}

static int size_compare(const void *left, const void *right)
{
	const struct exact_size *a = left, *b = right;

	return (a->size > b->size) - (a->size < b->size);
}

static void write_sizes(struct inserter *i, const struct site_cell *s)
{
	struct distribution *d = s->distribution;
	uint64_t low, high;

	for (unsigned b = 0; d->sizes && b < DISTRIBUTION_SIZES; b++) {
		if (!d->sizes[b].count)
			continue;
		distribution_size_bounds(b, &low, &high);
		write_bucket(i, s, low, high, d->sizes[b].count, d->sizes[b].amount);
	}
	if (d->sizes)
		return;
	qsort(d->exact, d->exact_mask + 1, sizeof(*d->exact), size_compare); /* no size is added any more */
	for (uint32_t e = 0; e <= d->exact_mask; e++)
		if (d->exact[e].count)
			write_bucket(i, s, d->exact[e].size, d->exact[e].size, d->exact[e].count,
			             d->exact[e].count * d->exact[e].size);
}

static int write_distributions(const struct output *o, struct site_cell **sites, size_t count, struct err *err)
{
	struct inserter i;

	/* sizes beyond what a column holds come to have one bound */
	inserter_open(&i, o->store, "INSERT INTO histogram VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	              " ON CONFLICT DO UPDATE SET count = count + excluded.count, amount = amount + excluded.amount", err);
	inserter_text(&i, 1, "lifetime");
	for (size_t k = 0; k < count; k++)
		if (sites[k]->distribution)
			write_lifetimes(&i, sites[k]);
	inserter_text(&i, 1, "size");
	for (size_t k = 0; k < count; k++)
		if (sites[k]->distribution)
			write_sizes(&i, sites[k]);
	return inserter_close(&i);
}

static int write_sites(const struct output *o, struct err *err)
{
	struct site_cells *cells = &o->replay->sites;
	struct site_cell **sites = memory_resized(NULL, cells->count, sizeof(*sites));
	int result;

	for (size_t k = 0; k < cells->count; k++)
		sites[k] = &cells->at[k + 1];
	if (cells->count)
		qsort(sites, cells->count, sizeof(*sites), site_compare);
	result = write_peaks(o, sites, cells->count, err) || write_distributions(o, sites, cells->count, err) ? -1 : 0;
	free(sites);
	return result;
}

/* --- spans ----------------------------------------------------------------------------------- */

static void write_span(void *arg, const void *spilled)
{
	const struct span_row *row = spilled;
	struct inserter *i = arg;

	inserter_number(i, 1, row->class);
	inserter_number(i, 2, row->slice);
	inserter_number(i, 3, row->end);
	inserter_number(i, 4, row->stack);
	inserter_number(i, 5, row->thread);
	inserter_number(i, 6, (int64_t)row->count);
	inserter_number(i, 7, (int64_t)row->amount);
	inserter_run(i);
}

static int write_spans(const struct output *o, struct err *err)
{
	struct spans *s = &o->replay->spans;
	struct inserter i;
	int failed;

	inserter_open_numbers(&i, o->store, "span_sum", 7, "", err);
	spans_sort(s);
	failed = spill_each(o->spans, s->rows, s->row_count, write_span, &i, err);
	return inserter_close(&i) || failed ? -1 : 0;
}

/* What was never changed after its process's peak is at peak as it is now. */
static void settle_peaks(const struct output *o)
{
	struct replay *r = o->replay;

	for (size_t i = 1; i <= r->cells.count; i++)
		cell_keep_peak(&r->cells.at[i], r->threads[r->cells.at[i].thread].process->epoch);
}

int output_sums(const struct output *o, struct err *err)
{
	settle_peaks(o);
	if (write_totals(o, err) || write_sites(o, err) || write_spans(o, err))
		return -1;
	return 0;
}
