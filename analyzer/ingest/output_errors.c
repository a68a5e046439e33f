/* SPDX-License-Identifier: MIT
 *
 * Standard errors of what sites have of a cost, by thread: those of cells added up as squares.
 */
#include <math.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"
#include "analyzer/store/cost.h"

/* Where the variance of a cost stands. */
static const struct {
	enum cost_id cost;
	size_t offset;
} costs[] = {
	{ COST_ALLOCATIONS, offsetof(struct weight_error, allocated.count) },
	{ COST_ALLOCATED_BYTES, offsetof(struct weight_error, allocated.bytes) },
	{ COST_AT_PEAK_BYTES, offsetof(struct weight_error, at_peak.bytes) },
	{ COST_LEAKED_BYTES, offsetof(struct weight_error, live.bytes) },
	{ COST_LEAKED_ALLOCATIONS, offsetof(struct weight_error, live.count) },
	{ COST_REALLOCATIONS, offsetof(struct weight_error, reallocated.count) },
	{ COST_AT_PEAK_ALLOCATIONS, offsetof(struct weight_error, at_peak.count) },
	{ COST_FREES, offsetof(struct weight_error, freed.count) },
	{ COST_FREED_BYTES, offsetof(struct weight_error, freed.bytes) },
	{ COST_RETAINED_BYTES, offsetof(struct weight_error, live.bytes) },
};

struct key {
	uint32_t site, thread, cell;
};

static int key_compare(const void *left, const void *right)
{
	const struct key *a = left, *b = right;

	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static struct key *sorted_keys(const struct output *o, size_t count)
{
	struct key *keys = memory_resized(NULL, count, sizeof(*keys));

	for (uint32_t i = 1; i <= count; i++) {
		const struct cell *c = &o->replay->cells.at[i];

		keys[i - 1] = (struct key){ o->naming->stacks[c->stack].site, c->thread, i };
	}
	if (count)
		qsort(keys, count, sizeof(*keys), key_compare);
	return keys;
}

static void write_cost(struct inserter *i, const struct weight_errors *errors, const struct key *keys, size_t count, size_t offset)
{
	double variance = 0;

	for (size_t k = 0; k < count; k++) {
		variance += *(const double *)(const void *)((const char *)&errors->at[keys[k].cell] + offset);
		if (k + 1 < count && !key_compare(&keys[k], &keys[k + 1]))
			continue;
		if (variance > 0) {
			inserter_number(i, 2, keys[k].site);
			inserter_number(i, 3, keys[k].thread);
			inserter_figure(i, 4, (uint64_t)fmin(ceil(sqrt(variance)), 0x1p63));
			inserter_run(i);
		}
		variance = 0;
	}
}

int output_errors(const struct output *o, struct err *err)
{
	struct replay *r = o->replay;
	struct inserter i;
	struct key *keys;

	if (!r->sample_bytes)
		return 0;
	for (uint32_t c = 1; c <= r->cells.count; c++)
		weight_errors_keep_peak(&r->errors, &r->cells, c, r->threads[r->cells.at[c].thread].process->epoch);
	keys = sorted_keys(o, r->cells.count);
	inserter_open_numbers(&i, o->store, "site_error", 4, "", err);
	for (size_t c = 0; c < sizeof(costs) / sizeof(costs[0]); c++) {
		inserter_number(&i, 1, costs[c].cost);
		write_cost(&i, &r->errors, keys, r->cells.count, costs[c].offset);
	}
	free(keys);
	return inserter_close(&i);
}
