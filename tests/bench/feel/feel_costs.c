/* SPDX-License-Identifier: MIT
 *
 * Costs of stacks, and the same by site, each in the order of its table's key.
 */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/ingest/inserter.h"
#include "analyzer/store/cost.h"
#include "feel_load.h"

struct key {
	uint32_t id, thread; /* id: stack or site */
	int64_t costs[2];    /* of a load that is somewhere else: frees and their bytes */
	const struct feel_load *load;
};

static int64_t cost_of(const struct feel_load *l, enum cost_id cost)
{
	int64_t freed = (int64_t)l->blocks - l->live, size = l->size;

	switch (cost) {
	case COST_ALLOCATIONS: return l->blocks;
	case COST_ALLOCATED_BYTES: return l->blocks * size;
	case COST_AT_PEAK_BYTES: return l->at_peak * size;
	case COST_LEAKED_BYTES: return l->live * size;
	case COST_LEAKED_ALLOCATIONS: return l->live;
	case COST_TEMPORARY_ALLOCATIONS: return l->temporary;
	case COST_TEMPORARY_BYTES: return l->temporary * size;
	case COST_REALLOCATIONS: return l->kind == 3 ? l->blocks : 0;
	case COST_AT_PEAK_ALLOCATIONS: return l->at_peak;
	case COST_LOCAL_BYTES: return l->fate == FATE_LOCAL ? freed * size : 0;
	case COST_ESCAPED_BYTES: return l->fate == FATE_LOCAL ? 0 : freed * size;
	case COST_RETAINED_BYTES: return l->live * size;
	default: return 0;
	}
}

static int key_compare(const void *left, const void *right)
{
	const struct key *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static void write_keys(struct inserter *i, enum cost_id cost, const struct key *keys, size_t count)
{
	int64_t value = 0;

	inserter_number(i, 1, cost);
	for (size_t k = 0; k < count; k++) {
		value += cost == COST_FREES || cost == COST_FREED_BYTES ? keys[k].costs[cost == COST_FREED_BYTES]
		                                                       : cost_of(keys[k].load, cost);
		if (!value || (k + 1 < count && !key_compare(&keys[k], &keys[k + 1])))
			continue;
		inserter_number(i, 2, keys[k].id);
		inserter_number(i, 3, keys[k].thread);
		inserter_number(i, 4, value);
		inserter_run(i);
		value = 0;
	}
}

/* The loads by who allocated, or by who freed. */
static struct key *make_keys(const struct feel_loads *l, int freed, int by_site)
{
	struct key *keys = memory_zeroed(l->count, sizeof(*keys));

	for (uint32_t k = 0; k < l->count; k++) {
		const struct feel_load *load = &l->at[k];
		uint32_t stack = freed ? load->owner : load->stack;
		int64_t blocks = (int64_t)load->blocks - load->live;

		keys[k] = (struct key){ by_site ? feel_site_of(l->tree, stack) : stack, freed ? load->freed_in : load->thread,
			                { blocks, blocks * load->size }, load };
	}
	qsort(keys, l->count, sizeof(*keys), key_compare);
	return keys;
}

static int write_table(const struct feel_loads *l, struct store *s, const char *table, int by_site, struct err *err)
{
	struct key *made = make_keys(l, 0, by_site), *freed = make_keys(l, 1, by_site);
	struct inserter i;

	inserter_open_numbers(&i, s, table, 4, "", err);
	for (int cost = COST_ALLOCATIONS; cost <= COST_RETAINED_BYTES; cost++)
		write_keys(&i, cost, cost == COST_FREES || cost == COST_FREED_BYTES ? freed : made, l->count);
	free(made);
	free(freed);
	return inserter_close(&i);
}

int feel_costs_write(const struct feel_loads *l, struct store *s, struct err *err)
{
	return write_table(l, s, "total", 0, err) || write_table(l, s, "site_total", 1, err) ? -1 : 0;
}
