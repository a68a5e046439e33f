/* SPDX-License-Identifier: MIT
 *
 * Costs under a lens: of a span, those that sums by slice give, by stack into temp.total; and always by site into temp.site_total.
 * Without a span `total` is the file's, filtered as it is read, so here it is read once, for the sites.
 */
#include "analyzer/store/lens_private.h"

#include "analyzer/store/lens_rows.h"

/* --- by site -------------------------------------------------------------------------------------------- */

/* The same of whole processes. */
static void sum_processes(struct lens_state *l, const struct lens_rows *rows, int cost, enum lens_figure figure)
{
	for (size_t i = 0; i < rows->count && cost < COST_LIMIT; i++) {
		const struct lens_row *row = &rows->at[i];
		int64_t *sum = &l->processes[l->threads[row->thread].process].costs[cost];
		*sum = lens_plus(*sum, figure == LENS_COUNT ? row->count : row->amount);
	}
}

/* Takes rows by site, settled. */
static void take_sites(struct lens_state *l, const struct lens_rows *rows, int cost, enum lens_figure figure)
{
	if (cost <= 0)
		return;
	lens_table_add(&l->site_total, cost, rows, figure);
	sum_processes(l, rows, cost, figure);
	for (size_t i = 0; i < rows->count; i++)
		l->threads[rows->at[i].thread].there = 1;
}

int lens_sums_take(struct lens_state *l, const struct lens_rows *rows, int count_cost, int amount_cost, struct err *err)
{
	struct lens_rows sites = { 0 };
	int rc = 0;

	if (count_cost)
		lens_table_add(&l->total, count_cost, rows, LENS_COUNT);
	if (amount_cost)
		lens_table_add(&l->total, amount_cost, rows, LENS_AMOUNT);
	for (size_t i = 0; i < rows->count && !rc; i++) {
		const struct lens_row *row = &rows->at[i];
		uint32_t site = lens_site(l, row->id);
		if (!site)
			rc = lens_damaged(l, row->id, row->thread, err);
		lens_rows_add(&sites, site, row->thread, row->count, row->amount);
	}
	lens_rows_settle(&sites);
	take_sites(l, &sites, count_cost, LENS_COUNT);
	take_sites(l, &sites, amount_cost, LENS_AMOUNT);
	lens_rows_release(&sites);
	return rc;
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
} sources[] = { /* the first is all blocks */
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

static int add_source(struct store *s, struct lens_state *l, const struct source *source, struct lens_rows *rows, struct err *err)
{
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
	lens_rows_settle(rows);
	return rc ? rc : lens_sums_take(l, rows, source->count_cost, source->amount_cost, err);
}

static int make_of_span(struct store *s, struct lens_state *l, struct err *err)
{
	struct lens_rows all = { 0 };
	int rc = add_source(s, l, &sources[0], &all, err);

	for (size_t i = 1; i < sizeof(sources) / sizeof(sources[0]) && !rc; i++) {
		struct lens_rows rows = { 0 };
		rc = add_source(s, l, &sources[i], &rows, err);
		lens_rows_release(&rows);
	}
	if (!rc)
		rc = lens_escapes_make(s, l, &all, err);
	lens_rows_release(&all);
	return rc;
}

/* --- of a filter ---------------------------------------------------------------------------------------- */

/* Rows (cost, stack or site, thread, value), those of a cost together. */
enum { FILE_COST, FILE_ID, FILE_THREAD, FILE_VALUE };

static void end_cost(struct lens_state *l, struct lens_rows *rows, int64_t cost)
{
	lens_rows_settle(rows);
	if (cost > 0 && cost < INT32_MAX)
		take_sites(l, rows, (int)cost, LENS_COUNT);
	rows->count = 0;
}

/* Adds a row of total by its site. */
static int add_stack(const struct lens_state *l, struct statement *q, struct lens_rows *rows, struct err *err)
{
	int64_t stack = statement_number(q, FILE_ID), thread = statement_number(q, FILE_THREAD);

	if (lens_check(l, stack, thread, err))
		return -1;
	if (lens_node_passes(l, stack) && l->threads[thread].passes)
		lens_rows_add(rows, lens_site(l, stack), (uint32_t)thread, statement_number(q, FILE_VALUE), 0);
	return 0;
}

/* Adds a row of site_total. */
static int add_site(const struct lens_state *l, struct statement *q, struct lens_rows *rows, struct err *err)
{
	int64_t site = statement_number(q, FILE_ID), thread = statement_number(q, FILE_THREAD);

	if (site < 1 || site > l->tree.last_site || thread < 1 || thread > l->last_thread || !l->threads[thread].process)
		return err_set(err, ERR_FAILED, "the database is damaged: it counts something for site %lld in thread %lld, which are not there",
		               (long long)site, (long long)thread);
	if (l->threads[thread].passes && (!l->sites || l->sites[site]))
		lens_rows_add(rows, (uint32_t)site, (uint32_t)thread, statement_number(q, FILE_VALUE), 0);
	return 0;
}

/* Of whole threads, and whole sites, the file has the sums by site. */
static int make_of_filter(struct store *s, struct lens_state *l, struct err *err)
{
	int by_stack = l->nodes && !l->sites;
	struct statement *q = store_prepare(s, by_stack ? "SELECT cost_id, stack_id, thread_id, value FROM main.total"
	                                                : "SELECT cost_id, site_id, thread_id, value FROM main.site_total", err);
	struct lens_rows rows = { 0 };
	int64_t cost = 0;
	int got;

	if (!q)
		return -1;
	while ((got = statement_step(q, err)) > 0) {
		if (statement_number(q, FILE_COST) != cost)
			end_cost(l, &rows, cost);
		cost = statement_number(q, FILE_COST);
		if ((got = (by_stack ? add_stack : add_site)(l, q, &rows, err)))
			break;
	}
	statement_finish(q);
	end_cost(l, &rows, cost);
	lens_rows_release(&rows);
	return got;
}

int lens_sums_make(struct store *s, struct lens_state *l, struct err *err)
{
	if (l->kinds & LENS_BY_TIME)
		return make_of_span(s, l, err) || lens_table_show(s, &l->total, "total", "stack_id", err) ||
		       lens_table_show(s, &l->site_total, "site_total", "site_id", err);
	return make_of_filter(s, l, err) || lens_table_show(s, &l->site_total, "site_total", "site_id", err);
}
