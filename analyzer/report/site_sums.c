/* SPDX-License-Identifier: MIT
 *
 * One query an array. A failed one leaves none behind.
 */
#include "analyzer/report/site_sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/store/kept.h"

enum { KEPT_SCOPES = 8 }; /* with whatever else is made of figures and kept */

static void sums_release(void *data)
{
	struct site_sums *sums = data;

	for (int cost = 0; cost < COST_LIMIT; cost++)
		free(sums->costs[cost]);
	free(sums->peak);
	free(sums->max_live);
	free(sums);
}

/* Ids are given in order, so one far above the number of rows is damage, not data. */
static int last_site(struct store *s, uint32_t *last, struct err *err)
{
	struct statement *q = store_prepare(s, "SELECT coalesce(max(id), 0), count(*) FROM site", err);
	int got = q ? statement_step(q, err) : -1;
	int64_t largest = got > 0 ? statement_number(q, 0) : 0, count = got > 0 ? statement_number(q, 1) : 0;

	statement_finish(q);
	if (got < 0)
		return -1;
	if (largest < 0 || largest > 16 * count + 65536 || largest > INT32_MAX)
		return err_set(err, ERR_FAILED, "the database is damaged: site %" PRId64 " does not fit the others", largest);
	*last = (uint32_t)largest;
	return 0;
}

struct site_sums *site_sums_of(struct store *s, const struct scope *scope, struct err *err)
{
	struct site_sums *sums;
	uint32_t last = 0;
	char key[80];

	snprintf(key, sizeof(key), "site_sums %" PRId64 " %" PRId64, scope->pid, scope->tid);
	sums = kept_find(s, key);
	if (sums)
		return sums;
	if (last_site(s, &last, err))
		return NULL;
	sums = memory_zeroed(1, sizeof(*sums));
	sums->last = last;
	sums->scope = *scope;
	kept_add(s, KEPT_FIGURES, KEPT_SCOPES, key, sums, sums_release);
	return sums;
}

static int is_scoped(const struct site_sums *sums)
{
	return sums->scope.pid || sums->scope.tid;
}

/* Runs a query of rows (site, figure, figure) into new arrays. Parameters: the scope, or without one nothing; perhaps a cost. */
static int read_arrays(const struct site_sums *sums, struct store *s, const char *sql, int cost, int64_t **first, int64_t **second,
                       struct err *err)
{
	struct statement *q = store_prepare(s, sql, err);
	int64_t *one = memory_zeroed((size_t)sums->last + 1, sizeof(*one));
	int64_t *two = second ? memory_zeroed((size_t)sums->last + 1, sizeof(*two)) : NULL;
	int got = -1;

	if (q) {
		if (is_scoped(sums))
			scope_bind(q, &sums->scope);
		if (cost)
			statement_bind_number(q, 3, cost);
		while ((got = statement_step(q, err)) > 0) {
			int64_t site = statement_number(q, 0);

			if (site < 1 || site > sums->last) {
				got = err_set(err, ERR_FAILED, "the database is damaged: it counts something for site %" PRId64
				              ", which is not there", site);
				break;
			}
			one[site] += statement_number(q, 1);
			if (two)
				two[site] += statement_number(q, 2);
		}
		statement_finish(q);
	}
	if (got < 0) {
		free(one);
		free(two);
		return -1;
	}
	*first = one;
	if (second)
		*second = two;
	return 0;
}

int site_sums_need_cost(struct site_sums *sums, struct store *s, int cost, struct err *err)
{
	/* what is asked of a row costs more than the row */
	static const char all[] = "SELECT site_id, sum(value) FROM site_total WHERE cost_id = ?3 GROUP BY site_id";
	static const char some[] = "SELECT site_id, sum(value) FROM site_total WHERE cost_id = ?3 AND " SCOPE_THREADS " GROUP BY site_id";

	return sums->costs[cost] ? 0 : read_arrays(sums, s, is_scoped(sums) ? some : all, cost, &sums->costs[cost], NULL, err);
}

int site_sums_need_peaks(struct site_sums *sums, struct store *s, struct err *err)
{
	static const char all[] = "SELECT site_id, max(peak_bytes), max(max_live) FROM site_peak WHERE thread_id = 0 GROUP BY site_id";
	static const char some[] = "SELECT site_id, max(peak_bytes), max(max_live) FROM site_peak WHERE " SCOPE_PROCESSES
	                           " AND (CASE WHEN ?2 = 0 THEN thread_id = 0 ELSE thread_id IN (SELECT id FROM thread WHERE tid = ?2) END)"
	                           " GROUP BY site_id";

	return sums->peak ? 0 : read_arrays(sums, s, is_scoped(sums) ? some : all, 0, &sums->peak, &sums->max_live, err);
}
