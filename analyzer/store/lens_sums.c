/* SPDX-License-Identifier: MIT
 *
 * Costs under a lens: of a span, those that sums by slice give, by stack into temp.total; and always by site into temp.site_total.
 * Without a span `total` is the file's, filtered as it is read, so here it is read once, for the sites.
 */
#include "analyzer/store/lens_private.h"

#include "analyzer/store/cost.h"
#include "analyzer/store/lens_rows.h"

/* --- by site -------------------------------------------------------------------------------------------- */

struct lens_costs {
	struct lens_state *l;
	struct statement *total, *sites;
	struct lens_rows by_site;
};

static int write_sites(struct lens_costs *costs, int count_cost, int amount_cost, struct err *err)
{
	struct lens_rows *rows = &costs->by_site;
	int rc;

	lens_rows_settle(rows);
	for (size_t i = 0; i < rows->count; i++)
		costs->l->threads[rows->at[i].thread].there = 1;
	rc = lens_rows_write(rows, costs->sites, count_cost, amount_cost, err);
	rows->count = 0;
	return rc;
}

int lens_costs_write(struct lens_costs *costs, struct lens_rows *rows, int count_cost, int amount_cost, struct err *err)
{
	lens_rows_settle(rows);
	if (lens_rows_write(rows, costs->total, count_cost, amount_cost, err))
		return -1;
	for (size_t i = 0; i < rows->count; i++) {
		const struct lens_row *row = &rows->at[i];
		lens_rows_add(&costs->by_site, costs->l->tree.nodes[row->id].site, row->thread, row->count, row->amount);
	}
	rows->count = 0;
	return write_sites(costs, count_cost, amount_cost, err);
}

/* --- of a span ------------------------------------------------------------------------------------------ */

enum { STACK, THREAD, COUNT_OF, AMOUNT, SLICE, END };

#define COLUMNS "SELECT x.stack_id, x.thread_id, x.count, x.amount, x.slice, x.end_slice FROM "
#define IN_SPAN "x.slice BETWEEN ?2 AND ?3"
/* Events in the span. */
#define MADE COLUMNS "main.span_sum x WHERE x.class = ?1 AND " IN_SPAN
/* Blocks made in it that are there at its end: those never freed, then those freed later; slice by slice, so that no others are read. */
#define LEFT_OF(end) COLUMNS "main.slice z CROSS JOIN main.span_sum x ON x.class = ?1 AND x.slice = z.id AND x.end_slice " end " WHERE +z.id BETWEEN ?2 AND ?3"
#define LEFT LEFT_OF("= 0") " UNION ALL " LEFT_OF("> ?3")
/* Blocks made up to the last peak of a process, and not freed when the first was; each process has its own. */
#define ALIVE_OF(end) COLUMNS "main.slice z CROSS JOIN main.span_sum x ON x.class = ?1 AND x.slice = z.id AND x.end_slice " end " WHERE +z.id <= ?3"
#define ALIVE ALIVE_OF("= 0") " UNION ALL " ALIVE_OF("> ?2")

static const struct source {
	const char *sql;        /* ?1 the class, ?2 and ?3 the slices */
	int class, count_cost, amount_cost;
	int at_peak;            /* 1: the slices are those of peaks, and rows are looked at with their process's */
} sources[] = {
	{ MADE, 1, COST_ALLOCATIONS, COST_ALLOCATED_BYTES, 0 },
	{ LEFT, 1, COST_LEAKED_ALLOCATIONS, COST_LEAKED_BYTES, 0 },
	{ ALIVE, 1, COST_AT_PEAK_ALLOCATIONS, COST_AT_PEAK_BYTES, 1 },
	{ MADE, 2, COST_TEMPORARY_ALLOCATIONS, COST_TEMPORARY_BYTES, 0 },
	{ MADE, 3, COST_REALLOCATIONS, 0, 0 },
	{ MADE, 20, COST_WAITS, COST_WAIT_NS, 0 },
	{ MADE, 22, 0, COST_BLOCKED_NS, 0 },
	{ MADE, 23, 0, COST_HELD_NS, 0 },
};

/* Of all processes with one, the first and the last peak; 0: none has. */
static void find_peaks(const struct lens_state *l, int64_t *first, int64_t *last)
{
	*first = *last = 0;
	for (int64_t p = 1; p <= l->last_process; p++) {
		int64_t peak = l->processes[p].peak;
		if (!peak)
			continue;
		*first = !*first || peak < *first ? peak : *first;
		*last = peak > *last ? peak : *last;
	}
}

static int was_at_peak(const struct lens_state *l, struct statement *q, int64_t thread)
{
	int64_t peak = l->processes[l->threads[thread].process].peak, end = statement_number(q, END);

	return statement_number(q, SLICE) <= peak && (!end || end > peak);
}

