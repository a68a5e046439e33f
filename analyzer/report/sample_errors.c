/* SPDX-License-Identifier: MIT
 *
 * Errors of sums are roots of sums of squares: blocks are in the sample independently of each other.
 */
#include "analyzer/report/sample_errors.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/cost.h"
#include "analyzer/store/lens.h"

/* Columns that are sums of a cost. */
static const struct {
	const char *column;
	int cost;
} columns[] = {
	{ "allocations", COST_ALLOCATIONS },
	{ "allocated_bytes", COST_ALLOCATED_BYTES },
	{ "at_peak_bytes", COST_AT_PEAK_BYTES },
	{ "peak_bytes", COST_AT_PEAK_BYTES }, /* of a process; a site's own peak is no sum */
	{ "leaked_bytes", COST_LEAKED_BYTES },
	{ "leaked_allocations", COST_LEAKED_ALLOCATIONS },
	{ "frees", COST_FREES },
	{ "reallocations", COST_REALLOCATIONS },
};

int sample_errors_known(struct store *s)
{
	char lens[256];

	lens_describe(s, lens, sizeof(lens));
	return !lens[0] && store_meta_number(s, "sample_bytes", 0) > 0;
}

/* Squares of errors, by a key; those of a key that has no row go to [0]. */
struct squares {
	double *of;   /* [row + 1] */
	size_t count; /* of rows */
};

static void set_errors(struct table *t, size_t column, const struct squares *squares)
{
	t->estimates |= 1ull << column;
	for (size_t row = 0; row < t->row_count; row++)
		table_at(t, row, column)->error = (int64_t)fmin(sqrt(squares->of[row + 1]) + 0.5, 0x1p62);
}

int sample_errors_hide(struct store *s, struct table *t)
{
	static const char *const unknown[] = {
		"temporary_allocations", "local", "caller", "uncertain", "local_share", "caller_share", "uncertain_share", "local_bytes", "caller_bytes",
	};
	int sampled = store_meta_number(s, "sample_bytes", 0) > 0;

	for (size_t i = 0; sampled && i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		int column = table_column(t, unknown[i]);
		for (size_t row = 0; column >= 0 && row < t->row_count; row++)
			table_at(t, row, (size_t)column)->none = 1;
	}
	return sampled;
}

/* --- sites ----------------------------------------------------------------------------------- */

/* The row of each site, from 1. */
static uint32_t *rows_of_sites(const struct table *t, size_t column, int64_t *last)
{
	uint32_t *rows;

	*last = 0;
	for (size_t row = 0; row < t->row_count; row++)
		if (table_at(t, row, column)->number > *last)
			*last = table_at(t, row, column)->number;
	rows = memory_zeroed((size_t)*last + 1, sizeof(*rows));
	for (size_t row = 0; row < t->row_count; row++)
		rows[table_at(t, row, column)->number] = (uint32_t)row + 1;
	return rows;
}

static int add_site_squares(struct store *s, const struct report_query *query, int cost, const uint32_t *rows, int64_t last,
                            struct squares *squares, struct err *err)
{
	const struct scope scope = { query->pid, query->tid };
	struct statement *q = store_prepare(s, "SELECT site_id, error FROM site_error WHERE cost_id = ?3 AND " SCOPE_THREADS, err);
	int got = -1;

	if (!q)
		return -1;
	scope_bind(q, &scope);
	statement_bind_number(q, 3, cost);
	while ((got = statement_step(q, err)) > 0) {
		int64_t site = statement_number(q, 0);
		double error = (double)statement_number(q, 1);

		squares->of[site > 0 && site <= last ? rows[site] : 0] += error * error;
	}
	statement_finish(q);
	return got;
}

int sample_errors_of_sites(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	int site = table_column(t, "site_id"), failed = 0;
	int64_t last;
	uint32_t *rows;

	sample_errors_hide(s, t);
	if (site < 0 || !sample_errors_known(s))
		return 0;
	rows = rows_of_sites(t, (size_t)site, &last);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]) && !failed; i++) {
		int column = table_column(t, columns[i].column);
		struct squares squares = { .count = t->row_count };

		if (column < 0 || columns[i].column[0] == 'p')
			continue;
		squares.of = memory_zeroed(t->row_count + 1, sizeof(*squares.of));
		failed = add_site_squares(s, q, columns[i].cost, rows, last, &squares, err);
		if (!failed)
			set_errors(t, (size_t)column, &squares);
		free(squares.of);
	}
	free(rows);
	return failed ? -1 : 0;
}

/* --- processes ------------------------------------------------------------------------------- */

/* In the order of the rows. */
static const char process_sql[] =
	"SELECT process.id, error FROM process LEFT JOIN thread ON thread.process_id = process.id "
	"LEFT JOIN site_error ON site_error.thread_id = thread.id AND cost_id = ?3 "
	"WHERE (?1 = 0 OR pid = ?1) AND ?2 = 0 ORDER BY process.id";

static const char thread_sql[] =
	"SELECT thread.id, error FROM thread JOIN process ON process.id = thread.process_id "
	"LEFT JOIN site_error ON site_error.thread_id = thread.id AND cost_id = ?3 "
	"WHERE (?1 = 0 OR pid = ?1) AND tid = ?2 ORDER BY thread.id";

static int add_process_squares(struct store *s, const struct report_query *query, int cost, struct squares *squares, struct err *err)
{
	struct statement *q = store_prepare(s, query->tid ? thread_sql : process_sql, err);
	int64_t id = 0;
	size_t row = 0;
	int got;

	if (!q)
		return -1;
	statement_bind_number(q, 1, query->pid);
	statement_bind_number(q, 2, query->tid);
	statement_bind_number(q, 3, cost);
	while ((got = statement_step(q, err)) > 0) {
		double error = (double)statement_number(q, 1);

		row += !row || statement_number(q, 0) != id;
		id = statement_number(q, 0);
		squares->of[row <= squares->count ? row : 0] += error * error;
	}
	statement_finish(q);
	return got;
}

int sample_errors_of_processes(struct store *s, const struct report_query *q, struct table *t, struct err *err)
{
	int failed = 0;

	sample_errors_hide(s, t);
	if (!sample_errors_known(s))
		return 0;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]) && !failed; i++) {
		int column = table_column(t, columns[i].column);
		struct squares squares = { .count = t->row_count };

		if (column < 0)
			continue;
		squares.of = memory_zeroed(t->row_count + 1, sizeof(*squares.of));
		failed = add_process_squares(s, q, columns[i].cost, &squares, err);
		if (!failed)
			set_errors(t, (size_t)column, &squares);
		free(squares.of);
	}
	return failed ? -1 : 0;
}
