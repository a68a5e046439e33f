/* SPDX-License-Identifier: MIT
 *
 * Pools: a row a pool and stack.
 */
#include "analyzer/ingest/inserter.h"
#include "analyzer/ingest/output.h"

int output_pools(const struct output *o, struct err *err)
{
	struct pools *p = &o->replay->pools;
	struct inserter i;

	inserter_open(&i, o->store, "INSERT INTO pool (process_id, address, stack_id, allocations, allocated_bytes, peak_bytes, live_allocations, "
	              "live_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", err);
	for (size_t k = 0; k < p->cells.count; k++) {
		struct pool_cell *c = keyed_item(&p->cells, k);

		pools_settle(p, c);
		inserter_number(&i, 1, c->process);
		inserter_number(&i, 2, (int64_t)c->pool);
		inserter_number(&i, 3, c->stack);
		inserter_figure(&i, 4, c->allocations);
		inserter_figure(&i, 5, c->bytes);
		inserter_figure(&i, 6, c->peak_bytes);
		inserter_figure(&i, 7, c->live);
		inserter_figure(&i, 8, c->live_bytes);
		inserter_run(&i);
	}
	return inserter_close(&i);
}