static int add_rows(struct lens_state *l, const struct source *source, struct statement *q, struct lens_rows *rows, struct err *err)
{
	int got;

	while ((got = statement_step(q, err)) > 0) {
		int64_t stack = statement_number(q, STACK), thread = statement_number(q, THREAD);
		if (lens_check(l, stack, thread, err))
			return -1;
		if (!lens_node_passes(l, stack) || !l->threads[thread].passes || (source->at_peak && !was_at_peak(l, q, thread)))
			continue;
		lens_rows_add(rows, (uint32_t)stack, (uint32_t)thread, statement_number(q, COUNT_OF), statement_number(q, AMOUNT));
	}
	return got;
}

static int add_source(struct store *s, struct lens_costs *costs, const struct source *source, struct lens_rows *rows, struct err *err)
{
	struct lens_state *l = costs->l;
	int64_t first = l->first, last = l->last;
	struct statement *q;
	int rc;

	if (source->at_peak)
		find_peaks(l, &first, &last);
	if (!(q = store_prepare(s, source->sql, err)))
		return -1;
	statement_bind_number(q, 1, source->class);
	statement_bind_number(q, 2, first);
	statement_bind_number(q, 3, last);
	rc = add_rows(l, source, q, rows, err);
	statement_finish(q);
	return rc ? -1 : lens_costs_write(costs, rows, source->count_cost, source->amount_cost, err);
}

static int make_of_span(struct store *s, struct lens_costs *costs, struct err *err)
{
	struct lens_rows rows = { 0 };
	int rc = 0;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && !rc; i++)
		rc = add_source(s, costs, &sources[i], &rows, err);
	lens_rows_release(&rows);
	return rc ? rc : lens_escapes_make(s, costs->l, costs, err);
}

/* --- of a filter ---------------------------------------------------------------------------------------- */

/* Rows (cost, stack, thread, value), those of a cost together. */
static int make_of_filter(struct store *s, struct lens_costs *costs, struct err *err)
{
	const struct lens_state *l = costs->l;
	struct statement *q = store_prepare(s, "SELECT cost_id, stack_id, thread_id, value FROM main.total", err);
	int64_t cost = 0;
	int got, rc = 0;

	if (!q)
		return -1;
	while (!rc && (got = statement_step(q, err)) > 0) {
		int64_t stack = statement_number(q, 1), thread = statement_number(q, 2);
		if (statement_number(q, 0) != cost)
			rc = write_sites(costs, (int)cost, 0, err);
		cost = statement_number(q, 0);
		rc = rc ? rc : lens_check(l, stack, thread, err);
		if (!rc && lens_node_passes(l, stack) && l->threads[thread].passes)
			lens_rows_add(&costs->by_site, l->tree.nodes[stack].site, (uint32_t)thread, statement_number(q, 3), 0);
	}
	statement_finish(q);
	return rc || got ? -1 : write_sites(costs, (int)cost, 0, err);
}

/* Whole threads: by site they are there already. */
static int make_of_threads(struct store *s, struct err *err)
{
	return store_execute(s, "INSERT INTO temp.site_total SELECT * FROM main.site_total WHERE lens_stack(NULL, thread_id)", err);
}

#define SUMS_TABLE(name, id) \
	"CREATE TEMP TABLE " name " (cost_id INTEGER NOT NULL, " id " INTEGER NOT NULL, thread_id INTEGER NOT NULL, value INTEGER NOT NULL, " \
	"PRIMARY KEY (cost_id, " id ", thread_id)) WITHOUT ROWID"

int lens_sums_make(struct store *s, struct lens_state *l, struct err *err)
{
	struct lens_costs costs = { .l = l };
	int by_time = (l->kinds & LENS_BY_TIME) != 0, rc = 0;

	if (store_execute(s, SUMS_TABLE("site_total", "site_id"), err) || (by_time && store_execute(s, SUMS_TABLE("total", "stack_id"), err)))
		return -1;
	if (!by_time && !l->nodes)
		return make_of_threads(s, err);
	if (!(costs.sites = store_prepare(s, "INSERT INTO temp.site_total VALUES (?1, ?2, ?3, ?4)", err)) ||
	    (by_time && !(costs.total = store_prepare(s, "INSERT INTO temp.total VALUES (?1, ?2, ?3, ?4)", err))))
		rc = -1;
	else
		rc = by_time ? make_of_span(s, &costs, err) : make_of_filter(s, &costs, err);
	statement_finish(costs.total);
	statement_finish(costs.sites);
	lens_rows_release(&costs.by_site);
	return rc;
}
