/* SPDX-License-Identifier: MIT
 *
 * Memory that programs map themselves: its costs by stack and by site, and a row a site. Costs come after all others in the
 * order of their tables.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"
#include "analyzer/store/cost.h"

/* A cell's place in the order of a table. */
struct cell_key {
	uint32_t id; /* stack or site */
	uint32_t thread;
	const struct mapping_cell *cell;
};

static int key_compare(const void *left, const void *right)
{
	const struct cell_key *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static uint64_t cost_of(const struct output *o, const struct mapping_cell *c, int cost)
{
	switch (cost) {
	case COST_MAPPINGS: return c->calls;
	case COST_MAPPED_BYTES: return c->bytes;
	case COST_MAPPED_AT_PEAK_BYTES: return mapping_at_peak(o->replay, c);
	case COST_UNMAPPED_BYTES: return c->unmapped;
	default: return c->live;
	}
}

/* Every cost of the cells, those with one key added up. */
static int write_costs(const struct output *o, const char *table, struct cell_key *keys, size_t count, struct err *err)
{
	struct inserter i;

	if (count)
		qsort(keys, count, sizeof(*keys), key_compare);
	inserter_open_numbers(&i, o->store, table, 4, "", err);
	for (int cost = COST_MAPPINGS; cost <= COST_STILL_MAPPED_BYTES; cost++) {
		uint64_t value = 0;

		inserter_number(&i, 1, cost);
		for (size_t k = 0; k < count; k++) {
			value += cost_of(o, keys[k].cell, cost);
			if (!value || (k + 1 < count && !key_compare(&keys[k], &keys[k + 1])))
				continue;
			inserter_number(&i, 2, keys[k].id);
			inserter_number(&i, 3, keys[k].thread);
			inserter_figure(&i, 4, value);
			inserter_run(&i);
			value = 0;
		}
	}
	return inserter_close(&i);
}

static int write_totals(const struct output *o, struct err *err)
{
	const struct keyed *cells = &o->replay->mappings.cells;
	struct cell_key *keys = memory_resized(NULL, cells->count + 1, sizeof(*keys));
	int failed;

	for (size_t k = 0; k < cells->count; k++) {
		const struct mapping_cell *c = keyed_item(cells, k);

		keys[k] = (struct cell_key){ c->stack, c->thread, c };
	}
	failed = write_costs(o, "total", keys, cells->count, err);
	for (size_t k = 0; k < cells->count; k++)
		keys[k].id = o->naming->stacks[keys[k].cell->stack].site;
	if (!failed)
		failed = write_costs(o, "site_total", keys, cells->count, err);
	free(keys);
	return failed;
}

static int write_sites(const struct output *o, struct err *err)
{
	const struct keyed *sites = &o->replay->mappings.sites;
	struct inserter i;
	char kinds[64];

	inserter_open(&i, o->store, "INSERT INTO mapping VALUES (?1, ?2, ?3, ?4)", err);
	for (size_t k = 0; k < sites->count; k++) {
		const struct mapping_site *s = keyed_item(sites, k);

		inserter_number(&i, 1, s->site);
		inserter_number(&i, 2, s->process);
		inserter_text(&i, 3, mapping_kinds(s->kinds, kinds, sizeof(kinds)));
		inserter_figure(&i, 4, s->peak);
		inserter_run(&i);
	}
	return inserter_close(&i);
}

int output_mappings(const struct output *o, struct err *err)
{
	return write_totals(o, err) || write_sites(o, err) ? -1 : 0;
}
